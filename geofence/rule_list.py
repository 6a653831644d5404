"""The rules, in the order in which they judge. To add one: a file in `rules/`, and a place here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from geofence.ground import Ground
from geofence.rules.absences import Absences, AbsenceState
from geofence.rules.body_raised import BodyRaised
from geofence.rules.frost_spells import FrostSpells, FrostState
from geofence.rules.held import HeldState
from geofence.rules.left_work_area import LeftWorkArea
from geofence.rules.lid_open import LidOpen
from geofence.rules.load import Loads, LoadState
from geofence.rules.long_stop import LongStop, LongStopState
from geofence.rules.no_permit import NoPermit, NoPermitState
from geofence.rules.off_route import OffRoute, OffRouteState
from geofence.rules.out_of_hours import OutOfHours, OutOfHoursState
from geofence.rules.overspeed import Overspeed, OverspeedState
from geofence.rules.restricted_zone import RestrictedZone, RestrictedZoneState
from geofence.rules.round_stop import RoundStop, RoundStopState
from geofence.rules.rule import Rule
from geofence.rules.segment_passes import SegmentPasses, SegmentPassState
from geofence.rules.stops import Stops, StopState
from geofence.rules.suspected_dumping import DumpingState, SuspectedDumping
from geofence.rules.tamper import Tamper, TamperState
from geofence.rules.terminal_offline import TerminalOffline, TerminalOfflineState
from geofence.rules.track_gap import TrackGap, TrackGapState
from geofence.rules.trip_state import TripState
from geofence.rules.trip_unfinished import TripUnfinished, TripUnfinishedState
from geofence.rules.trips import Trips
from geofence.rules.wash_in_frost import WashInFrost
from geofence.rules.wrong_ground import WrongGround, WrongGroundState
from geofence.rules.zone_visits import VisitState, ZoneVisits

# What a snapshot may hold: every rule's state, told apart by its tag.
RuleState: TypeAlias = (
    VisitState
    | StopState
    | LoadState
    | TripState
    | SegmentPassState
    | FrostState
    | AbsenceState
    | RoundStopState
    | OffRouteState
    | OutOfHoursState
    | NoPermitState
    | OverspeedState
    | RestrictedZoneState
    | HeldState
    | LongStopState
    | DumpingState
    | WrongGroundState
    | TripUnfinishedState
    | TrackGapState
    | TamperState
    | TerminalOfflineState
)

RULES: tuple[Callable[[Ground], Rule[Any]], ...] = (
    # What is so: visits, stops, the load, the trip. The rules after them read it.
    ZoneVisits,
    Stops,
    Loads,
    Trips,
    SegmentPasses,
    FrostSpells,
    Absences,
    # What should not be.
    OffRoute,
    OutOfHours,
    NoPermit,
    Overspeed,
    RestrictedZone,
    LidOpen,
    BodyRaised,
    LongStop,
    RoundStop,
    SuspectedDumping,
    WrongGround,
    TripUnfinished,
    TrackGap,
    Tamper,
    TerminalOffline,
    WashInFrost,
    LeftWorkArea,
)


def make_rules(ground: Ground) -> tuple[Rule[Any], ...]:
    """All rules that the site has not switched off (`enabled = false`), in order."""
    rules = (make(ground) for make in RULES)
    return tuple(r for r in rules if ground.parameters.enabled(r.name))
