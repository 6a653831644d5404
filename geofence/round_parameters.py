"""Thresholds of the rules on sanitation work; put together in `geofence.parameters`.

Rules in force for sanitation trucks: washing at up to 15 km/h and not below 3 °C, sweeping at up to
8 km/h; range, speed, path, overlong stops and working parts are checked.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SegmentPassParameters:
    """When a truck passes a segment at work. Source of all defaults: ours.

    A fix with the tool on vouches for as much of the way before and after it as the truck can do at
    the fastest work speed until the next fix.

    Attributes:
        gap_s: so long without a fix at work on the route ends the passage.
        stand_s: after so long without progress, what was worked until then is told.
        flicker_s: a tool that is off for no longer, and no further than work speed allows, was on.
        switch_m: another segment has to fit better by so much: nearer, or nearer to its direction.
        reverse_m: so far back along the segment is turning round, less is noise.
        hold_s: a speed is held if it is the mean of so long.
        unlimited_kmh: fastest work speed where nothing limits it.
    """

    gap_s: float = 300.0
    stand_s: float = 120.0
    flicker_s: float = 30.0
    switch_m: float = 8.0
    reverse_m: float = 25.0
    hold_s: float = 20.0
    unlimited_kmh: float = 30.0


@dataclass(frozen=True, slots=True)
class RoundParameters:
    """How a round is put together. Source of all defaults: ours.

    Attributes:
        segment_share: so much of a segment worked is a pass: fixes lie up to 100 m apart.
        early_s: work so long before the window already counts.
        grace_s: done so long after the window is still in time.
        idle_s: late work goes on until nothing was worked for so long.
        give_up_s: and for so long after the window at most.
        frost_s: a reading of the thermometer holds for so long.
    """

    segment_share: float = 0.7
    early_s: float = 900.0
    grace_s: float = 300.0
    idle_s: float = 900.0
    give_up_s: float = 14_400.0
    frost_s: float = 10_800.0


@dataclass(frozen=True, slots=True)
class MissedSegmentParameters:
    """What makes a segment worked is `RoundParameters`.

    Attributes:
        enabled: False leaves the rule out.
    """

    enabled: bool = True


@dataclass(frozen=True, slots=True)
class RoundLateParameters:
    """When a round is late is `RoundParameters`.

    Attributes:
        enabled: False leaves the rule out.
    """

    enabled: bool = True


@dataclass(frozen=True, slots=True)
class WorkTooFastParameters:
    """Fastest work speed where the plan sets none; 0 is no limit. Source: rules in force.

    Attributes:
        tolerance: fraction above the limit that is let pass (ours: as for `overspeed`).
        enabled: False leaves the rule out.
    """

    sweep_kmh: float = 8.0
    wash_kmh: float = 15.0
    spray_kmh: float = 15.0
    collect_kmh: float = 0.0
    tolerance: float = 0.10
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class WashInFrostParameters:
    """Washing or spraying in frost.

    Attributes:
        min_c: below it there is no washing. Source: rules in force.
        temperature_c: of the air, where no thermometer says; none: not known.
        hold_s, min_fixes: at work below it for so long, on so many fixes (ours).
        clear_s: not so for so long ends it.
        max_gap_s: nothing is begun or prolonged across a longer silence.
        enabled: False leaves the rule out; rounds are held back all the same.
    """

    min_c: float = 3.0
    temperature_c: float | None = None
    hold_s: float = 60.0
    min_fixes: int = 2
    clear_s: float = 120.0
    max_gap_s: float = 300.0
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class LeftWorkAreaParameters:
    """When a sanitation truck has left its work area. Source of all defaults: ours.

    Attributes:
        hold_s, min_fixes: at work outside every work area for so long, on so many fixes.
        clear_s: not so for so long ends it.
        away_s: at work or not, away in the middle of its round for so long.
        undone_share: a truck that does not come back has left only if at least so much is undone
            of what is required: it may think that it is done.
        max_gap_s: nothing is begun or prolonged across a longer silence.
        enabled: False leaves the rule out.
    """

    hold_s: float = 120.0
    min_fixes: int = 3
    clear_s: float = 60.0
    away_s: float = 600.0
    undone_share: float = 0.1
    max_gap_s: float = 300.0
    enabled: bool = True
