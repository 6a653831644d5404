"""Permits driven more often than they allow (超过每日核准趟数)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from config.permit import Permit
from geofence.finding import Step, Trip, Value, Violation, identity
from geofence.ground import Ground
from geofence.moment import moment

_SEPARATOR = "\x1f"
_KEPT_S = timedelta(days=2).total_seconds()


class CountedTrip(msgspec.Struct, frozen=True, array_like=True):
    """A trip as it counts. Event times in seconds since 1970."""

    left_t: float
    vehicle_id: str
    began_t: float
    ended_t: float | None
    site_id: str | None
    lon: float
    lat: float
    backfill: bool


class QuotaState(msgspec.Struct, frozen=True):
    """Attributes:
    days: permit and day -> its trips, in order.
    day_of: trip -> where it is counted.
    newest_t: when the newest of them left its site.
    """

    days: dict[str, tuple[CountedTrip, ...]] = {}
    day_of: dict[str, str] = {}
    newest_t: float = 0.0


class Quota:
    """Counts the trips of each permit and day, of all its vehicles together.

    A trip belongs to the day on which it left its site; the day of a permit begins with the first
    span of its hours where they cross midnight (`DailyHours.day_begins_min`). Those beyond the
    permit's `daily_trips`, in order of leaving, are violations of the vehicles that drove them.

    A pure function of the set of trips, whatever their order, as long as they are told within two
    days of the newest: older days are forgotten.
    """

    def __init__(self, ground: Ground) -> None:
        self._timezone = ground.timezone
        self._permits = {p.permit_id: p for p in ground.plans.permits if p.daily_trips is not None}
        enabled = ground.parameters.no_permit.enabled and bool(self._permits)
        self.kinds: tuple[str, ...] = ("no_permit",) if enabled else ()

    def advance(
        self,
        state: QuotaState,
        steps: Sequence[Step],
        now: datetime,  # noqa: ARG002 (event time decides)
    ) -> tuple[QuotaState, list[Violation]]:
        trips = [s for s in steps if isinstance(s, Trip)] if self.kinds else []
        if not trips:
            return state, []
        days, day_of, newest_t = dict(state.days), dict(state.day_of), state.newest_t
        touched: set[str] = set()
        for trip in trips:
            key = _SEPARATOR.join((trip.vehicle_id, trip.began_at.isoformat()))
            was = day_of.pop(key, None)
            if was is not None:
                others = tuple(c for c in days[was] if _key(c) != _key_of(trip))
                days[was] = others
                touched.add(was)
            permit = self._permits.get(trip.permit_id or "")
            if trip.withdrawn or permit is None:
                continue
            day = self._day(permit, trip.left_at)
            counted = _counted(trip)
            days[day] = tuple(sorted((*days.get(day, ()), counted), key=_order))
            day_of[key] = day
            newest_t = max(newest_t, counted.left_t)
            touched.add(day)
        if not touched:
            return state, []
        changes = [v for day in sorted(touched) for v in self._changes(day, state.days, days)]
        return _within(days, day_of, newest_t), changes

    def _changes(
        self,
        day: str,
        before: dict[str, tuple[CountedTrip, ...]],
        after: dict[str, tuple[CountedTrip, ...]],
    ) -> list[Violation]:
        old = {identity(v): v for v in self._violations(day, before.get(day, ()))}
        new = {identity(v): v for v in self._violations(day, after.get(day, ()))}
        told = [v for key, v in new.items() if old.get(key) != v]
        gone = [v for key, v in old.items() if key not in new]
        return told + [msgspec.structs.replace(v, withdrawn=True) for v in gone]

    def _violations(self, day: str, trips: tuple[CountedTrip, ...]) -> list[Violation]:
        permit_id, began = day.split(_SEPARATOR)
        permit = self._permits[permit_id]
        quota = permit.daily_trips or 0
        found, in_time = [], 0
        for number, trip in enumerate(trips, 1):
            in_time += not trip.backfill
            if number <= quota:
                continue
            values: dict[str, Value] = {
                "reason": "over_quota",
                "trips": number,
                "daily_trips": quota,
                "day_from": began,
                "timezone": str(self._timezone),
                "left_site_at": moment(trip.left_t).isoformat(),
            }
            found.append(
                Violation(
                    kind="no_permit",
                    vehicle_id=trip.vehicle_id,
                    subject=permit_id,
                    permit_id=permit_id,
                    zone_id=trip.site_id,
                    started_at=moment(trip.began_t),
                    confirmed_at=moment(trip.left_t),
                    ended_at=None if trip.ended_t is None else moment(trip.ended_t),
                    lon=trip.lon,
                    lat=trip.lat,
                    values=values,
                    # Only because of trips that came too late to act upon: not to be rung either.
                    backfill=trip.backfill or in_time <= quota,
                )
            )
        return found

    def _day(self, permit: Permit, left_at: datetime) -> str:
        """Permit and the local time at which its day began, as one key."""
        local = left_at.astimezone(self._timezone).replace(tzinfo=None)
        begins = timedelta(minutes=permit.hours.day_begins_min)
        day = datetime.combine((local - begins).date(), datetime.min.time()) + begins
        return f"{permit.permit_id}{_SEPARATOR}{day:%Y-%m-%d %H:%M}"


def _within(
    days: dict[str, tuple[CountedTrip, ...]], day_of: dict[str, str], newest_t: float
) -> QuotaState:
    """Without days whose last trip is too long ago."""
    old = {d for d, trips in days.items() if not trips or trips[-1].left_t < newest_t - _KEPT_S}
    if old:
        days = {d: trips for d, trips in days.items() if d not in old}
        day_of = {key: d for key, d in day_of.items() if d not in old}
    return QuotaState(days, day_of, newest_t)


def _counted(trip: Trip) -> CountedTrip:
    return CountedTrip(
        left_t=trip.left_at.timestamp(),
        vehicle_id=trip.vehicle_id,
        began_t=trip.began_at.timestamp(),
        ended_t=None if trip.ended_at is None else trip.ended_at.timestamp(),
        site_id=trip.site_id,
        lon=trip.lon,
        lat=trip.lat,
        backfill=trip.backfill,
    )


def _order(trip: CountedTrip) -> tuple[float, str, float]:
    return trip.left_t, trip.vehicle_id, trip.began_t


def _key(trip: CountedTrip) -> tuple[str, float]:
    return trip.vehicle_id, trip.began_t


def _key_of(trip: Trip) -> tuple[str, float]:
    return trip.vehicle_id, trip.began_at.timestamp()
