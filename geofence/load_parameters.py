"""What a truck carries, and where to: thresholds."""

from __future__ import annotations

from dataclasses import dataclass


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
