"""The alert book: joins, amends, withdraws; told by tables of findings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

import msgspec
import pytest

from alerts.alert import ChangeKind, Severity
from alerts.book import AlertBook, decode_state, encode_state
from config.camera import Camera, CameraRole
from config.site import Site
from config.vehicle import Company, PlateColor, Vehicle, VehicleKind
from detection.scene_event import Box, Passer, SceneEvent, Snapshot
from geofence.finding import Violation

T0 = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
CAMERA = Camera("cam1", "一号", "", 119.94, 31.70, 0.0, CameraRole.HOTSPOT)
SITE = Site(
    "测试区",
    ZoneInfo("Asia/Shanghai"),
    cameras={"cam1": CAMERA},
    rules={"overspeed": {"severity": "notice"}},
)
BOOK = AlertBook(SITE)


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def violation(begin: float, end: float | None = None, **fields: object) -> Violation:
    base: dict[str, object] = {
        "kind": "off_route",
        "vehicle_id": "V1",
        "subject": "P1",
        "started_at": at(begin),
        "confirmed_at": at(begin),
        "ended_at": None if end is None else at(end),
        "lon": 119.9,
        "lat": 31.7,
    }
    return Violation(**(base | fields))  # type: ignore[arg-type]  # a table of fields


def event(begin_s: float, box: Box, **fields: object) -> SceneEvent:
    base: dict[str, object] = {
        "kind": "illegal_dumping",
        "camera_id": "cam1",
        "camera_zone_id": "kerb",
        "started_at": T0 + timedelta(seconds=begin_s),
        "raised_at": T0 + timedelta(seconds=begin_s + 5),
        "box": box,
        "confidence": 0.7,
    }
    return SceneEvent(**(base | fields))  # type: ignore[arg-type]  # a table of fields


def test_one_offence_is_raised_then_ended_as_one_alert() -> None:
    state, raised = BOOK.advance(BOOK.initial(), [violation(0)], at(0.5))
    state, again = BOOK.advance(state, [violation(0)], at(0.6))
    state, ended = BOOK.advance(state, [violation(0, 4)], at(4))
    assert [c.change for c in raised + again + ended] == [ChangeKind.RAISED, ChangeKind.ENDED]
    assert raised[0].alert.alert_id == ended[0].alert.alert_id
    assert ended[0].alert.ended_at == at(4)
    assert raised[0].alert.rings


@pytest.mark.parametrize(("gap_min", "alerts"), [(30, 1), (119, 1), (121, 2)])
def test_a_repeat_is_held_back_for_two_hours(gap_min: float, alerts: int) -> None:
    state, first = BOOK.advance(BOOK.initial(), [violation(0, 5)], at(5))
    later = violation(5 + gap_min, 10 + gap_min)
    _, second = BOOK.advance(state, [later], at(10 + gap_min))
    ids = {c.alert.alert_id for c in first + second}
    assert len(ids) == alerts
    assert second[0].alert.occurrences == (2 if alerts == 1 else 1)


def test_other_vehicles_and_subjects_are_other_alerts() -> None:
    found = [violation(0), violation(0, vehicle_id="V2"), violation(0, subject="P2")]
    _, changes = BOOK.advance(BOOK.initial(), found, at(1))
    assert len({c.alert.alert_id for c in changes}) == 3


def test_a_late_fix_amends_the_beginning_and_keeps_the_alert() -> None:
    state, raised = BOOK.advance(BOOK.initial(), [violation(3)], at(4))
    amended = [violation(3, withdrawn=True), violation(1)]
    _, changes = BOOK.advance(state, amended, at(5))
    assert [c.change for c in changes] == [ChangeKind.AMENDED]
    assert changes[0].alert.alert_id == raised[0].alert.alert_id
    assert changes[0].alert.started_at == at(1)


def test_what_never_happened_is_withdrawn() -> None:
    state, raised = BOOK.advance(BOOK.initial(), [violation(0)], at(1))
    state, changes = BOOK.advance(state, [violation(0, withdrawn=True)], at(2))
    assert [(c.change, c.alert.withdrawn) for c in changes] == [(ChangeKind.WITHDRAWN, True)]
    assert changes[0].alert.alert_id == raised[0].alert.alert_id
    _, nothing = BOOK.advance(state, [violation(0, withdrawn=True)], at(3))
    assert nothing == []


@pytest.mark.parametrize(
    ("finding", "received_min", "rings"),
    [
        (violation(0), 9, True),
        (violation(0), 11, False),
        (violation(0, confirmed_at=at(8)), 11, True),
        (violation(0, backfill=True), 1, False),
        (event(0, (0, 0, 10, 10)), 1, True),
        (event(0, (0, 0, 10, 10)), 30, False),
    ],
)
def test_only_what_is_found_in_time_rings(
    finding: Violation | SceneEvent, received_min: float, rings: bool
) -> None:
    _, changes = BOOK.advance(BOOK.initial(), [finding], at(received_min))
    assert changes[0].alert.rings is rings


def test_a_live_repeat_of_a_kept_alert_rings() -> None:
    state, kept = BOOK.advance(BOOK.initial(), [violation(0, 5, backfill=True)], at(60))
    _, live = BOOK.advance(state, [violation(60)], at(60.5))
    assert not kept[0].alert.rings
    assert (live[0].change, live[0].alert.rings) == (ChangeKind.RAISED, True)
    assert live[0].alert.alert_id == kept[0].alert.alert_id


def test_any_order_of_findings_ends_in_the_same_alerts() -> None:
    found = [violation(0, 5), violation(60, 65), violation(200, 210), violation(400, 410)]
    ends = set()
    for order in permutations(found):
        state = BOOK.initial()
        for finding in order:
            state, _ = BOOK.advance(state, [finding], at(500))
        (page,) = state.pages.values()
        ends.add(tuple((a.started_at, a.ended_at, a.occurrences) for a in page.alerts))
    assert ends == {((at(0), at(65), 2), (at(200), at(210), 1), (at(400), at(410), 1))}


def test_a_camera_joins_the_same_place_only() -> None:
    state, first = BOOK.advance(BOOK.initial(), [event(0, (0, 0, 20, 20), ended_at=at(1))], at(1))
    state, same = BOOK.advance(state, [event(120, (1, 1, 21, 21), ended_at=at(3))], at(3))
    _, beside = BOOK.advance(state, [event(240, (40, 0, 60, 20))], at(5))
    assert same[0].alert.alert_id == first[0].alert.alert_id
    assert beside[0].alert.alert_id != first[0].alert.alert_id


def test_a_camera_alert_stands_where_the_camera_stands_and_brings_its_pictures() -> None:
    pictures = tuple(
        Snapshot(moment=m, captured_at=T0, width_px=4, height_px=4, jpeg=m.encode())
        for m in ("before", "passage", "after")
    )
    passer = Passer(
        track_id=3,
        class_name="muck_truck",
        box=(1, 1, 2, 2),
        seen_at=T0,
        confidence=0.8,
        color="red",
    )
    seen = event(0, (0, 0, 10, 10), snapshots=pictures, passer=passer)
    _, (change,) = BOOK.advance(BOOK.initial(), [seen], at(0.2))
    assert (change.alert.lon, change.alert.lat) == (CAMERA.lon, CAMERA.lat)
    by_moment = {e.moment: e for e in change.evidence}
    assert by_moment["passage"].passer_class == "muck_truck"
    assert by_moment["before"].passer_box is None
    assert by_moment["after"].box == (0, 0, 10, 10)
    assert len({e.evidence_id for e in change.evidence}) == 3


def test_an_alert_names_plate_and_company() -> None:
    truck = Vehicle("V1", "苏DA1234", PlateColor.YELLOW, VehicleKind.MUCK, "c1", "t1")
    site = Site(
        "测试区",
        ZoneInfo("Asia/Shanghai"),
        vehicles={"V1": truck},
        companies={"c1": Company("c1", "一号公司")},
    )
    found = [violation(0), violation(0, vehicle_id="stranger")]
    book = AlertBook(site)
    _, changes = book.advance(book.initial(), found, at(1))
    named = [(c.alert.plate, c.alert.plate_color, c.alert.company) for c in changes]
    assert named == [("苏DA1234", "yellow", "一号公司"), (None, None, None)]


def test_a_site_sets_severity() -> None:
    found = [violation(0), violation(0, kind="overspeed")]
    _, changes = BOOK.advance(BOOK.initial(), found, at(1))
    assert [c.alert.severity for c in changes] == [Severity.WARNING, Severity.NOTICE]


def test_the_state_survives_its_encoding_and_refuses_another_version() -> None:
    state, _ = BOOK.advance(BOOK.initial(), [violation(0), event(0, (0, 0, 9, 9))], at(1))
    restored = decode_state(encode_state(state))
    assert restored == state
    _, nothing = BOOK.advance(restored, [violation(0)], at(2))
    assert nothing == []
    with pytest.raises(msgspec.ValidationError):
        decode_state(msgspec.msgpack.encode([{"key": "other"}]))


def test_what_can_change_no_more_is_forgotten() -> None:
    state, _ = BOOK.advance(BOOK.initial(), [violation(0, 1)], at(1))
    state, _ = BOOK.advance(state, [violation(200, vehicle_id="V2")], at(200))
    assert [key.vehicle_id for key in state.pages] == ["V2"]
