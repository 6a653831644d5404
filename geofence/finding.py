"""What the geofence engine finds: violations, visits to a zone, trips, rounds.

Every finding has an identity (`geofence.finding.identity`). It is told again under the same
identity when it goes on, ends, or is changed by a late fix; `withdrawn` says that after such a late
fix it never happened. All times are event times, aware; places are WGS-84.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from config.round_plan import WorkKind
from geofence.moment import moment

Value = float | int | str | bool | None


class Violation(msgspec.Struct, frozen=True, kw_only=True, tag="violation"):
    """A rule that one vehicle broke, from `started_at` on (违规).

    Attributes:
        kind: an alert kind of the design, such as `off_route`.
        subject: what was broken: the id of a zone, a permit, a route, a round.
        confirmed_at: time of the fix at which it was sure enough to tell.
        ended_at: None while it goes on.
        lon, lat: where it began (for a moving offence: where it was confirmed).
        confidence: 0 to 1; below 1 where it is inferred, as a suspected dumping is.
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
    confidence: float = 1.0
    values: dict[str, Value] = {}
    parameters: dict[str, Value] = {}
    backfill: bool = False
    withdrawn: bool = False


class ZoneVisit(msgspec.Struct, frozen=True, kw_only=True, tag="visit"):
    """A stay of one vehicle in one zone, told apart from jitter by dwell and hysteresis (进出区域).

    Attributes:
        arrived_kg, left_kg: weight of the load at its first and last weighing within; None where
            nothing weighs.
    """

    vehicle_id: str
    zone_id: str
    entered_at: datetime
    left_at: datetime | None = None
    arrived_kg: float | None = None
    left_kg: float | None = None
    withdrawn: bool = False


class TripOutcome(StrEnum):
    """How a muck trip stands, or ended (运次结果)."""

    UNDER_WAY = "under_way"  # 运输中
    UNLOADING = "unloading"  # 卸载中
    FINISHED = "finished"  # 已完成: unloaded at a ground that its permit allows
    WRONG_GROUND = "wrong_ground"  # 消纳场不符: unloaded at another registered ground
    DUMPED = "dumped"  # 疑似偷倒: lost its load elsewhere
    UNFINISHED = "unfinished"  # 未完成: loaded again, or too late, and never seen at a ground
    UNKNOWN = "unknown"  # 不明: parked, silent, or no longer told


class Trip(msgspec.Struct, frozen=True, kw_only=True, tag="trip"):
    """One muck trip: from the site where it was loaded to where it lost its load (运次).

    Three-point reconciliation (三点核对): `site_ok`, `route_ok`, `ground_ok`, each None while not
    known or where no permit says.

    Attributes:
        began_at: first fix in the place of loading; identity with the vehicle.
        site_id: the site's zone, None for a load from a place that no register knows.
        left_at: last fix there.
        permit_id: the permit that covers it; None where there is none.
        ground_id: the ground where it unloaded; `arrived_at`, `emptied_at` there.
        ended_at: when it was over; None while it goes on.
        load_by: `sensor`, or `place` where the vehicle has no load sensor.
        lon, lat: of the place of loading.
        distance_m, moving_s: on the way, from `left_at` to `ended_at` or the newest fix judged.
        off_route_m: how much of it outside every permitted corridor.
        stops, stopped_s: stops on the way, and how long in all.
        fixes, missing_s: fixes on the way, and the time that longer silences took.
        lid_open_s: how long it drove laden with the lid open; None without such a sensor.
    """

    vehicle_id: str
    began_at: datetime
    site_id: str | None
    left_at: datetime
    permit_id: str | None = None
    ground_id: str | None = None
    arrived_at: datetime | None = None
    emptied_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: TripOutcome = TripOutcome.UNDER_WAY
    load_by: str = "place"
    lon: float = 0.0
    lat: float = 0.0
    distance_m: float = 0.0
    moving_s: float = 0.0
    off_route_m: float = 0.0
    stops: int = 0
    stopped_s: float = 0.0
    fixes: int = 0
    missing_s: float = 0.0
    lid_open_s: float | None = None
    site_ok: bool | None = None
    route_ok: bool | None = None
    ground_ok: bool | None = None
    backfill: bool = False
    withdrawn: bool = False


class UnexplainedStop(msgspec.Struct, frozen=True, kw_only=True, tag="unexplained_stop"):
    """A place outside every register where a muck truck was loaded, or lost its load (不明停留).

    Stays inside the engine: repeated ones make an `unknown_site` or `unknown_ground`.

    Attributes:
        loading: True where it was loaded, False where it lost its load or may have.
        weight: how sure that is, 0 to 1.
    """

    vehicle_id: str
    started_at: datetime
    ended_at: datetime
    lon: float
    lat: float
    loading: bool
    weight: float
    backfill: bool = False
    withdrawn: bool = False


