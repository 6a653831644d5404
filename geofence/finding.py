"""What the geofence engine finds: violations of a rule, and visits to a zone."""

from __future__ import annotations

from datetime import datetime

import msgspec

Value = float | int | str | bool | None


class Violation(msgspec.Struct, frozen=True, kw_only=True, tag="violation"):
    """A rule that one vehicle broke, from `started_at` on (违规).

    The identity is (kind, vehicle_id, subject, started_at). A finding is emitted again under the
    same identity when it ends or when a late fix changes it; `withdrawn` says that after such a
    late fix it never happened. All times are event times (aware), the place is WGS-84.

    Attributes:
        kind: an alert kind of the design, such as `off_route`.
        subject: what was broken: the id of a zone, a permit or a route.
        confirmed_at: time of the fix at which it was sure enough to tell.
        ended_at: None while it goes on.
        lon, lat: where it began (for a moving offence: where it was confirmed).
        values: what was measured, with units in the names, so that a person can check it by hand.
        parameters: the thresholds in force when it was judged.
        backfill: found only by fixes that came too late to act upon: stored, never rung.
    """

    kind: str
    vehicle_id: str
    subject: str
    started_at: datetime
    confirmed_at: datetime | None = None
    ended_at: datetime | None = None
    lon: float
    lat: float
    permit_id: str | None = None
    zone_id: str | None = None
    values: dict[str, Value] = {}
    parameters: dict[str, Value] = {}
    backfill: bool = False
    withdrawn: bool = False


class ZoneVisit(msgspec.Struct, frozen=True, kw_only=True, tag="visit"):
    """A stay of one vehicle in one zone, told apart from jitter by dwell and hysteresis (进出区域).

    The identity is (vehicle_id, zone_id, entered_at). Times are event times (aware).
    """

    vehicle_id: str
    zone_id: str
    entered_at: datetime
    left_at: datetime | None = None
    withdrawn: bool = False


Finding = Violation | ZoneVisit
