"""Places that no register knows: suspected black sites and black grounds (黑工地, 黑消纳场)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import numpy as np

from geofence.finding import Step, UnexplainedStop, Violation, identity
from geofence.ground import Ground
from geofence.parameters import as_values
from geofence.place_parameters import UnknownGroundParameters, UnknownSiteParameters
from geofence.projection import lengths_m


class PlacesState(msgspec.Struct, frozen=True):
    """The unexplained stops that still count, and what was told of them."""

    stops: tuple[UnexplainedStop, ...] = ()
    told: tuple[Violation, ...] = ()


class Places:
    """Unexplained stops that lie together make a place, once their weights add up.

    A place is told as one violation: of the vehicle that stopped there first, from that stop on; it
    is told again with every further stop.
    """

    def __init__(self, ground: Ground) -> None:
        parameters = ground.parameters
        self._of: dict[bool, tuple[str, UnknownSiteParameters | UnknownGroundParameters]] = {}
        if parameters.unknown_site.enabled:
            self._of[True] = ("unknown_site", parameters.unknown_site)
        if parameters.unknown_ground.enabled:
            self._of[False] = ("unknown_ground", parameters.unknown_ground)
        self.kinds = tuple(kind for kind, _ in self._of.values())

    def advance(
        self, state: PlacesState, steps: Sequence[Step], now: datetime
    ) -> tuple[PlacesState, list[Violation]]:
        news = [s for s in steps if isinstance(s, UnexplainedStop) and s.loading in self._of]
        if not news:
            return state, []
        stops = {identity(s): s for s in state.stops}
        for stop in news:
            if stop.withdrawn:
                stops.pop(identity(stop), None)
            else:
                stops[identity(stop)] = stop
        window = timedelta(seconds=max(p.window_s for _, p in self._of.values()))
        kept = tuple(s for s in stops.values() if now - s.ended_at <= window)
        told = tuple(v for loading in self._of for v in self._places(kept, loading))
        before = {identity(v): v for v in state.told}
        after = {identity(v): v for v in told}
        changes = [v for key, v in after.items() if before.get(key) != v]
        changes += [
            msgspec.structs.replace(v, withdrawn=True)
            for key, v in before.items()
            if key not in after and now - (v.ended_at or v.started_at) <= window
        ]
        return PlacesState(kept, told), changes

    def _places(self, stops: Sequence[UnexplainedStop], loading: bool) -> list[Violation]:
        kind, parameters = self._of[loading]
        mine = sorted(
            (s for s in stops if s.loading is loading), key=lambda s: (s.started_at, s.vehicle_id)
        )
        found = []
        for members in _together(mine, parameters.radius_m, parameters.window_s):
            total = 0.0
            for stop in members:
                total += stop.weight
                if total >= parameters.weight:
                    found.append(self._violation(kind, members, stop, parameters))
                    break
        return found

    def _violation(
        self,
        kind: str,
        members: list[UnexplainedStop],
        sure: UnexplainedStop,
        parameters: UnknownSiteParameters | UnknownGroundParameters,
    ) -> Violation:
        first = members[0]
        vehicles = dict.fromkeys(s.vehicle_id for s in members)
        return Violation(
            kind=kind,
            vehicle_id=first.vehicle_id,
            subject=f"{first.lon:.4f},{first.lat:.4f}",
            started_at=first.started_at,
            confirmed_at=sure.ended_at,
            ended_at=max(s.ended_at for s in members),
            lon=first.lon,
            lat=first.lat,
            confidence=min(0.95, sum(s.weight for s in members) / (parameters.weight + 1)),
            values={
                "stops": len(members),
                "vehicles": "|".join(vehicles),
                "weight": round(sum(s.weight for s in members), 2),
            },
            parameters=as_values(parameters),
            backfill=sure.backfill,
        )


def _together(
    stops: list[UnexplainedStop], radius_m: float, window_s: float
) -> list[list[UnexplainedStop]]:
    """Groups in which each stop is near another one in place and time, in order of time."""
    lon = np.array([s.lon for s in stops])
    lat = np.array([s.lat for s in stops])
    t = np.array([s.started_at.timestamp() for s in stops])
    group = np.arange(len(stops))
    for i in range(1, len(stops)):
        near = lengths_m(lon[:i], lat[:i], lon[i : i + 1], lat[i : i + 1]) <= radius_m
        near &= t[i] - t[:i] <= window_s
        joined = np.unique(group[:i][near])
        if len(joined):
            group[np.isin(group, joined)] = joined[0]
            group[i] = joined[0]
    return [[stops[i] for i in np.nonzero(group == g)[0]] for g in np.unique(group)]
