"""Thresholds of the rules: typed, with defaults; `site.rules[kind]` overrides them one by one."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from config.site import RuleParameters
from geofence.round_parameters import (
    LeftWorkAreaParameters,
    MissedSegmentParameters,
    RoundLateParameters,
    RoundParameters,
    SegmentPassParameters,
    WashInFrostParameters,
    WorkTooFastParameters,
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
class ZoneVisitParameters:
    """When a vehicle is in a zone. Source of all defaults: our own measurements of GPS noise.

    The fixes of three real drives lie within 28 m of the road driven (95 %), 37 m at most.

    Attributes:
        enter_depth_m: so deep inside counts as surely inside (half of the zone's inradius if less).
        enter_hold_s: surely inside on two fixes at least so far apart enters.
        edge_hold_s, edge_fixes: inside at all, without a fix outside, for so long and on so many
            fixes enters too (a truck parked on the boundary is inside on every second one).
        leave_margin_m: so far outside counts as surely outside.
        leave_hold_s: surely outside on two fixes at least so far apart leaves.
        leave_outside_s: outside at all, without a fix inside, for so long leaves too.
        pass_gap_s: a zone passed between two fixes is noticed where they are at most so far apart.
        pass_speed_kmh: and where the vehicle moved at least so fast, so that it is no jitter.
        pass_chord_m: and where it left at least so far from where it came in.
    """

    enter_depth_m: float = 15.0
    enter_hold_s: float = 10.0
    edge_hold_s: float = 300.0
    edge_fixes: int = 20
    leave_margin_m: float = 30.0
    leave_hold_s: float = 10.0
    leave_outside_s: float = 180.0
    pass_gap_s: float = 60.0
    pass_speed_kmh: float = 10.0
    pass_chord_m: float = 30.0


@dataclass(frozen=True, slots=True)
class StopParameters:
    """When a vehicle stands or crawls.

    Attributes:
        slow_kmh: below it a stop or crawl begins: a walking pace.
        radius_m: so far from where it began it is over (drift of a parked truck: less).
        hold_s: so long a stop has to last before anybody looks at it (ours: most lights are over).
    """

    slow_kmh: float = 5.0
    radius_m: float = 80.0
    hold_s: float = 45.0


@dataclass(frozen=True, slots=True)
class TripParameters:
    """When a muck truck counts as laden, and a trip as one.

    Attributes:
        load_hold_s: so long its load sensor has to say the same, on two fixes.
        load_dwell_s: without a sensor: so long in a site it was loaded. Source: city control
            thresholds, "a site is entered when below 15 km/h within its fence for 3 minutes".
        unload_dwell_s: without a sensor: so long at a ground it was unloaded.
        load_late_s: a sensor may say laden so long after the site was left.
        raised_hold_s: so long its body is up before the load has slid.
        stop_s: shorter stops are not counted: lights, queues.
        suspect_on_route_s: so long a stop on the route has to last before the load may have been
            dumped there (ours: longer than a light).
        hidden_s: silences on the way that together last so long may hide a visit to a ground.
        route_tolerance_m: so much of the way off every corridor is still on the route.
        forget_s: after so long nobody knows any more what became of the load.
        unseen_loading_weight: how sure a long stop is to be a loading because the truck, without a
            sensor, unloads at a ground next. Our own judgement: it may as well have been a meal.
    """

    load_hold_s: float = 30.0
    load_dwell_s: float = 180.0
    unload_dwell_s: float = 60.0
    load_late_s: float = 300.0
    raised_hold_s: float = 10.0
    stop_s: float = 60.0
    suspect_on_route_s: float = 120.0
    hidden_s: float = 300.0
    route_tolerance_m: float = 300.0
    forget_s: float = 86_400.0
    unseen_loading_weight: float = 0.4


@dataclass(frozen=True, slots=True)
class OffRouteParameters:
    """When a vehicle is off its permitted routes. The half-width is the route's own.

    Source: city control thresholds "off route by more than 50 m or for more than 3 minutes".

    Attributes:
        hold_s: outside every permitted corridor for so long raises.
        far_m: so far beyond the edge of the nearest corridor is far off (0: as soon as outside).
        far_hold_s: far off for so long raises as well. Time counts as often as `far_m` goes into
            the distance, three times at most: 50 m beyond the edge for 30 s, 150 m for 10 s.
        min_fixes: at least so many fixes must say so.
        sure_m: two fixes are enough where both are so far beyond the edge. Ours: with a half-width
            of 50 m, four times the largest error of three real drives (37 m).
        return_hold_s: back inside for so long ends it: crossing a permitted road is no return.
        max_gap_s: nothing is begun or prolonged across a longer silence.
        outside_hours: also judge outside the permit's daily hours (else that is `out_of_hours`).
        when_empty: also judge a muck truck that is known to be empty.
        enabled: False leaves the rule out.
    """

    hold_s: float = 180.0
    far_m: float = 50.0
    far_hold_s: float = 30.0
    min_fixes: int = 3
    sure_m: float = 100.0
    return_hold_s: float = 60.0
    max_gap_s: float = 300.0
    outside_hours: bool = False
    when_empty: bool = False
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class OutOfHoursParameters:
    """When a vehicle drives outside its permitted hours. Source of all defaults: ours.

    Attributes:
        hold_s, min_fixes: moving outside them for so long, on so many fixes.
        way_m: and so far from where that began: a parked truck's drift is no way.
        grace_s: so long after the hours have ended a truck may still be on its way, unless it
            left the site after them.
        stand_s: not moving for so long ends it.
        max_gap_s: nothing is begun or prolonged across a longer silence.
        when_empty: also judge a muck truck that is known to be empty.
        enabled: False leaves the rule out.
    """

    hold_s: float = 120.0
    min_fixes: int = 3
    way_m: float = 150.0
    grace_s: float = 120.0
    stand_s: float = 600.0
    max_gap_s: float = 300.0
    when_empty: bool = False
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class NoPermitParameters:
    """Loading without a permit; when a truck is taken to load is `TripParameters`.

    Attributes:
        enabled: False leaves the rule, and the permits' quotas, out.
    """

    enabled: bool = True


@dataclass(frozen=True, slots=True)
class OverspeedParameters:
    """When a vehicle is too fast. Permit and zone limits come with the permit and the zone.

    Attributes:
        use_roads: where neither sets a limit, that of the road counts.
        limit_kmh: limit where that is not known either. Source of the default: 120 km/h is
            the highest limit of any road (Regulation on the Implementation of the Road Traffic
            Safety Law, art. 78); a district sets its own, lower one.
        tolerance: fraction above the limit that is let pass. Source: art. 90 of the law and local
            practice fine from 10 % on.
        hold_s: too fast for so long raises: one spike does not.
        min_fixes: and on at least so many fixes.
        clear_s: not too fast for so long ends it.
        derive_max_s: where the terminal reports no speed it is derived between fixes at most so far
            apart.
        max_gap_s: nothing is begun or prolonged across a longer silence.
        enabled: False leaves the rule out.
    """

    use_roads: bool = True
    limit_kmh: float = 120.0
    tolerance: float = 0.10
    hold_s: float = 15.0
    min_fixes: int = 3
    clear_s: float = 15.0
    derive_max_s: float = 60.0
    max_gap_s: float = 300.0
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class RestrictedZoneParameters:
    """When a muck truck is in a restricted zone in its hours.

    Attributes:
        hold_s: inside for so long raises (our choice: longer than crossing a junction).
        clear_s: so long on a permitted route, where the zone exempts those, ends it (ours).
        max_gap_s: nothing is begun or prolonged across a longer silence.
        enabled: False leaves the rule out.
    """

    hold_s: float = 30.0
    clear_s: float = 60.0
    max_gap_s: float = 300.0
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class LidOpenParameters:
    """When a laden truck drives with its lid open. Source of all defaults: ours.

    Attributes:
        hold_s, min_fixes: open and moving for so long, on so many fixes.
        clear_s: closed, empty or in a site or ground for so long ends it.
        max_gap_s: nothing is begun or prolonged across a longer silence.
        enabled: False leaves the rule out.
    """

    hold_s: float = 30.0
    min_fixes: int = 3
    clear_s: float = 60.0
    max_gap_s: float = 300.0
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class BodyRaisedParameters:
    """When a raised body is an offence: "lift up outside a site or ground" (city thresholds).

    Attributes:
        hold_s, min_fixes: up for so long, on so many fixes (ours: no flicker of the sensor).
        clear_s: down for so long ends it.
        max_gap_s: nothing is begun or prolonged across a longer silence.
        enabled: False leaves the rule out.
    """

    hold_s: float = 10.0
    min_fixes: int = 2
    clear_s: float = 30.0
    max_gap_s: float = 300.0
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class LongStopParameters:
    """When a laden truck stands too long.

    Attributes:
        hold_s: for so long (ours: longer than a jam or a driver's meal at the wheel).
        radius_m: without having gone further (else it crawls in a jam).
        round_hold_s: and a sanitation truck while a round of its is on (ours).
        round_radius_m: without having gone further: what the slowest sweeper does in a minute.
        enabled: False leaves the rule out.
    """

    hold_s: float = 1200.0
    radius_m: float = 100.0
    round_hold_s: float = 900.0
    round_radius_m: float = 60.0
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class SuspectedDumpingParameters:
    """When a load is taken to have been dumped.

    Attributes:
        stop_s: so long the stop has to last where only the load sensor tells (ours: tipping takes
            one to three minutes, a light with a faulty sensor less).
        after_s: so long after a stop what is told still belongs to it: sensors are slow.
        enabled: False leaves the rule out.
    """

    stop_s: float = 60.0
    after_s: float = 90.0
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class WrongGroundParameters:
    """Unloaded at a registered ground that the permit does not name; it has no threshold.

    Attributes:
        enabled: False leaves the rule out.
    """

    enabled: bool = True


@dataclass(frozen=True, slots=True)
class TripUnfinishedParameters:
    """When a trip is taken not to end.

    Attributes:
        max_s: under way for so long (ours: twice the longest trip of a district, with a jam).
        enabled: False leaves the rule out.
    """

    max_s: float = 14_400.0
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class TrackGapParameters:
    """When a driving truck is lost. Source of all defaults: ours.

    Attributes:
        after_s: no fix for so long: more than a tunnel, which takes three minutes at most.
        settle_s: what comes late within so long after that, or after the first fix again, is
            waited for.
        moving_kmh: slower, the last fix was not driving.
        slowing: where its speed is less than this share of the mean speed of the way from the fix
            before, the truck may have parked;
        elsewhere_m: unless it is seen so far away next.
        enabled: False leaves the rule out.
    """

    after_s: float = 300.0
    settle_s: float = 120.0
    moving_kmh: float = 10.0
    slowing: float = 0.6
    elsewhere_m: float = 500.0
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class TamperParameters:
    """When a terminal is taken to be tampered with. Source of all defaults: ours.

    Attributes:
        hold_s, min_fixes: antenna or main power reported cut for so long, on so many fixes.
        clear_s: no longer reported for so long ends it.
        max_gap_s: nothing is begun or prolonged across a longer silence: on its own battery a
            terminal sends seldom.
        max_kmh: no truck is faster.
        far_m: a place that is so much farther than `max_kmh` explains cannot be; nearer ones may be
            reflections. They scatter by some hundred metres at most.
        window_s, places, span_s: so many such places within the window, the first and the last so
            far apart in time: one stray, or one burst, is none.
        settle_s, settle_fixes: where a truck was, and after a jump is again, for so long and on so
            many fixes, it truly is: a receiver that was just switched on may err.
        enabled: False leaves the rule out.
    """

    hold_s: float = 60.0
    min_fixes: int = 2
    clear_s: float = 60.0
    max_gap_s: float = 3600.0
    max_kmh: float = 200.0
    far_m: float = 1000.0
    window_s: float = 600.0
    places: int = 3
    span_s: float = 60.0
    settle_s: float = 120.0
    settle_fixes: int = 5
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class TerminalOfflineParameters:
    """When a terminal is silent for too long. Source of all defaults: ours.

    Attributes:
        after_s: for so long, unless its ignition was off or it was in or near a depot.
        always_s: for so long in any case.
        enabled: False leaves the rule out.
    """

    after_s: float = 3600.0
    always_s: float = 172_800.0
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class UnknownSiteParameters:
    """When unexplained loadings make a suspected black site (黑工地). All ours.

    Attributes:
        radius_m: so close to each other they are one place.
        window_s: within so long.
        weight: so much in all: a loading that a sensor shows counts 1, one that only a later
            unloading tells 0.4.
        enabled: False leaves the rule out.
    """

    radius_m: float = 150.0
    window_s: float = 14 * 86_400.0
    weight: float = 1.0
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class UnknownGroundParameters:
    """When unexplained losses of the load make a suspected black ground (黑消纳场). All ours.

    Attributes: as of `UnknownSiteParameters`; each loss is an alert of its own already, so it takes
        three to make a ground. One that only a missing ground tells counts 0.5.
    """

    radius_m: float = 150.0
    window_s: float = 14 * 86_400.0
    weight: float = 3.0
    enabled: bool = True


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
