"""What two configurations differ in: thresholds one by one, registers by count."""

from __future__ import annotations

import dataclasses
from typing import Any

from alerts.alert import Value
from alerts.why import LANGUAGES, Wording
from config.site import Site
from geofence.parameters import read_parameters

_REGISTERS = ("zones", "routes", "companies", "vehicles", "permits", "rounds")


def thresholds(a: Site, b: Site) -> list[dict[str, Any]]:
    """Each threshold in force that differs: `kind`, `key`, and `told`, its name in each language
    and what it is in A and in B.

    Defaults count: what is not set is what the rule takes.
    """
    first, second = _in_force(a), _in_force(b)
    wordings = [Wording(language, {}) for language in LANGUAGES]
    return [
        {
            "kind": kind,
            "key": key,
            "told": [
                [w.label(key), *(w.tell(key, side.get((kind, key))) for side in (first, second))]
                for w in wordings
            ],
        }
        for kind, key in dict.fromkeys([*first, *second])
        if first.get((kind, key)) != second.get((kind, key))
    ]


def registers(a: Site, b: Site) -> list[dict[str, Any]]:
    """Of each register that differs: how many entries only A has, only B, and how many changed."""
    found = []
    for name in _REGISTERS:
        first, second = getattr(a, name), getattr(b, name)
        only_a, only_b = len(first.keys() - second.keys()), len(second.keys() - first.keys())
        changed = sum(first[key] != second[key] for key in first.keys() & second.keys())
        if only_a or only_b or changed:
            found.append({"key": name, "only_a": only_a, "only_b": only_b, "changed": changed})
    return found


def _in_force(site: Site) -> dict[tuple[str, str], Value]:
    said = {(kind, key): v for kind, rule in site.rules.items() for key, v in rule.items()}
    known = dataclasses.asdict(read_parameters(site.rules))
    return said | {(kind, key): v for kind, rule in known.items() for key, v in rule.items()}
