"""Thresholds of the camera's own conditions.

All are ours, by trial: docs/camera-health.md.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StreamParameters:
    """`camera_offline`.

    Told after `after_s`, or `first_s` where no picture came since the worker's start: the camera
    may be starting too. A stream that came back for `clear_s` is well again.
    """

    enabled: bool = True
    after_s: float = 10.0
    first_s: float = 60.0
    clear_s: float = 3.0


@dataclass(frozen=True, slots=True)
class FrozenParameters:
    """`camera_frozen`: as offline, but the stream's own watchdog has waited before (8 s)."""

    enabled: bool = True
    after_s: float = 0.0
    clear_s: float = 3.0


@dataclass(frozen=True, slots=True)
class DarkParameters:
    """No light at all: nine tenths of the picture below a level, and even.

    Attributes:
        level: grey level that nine tenths of the picture do not reach. Streets with lamps show
            60 and more; without light a sensor's grain shows 5 to 25.
        spread: standard deviation of grey levels.
        usual_level: where the camera's picture usually stays below it at this hour of the day, its
            darkness is no fault.
    """

    enabled: bool = True
    level: float = 34.0
    spread: float = 12.0
    usual_level: float = 45.0
    after_s: float = 10.0
    clear_s: float = 6.0


@dataclass(frozen=True, slots=True)
class BlindedParameters:
    """Over-exposed: so much more of the picture is white than usual, and the scene is lost in it.

    Headlights of a passing truck last some seconds; `after_s` must outlast them.
    """

    enabled: bool = True
    white_share: float = 0.25
    lost_share: float = 0.4
    after_s: float = 20.0
    clear_s: float = 6.0


@dataclass(frozen=True, slots=True)
class FocusParameters:
    """Edges that are softer than they were in this light, as a share of their usual sharpness.

    Fog and exposure weaken an edge but do not widen it. Rain on the glass does for a while:
    `after_s` outlasts a shower's drops being wiped or dried in most cases.
    """

    enabled: bool = True
    sharpness: float = 0.7
    clear_sharpness: float = 0.8
    after_s: float = 60.0
    clear_s: float = 20.0


@dataclass(frozen=True, slots=True)
class BlockedParameters:
    """The scene's tiles are not found although there is light.

    Attributes:
        whole_share: so much hidden and no edges of its own in the picture: a hand, a tarpaulin,
            paint. Told after `after_s`.
        edges: share of the usual edges that a covered picture still shows at most.
        part_share: so much hidden, by whatever: told after `part_after_s`. A truck that waits
            before the lens goes before that.
    """

    enabled: bool = True
    whole_share: float = 0.85
    edges: float = 0.4
    part_share: float = 0.5
    after_s: float = 12.0
    part_after_s: float = 600.0
    clear_s: float = 6.0


@dataclass(frozen=True, slots=True)
class MovedParameters:
    """The picture is not the one that the zones were drawn in.

    Attributes:
        moved_share: root mean square way of the picture's points, in widths.
        after_s: told when the scene was found elsewhere for so long.
        lost_after_s: told when nothing of it is found for so long, in a picture with edges of its
            own: turned to where nothing is known, or a cover with a pattern.
        lost_edges: edges such a picture must have, as a share of the usual.
        clear_s: so long back in its place, and it is over.
        place_m, heading_deg: what an announcement may differ by from the placement in force.
    """

    enabled: bool = True
    moved_share: float = 0.02
    after_s: float = 5.0
    lost_after_s: float = 10.0
    lost_edges: float = 0.4
    clear_s: float = 3.0
    place_m: float = 30.0
    heading_deg: float = 10.0
