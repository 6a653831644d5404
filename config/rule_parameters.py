"""A site's thresholds over a rule's own: `[rules.<kind>]` into a typed dataclass (阈值)."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

from config.site import RuleParameters

FOREIGN_KEYS = frozenset({"severity", "hold_back_s", "deadline_s", "told"})
"""Keys under [rules.<kind>] that other parts of the product read."""


class ParameterError(ValueError):
    """A threshold of a site that no rule knows or can use. `kind` and `key` name it."""

    def __init__(self, kind: str, key: str, message: str) -> None:
        super().__init__(f"rules.{kind}.{key}: {message}")
        self.kind = kind
        self.key = key


T = TypeVar("T")


def override(kind: str, default: T, given: RuleParameters) -> T:
    """`default`, a dataclass, with what the site gives; keys of other parts are left alone.

    Raises:
        ParameterError: a key that the kind does not have, a value of the wrong type, or a negative.
    """
    known: dict[str, Any] = dataclasses.asdict(default)  # type: ignore[call-overload] # T is a dataclass
    changed: dict[str, Any] = {}
    for key, value in given.items():
        if key in FOREIGN_KEYS:
            continue
        if key not in known:
            raise ParameterError(kind, key, f"no such parameter; there are {', '.join(known)}")
        changed[key] = _checked(kind, key, value, known[key])
    return dataclasses.replace(default, **changed)  # type: ignore[type-var] # T is a dataclass


def _checked(kind: str, key: str, value: object, like: object) -> object:
    if isinstance(like, bool):
        if not isinstance(value, bool):
            raise ParameterError(kind, key, f"{value!r} is not true or false")
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ParameterError(kind, key, f"{value!r} is not a number")
    if key.endswith("_c"):
        if not -100 <= value <= 100:
            raise ParameterError(kind, key, f"{value!r} is no temperature of the air")
        return float(value)
    if not 0 <= value < float("inf"):
        raise ParameterError(kind, key, f"{value!r} is not a finite number of 0 or more")
    if isinstance(like, int):
        if value != int(value):
            raise ParameterError(kind, key, f"{value!r} is not a whole number")
        return int(value)
    return float(value)


def as_values(parameters: object) -> dict[str, float | int | str | bool | None]:
    """Thresholds as an alert or event carries them, without the switch that turns the rule on."""
    values: dict[str, Any] = dataclasses.asdict(parameters)  # type: ignore[call-overload] # a dataclass by convention
    values.pop("enabled", None)
    return values
