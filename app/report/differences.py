"""What two configurations differ in: thresholds one by one, registers by count."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from config.site import Site
from geofence.parameters import read_parameters

_REGISTERS = ("zones", "routes", "companies", "vehicles", "permits", "rounds")


def thresholds(a: Site, b: Site) -> list[dict[str, Any]]:
    """Each threshold in force that differs: `{"key": "off_route.hold_s", "a": 180.0, "b": 60.0}`.

    Defaults count: what is not set is what the rule takes.
    """
    return _unequal(_in_force(a), _in_force(b))


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


def _in_force(site: Site) -> dict[str, Any]:
    known = {
        f"{kind}.{key}": value
        for kind, rule in dataclasses.asdict(read_parameters(site.rules)).items()
        for key, value in rule.items()
    }
    said = {f"{kind}.{key}": v for kind, rule in site.rules.items() for key, v in rule.items()}
    return said | known


def _unequal(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"key": key, "a": a.get(key), "b": b.get(key)}
        for key in dict.fromkeys([*a, *b])
        if a.get(key) != b.get(key)
    ]