class SegmentPass(msgspec.Struct, frozen=True, kw_only=True, tag="segment_pass"):
    """One passage of a sanitation vehicle along one segment of a route, at work or not (路段作业).

    Stays inside the engine: rounds are put together of them.

    Attributes:
        segment: number of the segment within its route.
        work: what was done.
        forward: driven in the segment's own direction.
        length_m: how much of the segment was driven with the right tool at work.
        covered: from, to, in fractions of the segment's length, of what was worked.
        speed_kmh: mean speed at work, without standing; `max_kmh` the highest that was held.
        temperature_c: lowest of the air on the way; None where no payload says.
    """

    vehicle_id: str
    route_id: str
    segment: int
    work: WorkKind
    started_at: datetime
    ended_at: datetime
    forward: bool
    length_m: float
    covered: tuple[tuple[float, float], ...]
    speed_kmh: float
    max_kmh: float
    temperature_c: float | None = None
    backfill: bool = False
    withdrawn: bool = False


class FrostSpell(msgspec.Struct, frozen=True, kw_only=True, tag="frost"):
    """Too cold to wash, as the thermometer of one vehicle says (低温时段). Stays inside the engine.

    Attributes:
        last_at: the newest reading that says so; the air is at `lowest_c` or above.
        ended_at: the first that says otherwise, None until then.
    """

    vehicle_id: str
    started_at: datetime
    last_at: datetime
    lowest_c: float
    ended_at: datetime | None = None
    backfill: bool = False
    withdrawn: bool = False


class Absence(msgspec.Struct, frozen=True, kw_only=True, tag="absence"):
    """A sanitation vehicle away from all its work while a round of it is on (离开作业).

    Stays inside the engine: whether it was on its way to or from the round, the round tells.

    Attributes:
        started_at, lon, lat: its first fix away.
        ended_at: its last one, None while it goes on.
        max_distance_m: farthest from the nearest work area, or from its routes where there is none.
    """

    vehicle_id: str
    started_at: datetime
    lon: float
    lat: float
    ended_at: datetime | None = None
    max_distance_m: float = 0.0
    backfill: bool = False
    withdrawn: bool = False


class SegmentState(StrEnum):
    """What became of one segment of a round (路段作业情况)."""

    COVERED = "covered"  # 已作业
    MISSED = "missed"  # 漏扫
    TOO_FAST = "too_fast"  # 过快
    TOO_SLOW = "too_slow"  # 过慢
    LATE = "late"  # 逾时作业
    OUT_OF_ORDER = "out_of_order"  # 次序不符
    PENDING = "pending"  # 待作业


class SegmentResult(msgspec.Struct, frozen=True, kw_only=True):
    """One segment of a round. `passes` complete ones; `covered_m` of `length_m` worked at all."""

    segment: int
    name: str
    state: SegmentState
    passes: int
    length_m: float
    covered_m: float
    speed_kmh: float | None = None
    first_at: datetime | None = None


class RoundState(StrEnum):
    """How a round stands (作业趟次状态)."""

    UNDER_WAY = "under_way"  # 进行中
    DONE = "done"  # 已完成
    LATE = "late"  # 逾时完成
    INCOMPLETE = "incomplete"  # 未完成
    HELD_BACK = "held_back"  # 低温暂停


class Round(msgspec.Struct, frozen=True, kw_only=True, tag="round"):
    """One planned round of one day, by whichever of its vehicles (作业趟次).

    Identity: (plan_id, window_from).

    Attributes:
        window_from, window_to: when it is to be worked.
        coverage: share of the route's length worked the required number of times, 0 to 1.
        started_at, finished_at: first work on it; when the required coverage was reached.
        late_s: how long after the window that was; None where it was not late.
    """

    plan_id: str
    route_id: str
    window_from: datetime
    window_to: datetime
    vehicle_ids: tuple[str, ...]
    state: RoundState
    coverage: float
    started_at: datetime | None = None
    finished_at: datetime | None = None
    late_s: float | None = None
    segments: tuple[SegmentResult, ...] = ()
    temperature_c: float | None = None
    withdrawn: bool = False


Finding = Violation | ZoneVisit | Trip | Round
"""What the engine tells."""

Inside = UnexplainedStop | SegmentPass | FrostSpell | Absence
"""What stays inside the engine."""

Step = Violation | ZoneVisit | Trip | Inside
"""What the rules of one vehicle find."""


def identity(finding: Finding | Step) -> tuple[object, ...]:
    """What makes a finding the same finding when it is told again."""
    key: tuple[object, ...]
    match finding:
        case Violation():
            key = finding.kind, finding.vehicle_id, finding.subject, finding.started_at
        case ZoneVisit():
            key = finding.vehicle_id, finding.zone_id, finding.entered_at
        case Trip():
            key = "trip", finding.vehicle_id, finding.began_at
        case UnexplainedStop():
            key = "stop", finding.vehicle_id, finding.loading, finding.started_at
        case SegmentPass():
            where = finding.route_id, finding.work, finding.segment
            key = "pass", finding.vehicle_id, *where, finding.started_at
        case FrostSpell():
            key = "frost", finding.vehicle_id, finding.started_at
        case Absence():
            key = "absence", finding.vehicle_id, finding.started_at
        case Round():
            key = "round", finding.plan_id, finding.window_from
    return key


def ended(
    raised: Violation | None, last_t: float, so_far: dict[str, Value]
) -> tuple[Violation, ...]:
    """A violation as it is told when it is over; nothing where none was raised.

    `last_t` is the event time of the last fix that broke the rule, `so_far` what was measured.
    """
    if raised is None:
        return ()
    values = {**raised.values, **so_far}
    return (msgspec.structs.replace(raised, ended_at=moment(last_t), values=values),)
