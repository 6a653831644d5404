"""What the true path of a sanitation truck amounts to; its rounds are the shift's matter."""

from __future__ import annotations

import numpy as np
import shapely

from config.zone import ZoneKind
from demo.fleet.labelled.diary import Diary
from demo.fleet.labelled.district import Crew, District
from demo.fleet.labelled.label import Label
from demo.fleet.labelled.stretches import Stretch, stretches
from demo.fleet.labelled.truth import Truth

MAY_STAND = (ZoneKind.DEPOT, ZoneKind.TRANSFER_STATION)


class RoundTruth(Truth):
    """Labels of one sanitation truck.

    Attributes:
        windows: of its plan, from and to in seconds since 1970.
        rounds: from the first to the last work of each round.
    """

    def __init__(
        self,
        district: District,
        crew: Crew,
        diary: Diary,
        *,
        windows: list[Stretch],
        rounds: list[Stretch],
    ) -> None:
        super().__init__(district, crew, diary)
        self.windows, self.rounds = windows, rounds

    def judge(self) -> list[Label]:
        self.overspeed()
        self._long_stop()
        self._left_work_area()
        self._unseen_work()
        self.silences()
        return self.labels

    def _long_stop(self) -> None:
        yards = [self.district.areas[z.id] for z in self.district.zones.values()
                 if z.kind in MAY_STAND]  # fmt: skip
        stands = (self.track.speed < 0.8) & ~self.inside(shapely.union_all(yards))
        for one in stretches(self.t, stands, 30.0):
            for opens, shuts in self.windows:
                within = max(one[0], opens), min(one[1], shuts)
                if within[1] - within[0] > 10 * 60:
                    self.label("long_stop", within, self.seen(within) >= 18.5 * 60)

    def _unseen_work(self) -> None:
        """Work of which no fix, or none in time, tells: it may well be taken for missing."""
        for begin, end in self.rounds:
            for silence in self.diary.silences:
                if silence.begin < end and silence.end > begin and silence.seconds > 60:
                    for kind in ("missed_segment", "round_late", "left_work_area"):
                        self.label(kind, (begin, end + 4 * 3600), False, detail="unseen")

    def _left_work_area(self) -> None:
        plan = self.district.rounds[self.crew.permit_id]
        area = self.district.areas[plan.plan_id.replace("round", "work")]
        outside = ~self.inside(area)
        shapely.prepare(area)
        for one in stretches(self.t, outside, 60.0):
            for begin, end in self.rounds:
                within = max(one[0], begin), min(one[1], end)
                if within[1] - within[0] < 60:
                    continue
                rows = np.flatnonzero((self.t >= within[0]) & (self.t <= within[1]))[::5]
                places = shapely.points(self.track.x[rows], self.track.y[rows])
                far = float(shapely.distance(places, area).max(initial=0.0))
                sure = self.seen(within) >= 720 and far > 150
                self.label("left_work_area", within, sure)
