"""A day of trips and rounds, summed up by company, site, ground, permit and plan (三点核对)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta

from config.site import Site
from console.trip_responses import (
    PlanEntry,
    PointCount,
    ReconciliationEntry,
    ReconciliationResponse,
)
from store.database import Connection
from store.round_reader import PlanCount, plan_counts
from store.trip_reader import TripCount, trip_counts


def day_of(day: date, site: Site) -> tuple[datetime, datetime]:
    """[begin, end) of a day in the site's time zone."""
    begin, end = (
        datetime.combine(d, time(), site.timezone) for d in (day, day + timedelta(days=1))
    )
    return begin, end


def reconciliation(conn: Connection, site: Site, day: date) -> ReconciliationResponse:
    """How the trips and rounds of a day stand.

    Raises:
        StoreError: the database does not answer.
    """
    since, until = day_of(day, site)
    company_of = {v.vehicle_id: v.company_id for v in site.vehicles.values()}
    counts = trip_counts(conn, since, until, company_of)
    companies = {company.company_id: company.name for company in site.companies.values()}
    zones = {zone.id: zone.name for zone in site.zones.values()}
    return ReconciliationResponse(
        day=day,
        since=since,
        until=until,
        total=_sum(None, "", counts),
        companies=_by(counts, lambda c: c.company_id, companies),
        sites=_by(counts, lambda c: c.site_id, zones),
        grounds=_by(counts, lambda c: c.ground_id, zones),
        permits=_by(counts, lambda c: c.permit_id, {}),
        plans=[_plan(count, site) for count in plan_counts(conn, since, until)],
    )


def _by(
    counts: Iterable[TripCount],
    key: Callable[[TripCount], str | None],
    names: Mapping[str, str],
) -> list[ReconciliationEntry]:
    """The most trips first; those without a key, such as a permit, come last."""
    groups: dict[str | None, list[TripCount]] = {}
    for count in counts:
        groups.setdefault(key(count), []).append(count)
    entries = [_sum(k, names.get(k or "", k or ""), group) for k, group in groups.items()]
    return sorted(entries, key=lambda e: (e.id is None, -e.trips, e.name))


def _sum(key: str | None, name: str, counts: Iterable[TripCount]) -> ReconciliationEntry:
    entry = ReconciliationEntry(
        id=key, name=name, outcomes={}, site=PointCount(), route=PointCount(), ground=PointCount()
    )
    for count in counts:
        points = (count.site_ok, count.route_ok, count.ground_ok)
        entry.trips += count.trips
        entry.reconciled += count.trips * all(points)
        entry.failed += count.trips * (False in points)
        entry.outcomes[count.outcome] = entry.outcomes.get(count.outcome, 0) + count.trips
        entry.distance_m += count.distance_m
        entry.off_route_m += count.off_route_m
        for tally, ok in zip((entry.site, entry.route, entry.ground), points, strict=True):
            tally.ok += count.trips * (ok is True)
            tally.failed += count.trips * (ok is False)
            tally.unknown += count.trips * (ok is None)
    return entry


def _plan(count: PlanCount, site: Site) -> PlanEntry:
    plan = site.rounds.get(count.plan_id)
    return PlanEntry(
        name=count.plan_id if plan is None else plan.name,
        **{name: getattr(count, name) for name in count.__struct_fields__},
    )
