"""How a truck drives, and with what permit: thresholds."""

from __future__ import annotations

from dataclasses import dataclass


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
