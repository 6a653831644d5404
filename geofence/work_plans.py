"""What the round plans ask of vehicles, compiled for whole batches."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from config.round_plan import RoundPlan, WorkKind
from config.site import Site
from geofence.parameters import Parameters
from geofence.projection import Projection
from geofence.round_windows import RoundWindows, Window
from geofence.segment_index import SegmentIndex
from geofence.segment_ways import SegmentWays
from ingest.fixes import WORK_BITS, Ints
from ingest.position import Work


@dataclass(frozen=True, slots=True)
class Job:
    """One kind of work on one route, whichever plans ask for it.

    Attributes:
        bit: of the tool, as in `ingest.fixes.WORK_BITS`.
        segments: the route's, in the numbering of `SegmentIndex`.
        reach_ms: the fastest work speed, metres a second.
    """

    route_id: str
    work: WorkKind
    bit: int
    segments: range
    reach_ms: float


class WorkPlans:
    """The plans of a site by what they ask of whom.

    Attributes:
        plans: by id; only those whose route has segments, and that name a vehicle.
        segments, ways: of the routes.
        windows: of the plans.
        jobs_of: vehicle id -> its jobs.
        job: (route id, work) -> job.
        bits: (crews, segments), the tools that a crew's jobs ask for on each segment; crew 0 has
            none. A crew is a set of jobs that some vehicle has.
        corridors_of: vehicle id -> numbers of its routes in the site's order.
    """

    def __init__(self, site: Site, projection: Projection, parameters: Parameters) -> None:
        self._parameters = parameters
        self.segments = SegmentIndex(site.routes, projection)
        self.ways = SegmentWays(self.segments)
        of_route = self.segments.of_route
        drawn = {route_id for route_id, own in of_route.items() if own.start < own.stop}
        self.plans = {k: p for k, p in site.rounds.items() if p.route_id in drawn and p.vehicle_ids}
        self.windows = RoundWindows(self.plans, site.timezone)
        self.job: dict[tuple[str, WorkKind], Job] = {}
        self.jobs_of: dict[str, tuple[Job, ...]] = {}
        self.corridors_of: dict[str, tuple[int, ...]] = {}
        route_number = {route_id: i for i, route_id in enumerate(site.routes)}
        for key in {(p.route_id, p.work): None for p in self.plans.values()}:
            own = of_route[key[0]]
            self.job[key] = Job(
                *key, WORK_BITS[Work(key[1])], range(own.start, own.stop), self._reach_ms(*key)
            )
        for plan in self.plans.values():
            job = self.job[plan.route_id, plan.work]
            route = route_number[plan.route_id]
            for vehicle_id in plan.vehicle_ids:
                jobs = self.jobs_of.get(vehicle_id, ())
                self.jobs_of[vehicle_id] = jobs if job in jobs else (*jobs, job)
                routes = self.corridors_of.get(vehicle_id, ())
                self.corridors_of[vehicle_id] = routes if route in routes else (*routes, route)
        crews = {jobs: i for i, jobs in enumerate(dict.fromkeys(self.jobs_of.values()), 1)}
        self._crew_of = {vehicle: crews[jobs] for vehicle, jobs in self.jobs_of.items()}
        self.bits: npt.NDArray[np.int8] = np.zeros(
            (len(crews) + 1, len(self.segments.route_ids)), dtype=np.int8
        )
        for jobs, crew in crews.items():
            for job in jobs:
                self.bits[crew, job.segments.start : job.segments.stop] |= job.bit

    def crews(self, vehicle_ids: list[str]) -> Ints:
        """The crew of each vehicle, 0 for those without a plan."""
        known = self._crew_of.get
        return np.array([known(v, 0) for v in vehicle_ids], dtype=np.intp)

    def limit_kmh(self, plan: RoundPlan) -> float | None:
        """How fast the plan lets one work; None: as fast as one likes."""
        if plan.max_kmh is not None:
            return plan.max_kmh
        limit: float = getattr(self._parameters.work_too_fast, f"{plan.work.value}_kmh")
        return limit or None

    def window_of(
        self, vehicle_id: str, t: float, works: Collection[WorkKind] = tuple(WorkKind)
    ) -> Window | None:
        """The window of a round of the vehicle's, of such work, that a time lies in."""
        for plan in self.plans.values():
            if vehicle_id in plan.vehicle_ids and plan.work in works:
                # None lasts longer than a day.
                windows = self.windows.beginning(plan.plan_id, t - 86_400, t)
                if windows and t < windows[-1].to_t:
                    return windows[-1]
        return None

    def _reach_ms(self, route_id: str, work: WorkKind) -> float:
        limits = [
            self.limit_kmh(p) or self._parameters.segment_pass.unlimited_kmh
            for p in self.plans.values()
            if p.route_id == route_id and p.work is work
        ]
        return max(limits) / 3.6
