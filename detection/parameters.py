"""Thresholds of the camera rules: typed, with defaults; `site.rules[kind]` overrides them.

What pixels must do to count as changed is of the cameras, not of a site: see `detection/light.py`
and `detection/background.py`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from config.site import RuleParameters
from detection.health.parameters import (
    BlindedParameters,
    BlockedParameters,
    DarkParameters,
    FocusParameters,
    FrozenParameters,
    MovedParameters,
    StreamParameters,
)

FOREIGN_KEYS = frozenset({"severity", "hold_back_s", "deadline_s", "told"})
"""Keys under [rules.<kind>] that other parts of the product read."""


class CameraParameterError(ValueError):
    """A threshold of a site that a camera rule does not have or cannot use."""

    def __init__(self, kind: str, key: str, message: str) -> None:
        super().__init__(f"rules.{kind}.{key}: {message}")
        self.kind = kind
        self.key = key


@dataclass(frozen=True, slots=True)
class SpillageParameters:
    """Matter on the road behind a vehicle (ours, chosen on the tuning clips of docs/cameras.md).

    Attributes:
        enabled: False switches the rule off.
        confidence: what is less sure is not told.
        same_spill_s: what the same passer lost within so long is one spill.
    """

    enabled: bool = True
    confidence: float = 0.4
    same_spill_s: float = 30.0


@dataclass(frozen=True, slots=True)
class DumpingParameters:
    """Something left in a no-dump zone.

    Attributes:
        enabled: False switches the rule off.
        confidence: what is less sure is not told.
    """

    enabled: bool = True
    confidence: float = 0.4


@dataclass(frozen=True, slots=True)
class LoadParameters:
    """What a truck's body shows, by the model's votes over the truck's pictures.

    Attributes:
        enabled: False switches the rule off.
        votes: pictures of one truck that must show it.
        share: of the pictures of its body, those that must show it. Covered and open loads are
            taken for each other in some pictures: more than two thirds must agree (ours).
        score: mean of the model's scores in them.
        ended_after_s: over when it was not seen for so long.
    """

    enabled: bool = True
    votes: int = 4
    share: float = 0.67
    score: float = 0.45
    ended_after_s: float = 5.0


@dataclass(frozen=True, slots=True)
class CameraParameters:
    """The thresholds of all camera rules of one site."""

    spillage: SpillageParameters = field(default_factory=SpillageParameters)
    illegal_dumping: DumpingParameters = field(default_factory=DumpingParameters)
    open_load: LoadParameters = field(default_factory=LoadParameters)
    camera_body_raised: LoadParameters = field(default_factory=LoadParameters)
    camera_offline: StreamParameters = field(default_factory=StreamParameters)
    camera_frozen: FrozenParameters = field(default_factory=FrozenParameters)
    camera_dark: DarkParameters = field(default_factory=DarkParameters)
    camera_blinded: BlindedParameters = field(default_factory=BlindedParameters)
    camera_out_of_focus: FocusParameters = field(default_factory=FocusParameters)
    camera_blocked: BlockedParameters = field(default_factory=BlockedParameters)
    camera_moved: MovedParameters = field(default_factory=MovedParameters)


T = TypeVar("T")


def read_camera_parameters(rules: Mapping[str, RuleParameters]) -> CameraParameters:
    """The defaults with what a site sets over them; kinds of other parts are left alone.

    The camera's rule for `body_raised` reads `camera_body_raised`: `[rules.body_raised]` are the
    thresholds of the truck's own sensor.

    Raises:
        CameraParameterError: a key that the kind does not have, or a value of the wrong type.
    """
    default = CameraParameters()
    kinds = {f.name: getattr(default, f.name) for f in dataclasses.fields(default)}
    return CameraParameters(**{k: _override(k, d, rules.get(k, {})) for k, d in kinds.items()})


def _override(kind: str, default: T, given: RuleParameters) -> T:
    known: dict[str, Any] = dataclasses.asdict(default)  # type: ignore[call-overload] # T is a dataclass
    changed: dict[str, Any] = {}
    for key, value in given.items():
        if key in FOREIGN_KEYS:
            continue
        if key not in known:
            raise CameraParameterError(
                kind, key, f"no such parameter; there are {', '.join(known)}"
            )
        changed[key] = _checked(kind, key, value, known[key])
    return dataclasses.replace(default, **changed)  # type: ignore[type-var] # T is a dataclass


def _checked(kind: str, key: str, value: object, like: object) -> object:
    if isinstance(like, bool):
        if not isinstance(value, bool):
            raise CameraParameterError(kind, key, f"{value!r} is not true or false")
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CameraParameterError(kind, key, f"{value!r} is not a number")
    if not 0 <= value < float("inf"):
        raise CameraParameterError(kind, key, f"{value!r} is not a finite number of 0 or more")
    if isinstance(like, int):
        if value != int(value):
            raise CameraParameterError(kind, key, f"{value!r} is not a whole number")
        return int(value)
    return float(value)


def as_values(parameters: object) -> dict[str, float | int | str | bool | None]:
    """Thresholds as an event carries them, without the switch that turns the rule on."""
    values: dict[str, Any] = dataclasses.asdict(parameters)  # type: ignore[call-overload] # a dataclass by convention
    values.pop("enabled", None)
    return values
