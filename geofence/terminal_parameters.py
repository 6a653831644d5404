"""What a terminal says, and when it is silent: thresholds."""

from __future__ import annotations

from dataclasses import dataclass


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
