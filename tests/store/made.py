"""Positions, trips, rounds and alerts for tests of the store, near the demo district."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import msgspec

from alerts.alert import Alert, AlertChange, ChangeKind, Evidence, Severity
from geofence.finding import Round, RoundState, SegmentResult, SegmentState, Trip, TripOutcome
from ingest.position import Lid, Load, Position, Work

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SPACE = UUID("00000000-0000-0000-0000-00000000abcd")


def position(vehicle: str = "苏D12345", at_s: float = 0, **changes: object) -> Position:
    made = Position(
        vehicle_id=vehicle,
        terminal_id=f"t-{vehicle}",
        fix_time=NOON + timedelta(seconds=at_s),
        received_at=NOON + timedelta(seconds=at_s + 1),
        lon=119.95 + at_s * 1e-5,
        lat=31.70,
        speed_kmh=52.3,
        course_deg=90.0,
        altitude_m=4.5,
        satellites=11,
        lid=Lid.CLOSED,
        load=Load.FULL,
        body_raised=False,
        ignition=True,
        work=(Work.SWEEP, Work.SPRAY),
        weight_kg=18_200.5,
        temperature_c=-3.5,
        antenna_cut=False,
        power_cut=True,
    )
    return msgspec.structs.replace(made, **changes)


def trip(vehicle: str = "苏D12345", began_s: float = 0, **changes: object) -> Trip:
    began_at = NOON + timedelta(seconds=began_s)
    made = Trip(
        vehicle_id=vehicle,
        began_at=began_at,
        site_id="site-east",
        left_at=began_at + timedelta(minutes=20),
        permit_id="permit-1",
        outcome=TripOutcome.UNDER_WAY,
        lon=119.95,
        lat=31.70,
        distance_m=5120.5,
        moving_s=900.0,
        fixes=61,
        site_ok=True,
    )
    return msgspec.structs.replace(made, **changes)


def segment(
    number: int, state: SegmentState = SegmentState.PENDING, speed_kmh: float | None = None
) -> SegmentResult:
    covered = state in {SegmentState.COVERED, SegmentState.TOO_FAST}
    return SegmentResult(
        segment=number,
        name=f"延政路{number}",
        state=state,
        passes=int(covered),
        length_m=200.0,
        covered_m=200.0 if covered else 12.5,
        speed_kmh=speed_kmh,
        first_at=NOON if covered else None,
    )


def work_round(plan: str = "sweep-east", at_s: float = 0, **changes: object) -> Round:
    window_from = NOON + timedelta(seconds=at_s)
    made = Round(
        plan_id=plan,
        route_id="route-sweep",
        window_from=window_from,
        window_to=window_from + timedelta(hours=3),
        vehicle_ids=("v30", "v31"),
        state=RoundState.UNDER_WAY,
        coverage=0.5,
        started_at=window_from + timedelta(minutes=4),
        segments=(segment(0, SegmentState.COVERED, 9.5), segment(1)),
        temperature_c=4.5,
    )
    return msgspec.structs.replace(made, **changes)


def alert(name: str = "one", **changes: object) -> Alert:
    made = Alert(
        alert_id=uuid5(SPACE, name),
        kind="overspeed",
        severity=Severity.WARNING,
        vehicle_id="苏D12345",
        camera_id=None,
        subject="permit-1",
        permit_id="permit-1",
        started_at=NOON,
        raised_at=NOON + timedelta(seconds=20),
        lon=119.95,
        lat=31.7,
        values={"speed_kmh": 71.0, "fixes": 3, "road": "中吴大道", "plate_read": None},
        parameters={"limit_kmh": 60, "dwell_s": 15.0, "strict": True},
    )
    return msgspec.structs.replace(made, **changes)


def ended(before: Alert, after_s: float = 300) -> Alert:
    return msgspec.structs.replace(before, ended_at=before.started_at + timedelta(seconds=after_s))


def raised(what: Alert, *evidence: Evidence) -> AlertChange:
    return AlertChange(change=ChangeKind.RAISED, alert=what, evidence=evidence)


def step(kind: ChangeKind, what: Alert, *evidence: Evidence) -> AlertChange:
    return AlertChange(change=kind, alert=what, evidence=evidence)


def picture(of: Alert, moment: str = "after", content: bytes = b"\xff\xd8jpeg") -> Evidence:
    return Evidence(
        evidence_id=uuid5(of.alert_id, moment),
        alert_id=of.alert_id,
        moment=moment,
        captured_at=of.started_at,
        media_type="image/jpeg",
        width_px=1280,
        height_px=720,
        content=content,
        sha256=hashlib.sha256(content).digest(),
        box=(1, 2.5, 30, 40),
    )
