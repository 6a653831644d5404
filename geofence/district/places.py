"""Places that no register knows: suspected black sites and black grounds (黑工地, 黑消纳场)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import numpy as np

from config.rule_parameters import as_values
from geofence.finding import Step, UnexplainedStop, Violation, identity
from geofence.ground import Ground
from geofence.place_parameters import UnknownGroundParameters, UnknownSiteParameters
from geofence.projection import lengths_m
from ingest.fixes import Bools

_SWEPT_FROM = 64  # fewer stops are not worth looking through
_Together = UnknownSiteParameters | UnknownGroundParameters


class PlacesState(msgspec.Struct, frozen=True):
    """The unexplained stops that still count, and what was told of them.

    `swept`: how many were left when it was last looked for those that no longer do.
    """

    stops: tuple[UnexplainedStop, ...] = ()
    told: tuple[Violation, ...] = ()
    swept: int = 0


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
        # Where they were told to be before counts as well.
        moved = [stops[key] for key in map(identity, news) if key in stops]
        for stop in news:
            if stop.withdrawn:
                stops.pop(identity(stop), None)
            else:
                stops[identity(stop)] = stop
        told = {identity(v): v for v in state.told}
        changes: list[Violation] = []
        for loading in self._of:
            touched = [s for s in (*news, *moved) if s.loading is loading]
            if touched:
                mine = [s for s in stops.values() if s.loading is loading]
                changes += self._judge(loading, mine, touched, told)
        after = PlacesState(tuple(stops.values()), tuple(told.values()), state.swept)
        if len(stops) > 2 * state.swept + _SWEPT_FROM:
            after = self._swept(after, now)
        return after, changes

    def _judge(
        self,
        loading: bool,
        mine: list[UnexplainedStop],
        touched: list[UnexplainedStop],
        told: dict[tuple[object, ...], Violation],
    ) -> list[Violation]:
        """What changes about the places that the touched stops belong to; `told` is kept."""
        kind, parameters = self._of[loading]
        where = _Stops(mine)
        reached = where.reached_from(touched, parameters)
        members = [mine[i] for i in np.nonzero(reached)[0].tolist()]
        firsts = {_who(s) for s in (*members, *touched)}
        before = {k: v for k, v in told.items() if v.kind == kind and _who(v) in firsts}
        after = {identity(v): v for v in self._places(members, loading)}
        for key in before.keys() - after.keys():
            del told[key]
        told |= after
        changes = [v for key, v in after.items() if before.get(key) != v]
        return changes + [
            msgspec.structs.replace(v, withdrawn=True)
            for key, v in before.items()
            if key not in after
        ]

    def _swept(self, state: PlacesState, now: datetime) -> PlacesState:
        """Without places where nothing happened for a window; a busy one keeps its first stop."""
        kept: list[UnexplainedStop] = []
        for loading, (_, parameters) in self._of.items():
            mine = [s for s in state.stops if s.loading is loading]
            window = timedelta(seconds=parameters.window_s)
            recent = [s for s in mine if now - s.ended_at <= window]
            alive = _Stops(mine).reached_from(recent, parameters)
            kept += [mine[i] for i in np.nonzero(alive)[0].tolist()]
        firsts = {_who(s) for s in kept}
        told = tuple(v for v in state.told if _who(v) in firsts)
        return PlacesState(tuple(kept), told, len(kept))

    def _places(self, stops: Sequence[UnexplainedStop], loading: bool) -> list[Violation]:
        kind, parameters = self._of[loading]
        found = []
        for members in _Stops(stops).places(parameters):
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


def _who(one: UnexplainedStop | Violation) -> tuple[str, datetime]:
    """Names a stop, and the place that it is the first of."""
    return one.vehicle_id, one.started_at


class _Stops:
    """Stops in order of time, and which of them lie together."""

    def __init__(self, stops: Sequence[UnexplainedStop]) -> None:
        self._stops = stops
        self._lon = np.array([s.lon for s in stops])
        self._lat = np.array([s.lat for s in stops])
        self._t = np.array([s.started_at.timestamp() for s in stops])

    def reached_from(self, begin: Sequence[UnexplainedStop], parameters: _Together) -> Bools:
        """Which lie near one of `begin` in place and time, or near one that does, and so on."""
        reached = np.zeros(len(self._stops), dtype=bool)
        frontier = list(begin)
        while frontier and not reached.all():
            near = self._near(frontier.pop(), parameters) & ~reached
            reached |= near
            frontier += [self._stops[i] for i in np.nonzero(near)[0].tolist()]
        return reached

    def places(self, parameters: _Together) -> list[list[UnexplainedStop]]:
        """All of them, those that lie together in one list, each in order of time."""
        left = np.ones(len(self._stops), dtype=bool)
        found = []
        while left.any():
            first = self._stops[int(np.nonzero(left)[0][0])]
            members = self.reached_from([first], parameters)
            left &= ~members
            together = [self._stops[i] for i in np.nonzero(members)[0].tolist()]
            found.append(sorted(together, key=lambda s: (s.started_at, s.vehicle_id)))
        return found

    def _near(self, stop: UnexplainedStop, parameters: _Together) -> Bools:
        lon, lat = np.array([stop.lon]), np.array([stop.lat])
        near = lengths_m(self._lon, self._lat, lon, lat) <= parameters.radius_m
        result: Bools = near & (
            np.abs(self._t - stop.started_at.timestamp()) <= parameters.window_s
        )
        return result
