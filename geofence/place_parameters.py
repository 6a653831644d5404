"""Where a truck is, stands and may not be: thresholds."""

from __future__ import annotations

from dataclasses import dataclass


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
