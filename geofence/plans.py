"""What the permits in force allow a vehicle, compiled for whole batches."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from config.permit import Permit
from config.site import Site
from config.zone import ZoneKind
from geofence.corridor_index import CorridorIndex
from geofence.projection import Floats, Projection
from ingest.fixes import Ints

_FOREVER = float("inf")


@dataclass(frozen=True, slots=True)
class Plan:
    """A set of permits that are in force for a vehicle at once, in the order of the file."""

    permits: tuple[Permit, ...]


class Plans:
    """Every set of permits that occurs, and which one binds a vehicle at a time.

    Attributes:
        plans: plan i; plan 0 has no permits.
        corridors: of the routes; `route_ids[r]` names one.
        pairs_from, pairs_to: for plan i, its slice in the four arrays that follow.
        pair_permit: number of the permit in `permits`.
        permit_weights: of each permit a hash of its id, for sums that stand for sets of permits.
        pair_route: number of a route, -1 for a permit that limits none.
        allowed_zone: (plans, zones) whether a plan's vehicle may be in a zone off its route: every
            depot, and the sites and grounds of its permits.
    """

    def __init__(self, site: Site, projection: Projection) -> None:
        self.route_ids = tuple(site.routes)
        routes = site.routes.values()
        self.corridors = CorridorIndex(
            np.array([projection.shape(r.geometry) for r in routes], dtype=object),
            np.array([r.half_width_m for r in routes], dtype=float),
        )
        self.permits = tuple(site.permits.values())
        weights = [_weight(p.permit_id) for p in self.permits]
        self.permit_weights = np.array(weights, dtype=np.uint64)
        self.plans: list[Plan] = [Plan(())]
        self._of_vehicle = self._spans(site)
        edges = {e for p in self.permits for e in _validity(p) if abs(e) < _FOREVER}
        self._edges = np.array(sorted(edges), dtype=float)
        self._tables: dict[int, dict[str, int]] = {}
        self._pairs()
        zones = list(site.zones.values())
        self.allowed_zone = np.zeros((len(self.plans), len(zones)), dtype=bool)
        for i, plan in enumerate(self.plans):
            ends = {e for p in plan.permits for e in (p.site_zone, p.ground_zone) if e}
            self.allowed_zone[i] = [z.kind is ZoneKind.DEPOT or z.id in ends for z in zones]

    def number(self, vehicle_ids: list[str], run: Ints, at: Floats) -> Ints:
        """Which plan binds at each fix: (n,).

        Args:
            vehicle_ids: the vehicles of the batch.
            run: (n,), which of them each fix is of.
            at: (n,), seconds since 1970.
        """
        if not self._of_vehicle or not len(at):
            return np.zeros(len(at), dtype=np.intp)
        between = np.searchsorted(self._edges, (at.min(), at.max()), side="right").tolist()
        if between[0] == between[1]:  # no permit begins or ends within the batch
            return self._numbers(between[0], vehicle_ids)[run]
        numbers = np.empty(len(at), dtype=np.intp)
        of_fix = np.searchsorted(self._edges, at, side="right")
        for number in range(between[0], between[1] + 1):
            fixes = of_fix == number
            numbers[fixes] = self._numbers(number, vehicle_ids)[run[fixes]]
        return numbers

    def plan_at(self, vehicle_id: str, at: float) -> Plan:
        """The plan that binds a vehicle at a time (seconds since 1970)."""
        number = int(np.searchsorted(self._edges, at, side="right"))
        return self.plans[self._between_edges(number).get(vehicle_id, 0)]

    def _numbers(self, number: int, vehicle_ids: list[str]) -> Ints:
        known = self._between_edges(number).get
        return np.array([known(v, 0) for v in vehicle_ids], dtype=np.intp)

    def _between_edges(self, number: int) -> dict[str, int]:
        """Vehicle -> plan from edge `number` - 1 up to edge `number`; made when first asked for."""
        if number not in self._tables:
            at = -_FOREVER if number == 0 else float(self._edges[number - 1])
            self._tables[number] = {
                vehicle: next(plan for until, plan in spans if at < until)
                for vehicle, spans in self._of_vehicle.items()
            }
        return self._tables[number]

    def _spans(self, site: Site) -> dict[str, tuple[tuple[float, int], ...]]:
        permits_of = defaultdict(list)
        for permit in site.permits.values():
            for vehicle in permit.vehicle_ids:
                permits_of[vehicle].append(permit)
        numbers: dict[tuple[str, ...], int] = {}
        spans = {}
        for vehicle, permits in permits_of.items():
            edges = sorted({*(e for p in permits for e in _validity(p)), -_FOREVER, _FOREVER})
            of_vehicle = []
            for begin, end in pairwise(edges):
                valid = [p for p in permits if _validity(p)[0] <= begin and end <= _validity(p)[1]]
                key = tuple(p.permit_id for p in valid)
                if not key:
                    of_vehicle.append((end, 0))
                    continue
                if key not in numbers:
                    numbers[key] = len(self.plans)
                    self.plans.append(Plan(tuple(valid)))
                of_vehicle.append((end, numbers[key]))
            spans[vehicle] = tuple(of_vehicle)
        return spans

    def _pairs(self) -> None:
        permit_number = {p.permit_id: i for i, p in enumerate(self.permits)}
        route_number = {r: i for i, r in enumerate(self.route_ids)}
        begin: list[int] = []
        end: list[int] = []
        pair_permit: list[int] = []
        pair_route: list[int] = []
        for plan in self.plans:
            begin.append(len(pair_permit))
            for permit in plan.permits:
                for route in [route_number[r] for r in permit.route_ids] or [-1]:
                    pair_permit.append(permit_number[permit.permit_id])
                    pair_route.append(route)
            end.append(len(pair_permit))
        self.pairs_from = np.array(begin, dtype=np.intp)
        self.pairs_to = np.array(end, dtype=np.intp)
        self.pair_permit = np.array(pair_permit, dtype=np.intp)
        self.pair_route = np.array(pair_route, dtype=np.intp)


def _weight(permit_id: str) -> int:
    """The same in every process."""
    digest = hashlib.blake2b(permit_id.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") | 1


def _validity(permit: Permit) -> tuple[float, float]:
    """[from, to) in seconds since 1970."""
    return (
        permit.valid_from.timestamp() if permit.valid_from else -_FOREVER,
        permit.valid_to.timestamp() if permit.valid_to else _FOREVER,
    )
