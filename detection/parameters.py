"""Thresholds of the camera rules: typed, with defaults; `site.rules[kind]` overrides them.

What pixels must do to count as changed is of the cameras, not of a site: see `detection/light.py`
and `detection/background.py`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field

from config.rule_parameters import override
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
        within_s: only pictures of the last so many seconds vote: a body is raised and lowered.
        votes: pictures of one truck that must show it.
        share: of the pictures of its body, those that must show it. Covered and open loads are
            taken for each other in some pictures: more than two thirds must agree (ours).
        score: mean of the model's scores in them.
        ended_after_s: over when it was not seen for so long.
    """

    enabled: bool = True
    within_s: float = 60.0
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
    camera_body_raised: LoadParameters = field(default_factory=lambda: LoadParameters(within_s=3.0))
    camera_offline: StreamParameters = field(default_factory=StreamParameters)
    camera_frozen: FrozenParameters = field(default_factory=FrozenParameters)
    camera_dark: DarkParameters = field(default_factory=DarkParameters)
    camera_blinded: BlindedParameters = field(default_factory=BlindedParameters)
    camera_out_of_focus: FocusParameters = field(default_factory=FocusParameters)
    camera_blocked: BlockedParameters = field(default_factory=BlockedParameters)
    camera_moved: MovedParameters = field(default_factory=MovedParameters)


def read_camera_parameters(rules: Mapping[str, RuleParameters]) -> CameraParameters:
    """The defaults with what a site sets over them; kinds of other parts are left alone.

    The camera's rule for `body_raised` reads `camera_body_raised`: `[rules.body_raised]` are the
    thresholds of the truck's own sensor.

    Raises:
        ParameterError: a key that the kind does not have, or a value of the wrong type.
    """
    default = CameraParameters()
    kinds = {f.name: getattr(default, f.name) for f in dataclasses.fields(default)}
    return CameraParameters(**{k: override(k, d, rules.get(k, {})) for k, d in kinds.items()})
