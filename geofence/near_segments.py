"""Which segments the vehicles of a batch are working on, by place and direction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from geofence.projection import Floats
from ingest.fixes import Ints

if TYPE_CHECKING:
    from geofence.rows import Rows

STEP_M = 8.0  # a shorter way says nothing of the direction
STEP_S = 60.0  # nor does one that took longer
COURSE_KMH = 3.0  # nor the course of a slower vehicle
ACROSS_M, AGAINST_M = 20.0, 10.0  # driving across, or against, a segment counts as so much further


class NearSegments:
    """(fix, segment) wherever a fix has a tool on that one of its vehicle's jobs asks for there.

    Attributes:
        segment, along_m: (p,), sorted by fix; see `SegmentIndex.near`.
        cost_m: (p,) how badly it fits: the distance, more where it is driven across or against.
    """

    def __init__(self, rows: Rows) -> None:
        work = rows.ground.work
        at = np.nonzero(rows.fixes.work > 0)[0]
        if len(at) and work.jobs_of:
            crew = work.crews(rows.vehicle_ids)[rows.run[at]]
            at, crew = at[crew > 0], crew[crew > 0]
        else:
            at = crew = np.empty(0, dtype=np.intp)
        pair, segment, along_m, distance_m = work.segments.near(rows.x[at], rows.y[at])
        asked = work.bits[crew[pair], segment] & rows.fixes.work[at[pair]] > 0
        pair, self.segment = pair[asked], segment[asked]
        self.along_m = along_m[asked]
        self.row: Ints = at[pair]
        self.cost_m = distance_m[asked] + self._astray(rows)
        self.starts: Ints = np.searchsorted(self.row, np.arange(len(rows) + 1))

    def at(self, row: int) -> list[tuple[int, float, float]]:
        """(segment, along_m, cost_m) of one fix."""
        own = slice(self.starts[row], self.starts[row + 1])
        columns = (self.segment[own], self.along_m[own], self.cost_m[own])
        return list(zip(*(column.tolist() for column in columns), strict=True))

    def _astray(self, rows: Rows) -> Floats:
        """What driving across or against the segment costs; 0 where the heading is not known."""
        if not len(self.row):
            return np.empty(0)
        at, lines = self.row, rows.ground.work.segments.lines[self.segment]
        points = [
            shapely.get_coordinates(shapely.line_interpolate_point(lines, along))
            for along in (np.maximum(self.along_m - 2, 0), self.along_m + 2)
        ]
        ahead = points[1] - points[0]
        way = np.stack([rows.x[at] - rows.before_x[at], rows.y[at] - rows.before_y[at]], axis=1)
        course = np.radians(rows.fixes.course_deg[at])
        with np.errstate(invalid="ignore"):
            moved = (np.hypot(way[:, 0], way[:, 1]) >= STEP_M) & (rows.step_s[at] <= STEP_S)
            steered = (rows.speed_kmh[at] >= COURSE_KMH) & np.isfinite(course)
            heading = np.stack([np.sin(course), np.cos(course)], axis=1)
            heading = np.where(steered[:, None], heading, way)
            cosine = (heading * ahead).sum(axis=1)
            cosine /= np.hypot(heading[:, 0], heading[:, 1]) * np.hypot(ahead[:, 0], ahead[:, 1])
            astray = ACROSS_M * (1 - np.abs(cosine)) + np.where(cosine < 0, -AGAINST_M * cosine, 0)
        result: Floats = np.where((moved | steered) & np.isfinite(cosine), astray, 0.0)
        return result
