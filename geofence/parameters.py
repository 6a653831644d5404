"""Thresholds of the rules: typed, with defaults; `site.rules[kind]` overrides them one by one."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from config.site import RuleParameters
from geofence.driving_parameters import (
    NoPermitParameters,
    OffRouteParameters,
    OutOfHoursParameters,
    OverspeedParameters,
)
from geofence.load_parameters import (
    BodyRaisedParameters,
    LidOpenParameters,
    LongStopParameters,
    SuspectedDumpingParameters,
    TripParameters,
    TripUnfinishedParameters,
    WrongGroundParameters,
)
from geofence.place_parameters import (
    RestrictedZoneParameters,
    StopParameters,
    UnknownGroundParameters,
    UnknownSiteParameters,
    ZoneVisitParameters,
)
from geofence.round_parameters import (
    LeftWorkAreaParameters,
    MissedSegmentParameters,
    RoundLateParameters,
    RoundParameters,
    SegmentPassParameters,
    WashInFrostParameters,
    WorkTooFastParameters,
)
from geofence.terminal_parameters import (
    TamperParameters,
    TerminalOfflineParameters,
    TrackGapParameters,
)

# Keys under [rules.<kind>] that other parts of the product read.
FOREIGN_KEYS = frozenset({"severity", "hold_back_s", "deadline_s", "told"})


class ParameterError(ValueError):
    """A threshold of a site that no rule knows or can use. `kind` and `key` name it."""

    def __init__(self, kind: str, key: str, message: str) -> None:
        super().__init__(f"rules.{kind}.{key}: {message}")
        self.kind = kind
        self.key = key


@dataclass(frozen=True, slots=True)
class Parameters:
    """The thresholds of all rules of one site."""

    zone_visit: ZoneVisitParameters = field(default_factory=ZoneVisitParameters)
    stop: StopParameters = field(default_factory=StopParameters)
    trip: TripParameters = field(default_factory=TripParameters)
    off_route: OffRouteParameters = field(default_factory=OffRouteParameters)
    out_of_hours: OutOfHoursParameters = field(default_factory=OutOfHoursParameters)
    no_permit: NoPermitParameters = field(default_factory=NoPermitParameters)
    overspeed: OverspeedParameters = field(default_factory=OverspeedParameters)
    restricted_zone: RestrictedZoneParameters = field(default_factory=RestrictedZoneParameters)
    lid_open: LidOpenParameters = field(default_factory=LidOpenParameters)
    body_raised: BodyRaisedParameters = field(default_factory=BodyRaisedParameters)
    long_stop: LongStopParameters = field(default_factory=LongStopParameters)
    suspected_dumping: SuspectedDumpingParameters = field(
        default_factory=SuspectedDumpingParameters
    )
    wrong_ground: WrongGroundParameters = field(default_factory=WrongGroundParameters)
    trip_unfinished: TripUnfinishedParameters = field(default_factory=TripUnfinishedParameters)
    track_gap: TrackGapParameters = field(default_factory=TrackGapParameters)
    tamper: TamperParameters = field(default_factory=TamperParameters)
    terminal_offline: TerminalOfflineParameters = field(default_factory=TerminalOfflineParameters)
    unknown_site: UnknownSiteParameters = field(default_factory=UnknownSiteParameters)
    unknown_ground: UnknownGroundParameters = field(default_factory=UnknownGroundParameters)
    segment_pass: SegmentPassParameters = field(default_factory=SegmentPassParameters)
    round: RoundParameters = field(default_factory=RoundParameters)
    missed_segment: MissedSegmentParameters = field(default_factory=MissedSegmentParameters)
    round_late: RoundLateParameters = field(default_factory=RoundLateParameters)
    work_too_fast: WorkTooFastParameters = field(default_factory=WorkTooFastParameters)
    wash_in_frost: WashInFrostParameters = field(default_factory=WashInFrostParameters)
    left_work_area: LeftWorkAreaParameters = field(default_factory=LeftWorkAreaParameters)

    def enabled(self, kind: str) -> bool:
        """Whether the site has left a rule on; what has no switch always is."""
        return bool(getattr(getattr(self, kind, None), "enabled", True))


T = TypeVar("T")


def read_parameters(rules: Mapping[str, RuleParameters]) -> Parameters:
    """The defaults with what a site sets over them; kinds of other parts are left alone.

    Raises:
        ParameterError: a key that the kind does not have, a value of the wrong type, or a negative.
    """
    default = Parameters()
    kinds = {f.name: getattr(default, f.name) for f in dataclasses.fields(default)}
    return Parameters(**{k: _override(k, d, rules.get(k, {})) for k, d in kinds.items()})


def _override(kind: str, default: T, given: RuleParameters) -> T:
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
    """Thresholds as an alert carries them, without the switch that turns the rule on."""
    values: dict[str, Any] = dataclasses.asdict(parameters)  # type: ignore[call-overload] # a dataclass by convention
    values.pop("enabled", None)
    return values
