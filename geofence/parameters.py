"""Thresholds of the rules: typed, with defaults; `site.rules[kind]` overrides them one by one."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field

from config.rule_parameters import override
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


def read_parameters(rules: Mapping[str, RuleParameters]) -> Parameters:
    """The defaults with what a site sets over them; kinds of other parts are left alone.

    Raises:
        ParameterError: a key that the kind does not have, a value of the wrong type, or a negative.
    """
    default = Parameters()
    kinds = {f.name: getattr(default, f.name) for f in dataclasses.fields(default)}
    return Parameters(**{k: override(k, d, rules.get(k, {})) for k, d in kinds.items()})
