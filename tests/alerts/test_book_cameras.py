"""The alert book and cameras: at whom it is laid, in any order; what is joined and what is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest

from alerts.alert import Alert, AlertChange, ChangeKind
from alerts.attribution import Attribution, Candidate
from alerts.book import AlertBook, BookState, Finding, decode_state, encode_state
from config.camera import Camera, CameraRole
from config.site import Site
from config.vehicle import Company, PlateColor, Vehicle, VehicleKind
from detection.scene_event import Box, Passer, SceneEvent, TrackPoint

T0 = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
TRUCKS = {
    f"V{n}": Vehicle(f"V{n}", f"苏DA123{n}", PlateColor.YELLOW, VehicleKind.MUCK, "c1", f"t{n}")
    for n in (1, 2)
}
BOOK = AlertBook(
    Site(
        "测试区",
        ZoneInfo("Asia/Shanghai"),
        cameras={
            c: Camera(c, c, "", 119.94, 31.70, 0.0, CameraRole.GATE, site_zone="site-east")
            for c in ("gate", "other")
        },
        vehicles=TRUCKS,
        companies={"c1": Company("c1", "一号公司")},
    )
)
HERE: Box = (0, 0, 20, 20)
A, B = UUID(int=1), UUID(int=2)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def event(
    kind: str = "spillage", track: UUID | None = A, begin_s: float = 0, **more: Any
) -> SceneEvent:
    passer = None
    if track is not None:
        passer = Passer(
            track_id=1, track_uid=track, class_name="muck_truck", box=HERE, seen_at=at(begin_s),
            confidence=0.8, color="red",
        )  # fmt: skip
    fields: dict[str, object] = {
        "kind": kind, "camera_id": "gate", "camera_zone_id": "line", "started_at": at(begin_s),
        "raised_at": at(begin_s + 5), "box": HERE, "confidence": 0.7, "passer": passer,
    }  # fmt: skip
    return SceneEvent(**(fields | more))  # type: ignore[arg-type]  # a table of fields


def attribution(
    track: UUID = A, vehicle: str | None = "V1", camera: str = "gate", *, final: bool = False
) -> Attribution:
    return Attribution(
        camera_id=camera,
        track_uid=track,
        at=at(0),
        candidates=(Candidate(vehicle_id=vehicle or "V1", confidence=0.96 if vehicle else 0.5),),
        nobody=0.04 if vehicle else 0.5,
        vehicle_id=vehicle,
        final=final,
    )


def tell(
    *findings: Finding, state: BookState | None = None, now_s: float = 10
) -> tuple[BookState, list[AlertChange]]:
    """One after the other, the state stored and read again between any two."""
    state = state or BOOK.initial()
    changes: list[AlertChange] = []
    for finding in findings:
        state, more = BOOK.advance(decode_state(encode_state(state)), [finding], at(now_s))
        changes += more
    return state, changes


def standing(state: BookState) -> list[Alert]:
    return [alert for page in state.pages.values() for alert in page.alerts]


def test_the_truck_comes_as_one_amendment() -> None:
    state, told = tell(event(), attribution(), attribution(), attribution(final=True))
    assert [c.change for c in told] == [ChangeKind.RAISED, ChangeKind.AMENDED]
    [alert] = standing(state)
    assert (alert.vehicle_id, alert.plate, alert.company) == ("V1", "苏DA1231", "一号公司")
    assert (alert.camera_id, alert.nobody) == ("gate", 0.04)
    assert [c.vehicle_id for c in alert.candidates] == ["V1"]
    assert [(p.track_uid, p.class_name, p.color) for p in alert.passers] == [
        (A, "muck_truck", "red")
    ]
    assert told[0].alert.alert_id == told[1].alert.alert_id
    assert (told[0].alert.vehicle_id, told[0].alert.nobody) == (None, None)


def test_any_order_of_event_end_and_attribution_ends_the_same() -> None:
    findings: list[Finding] = [event(), event(ended_at=at(60)), attribution()]
    ends = set()
    for order in permutations(findings):
        state, told = tell(*order)
        [alert] = standing(state)
        assert len({c.alert.alert_id for c in told}) == 1
        # An event told again without its end goes on: the last word counts.
        ends.add((alert.vehicle_id, alert.nobody, alert.alert_id))
    assert len(ends) == 1


@pytest.mark.parametrize(
    ("told", "vehicle", "nobody"),
    [
        ([attribution(vehicle=None), attribution(vehicle="V2")], "V2", 0.04),
        ([attribution(vehicle="V2"), attribution(vehicle=None)], None, 0.5),
        ([attribution(vehicle="V1"), attribution(vehicle="V2", final=True)], "V2", 0.04),
        ([attribution(track=B)], None, None),
        ([attribution(camera="other")], None, None),
    ],
)
def test_a_later_attribution_replaces_an_earlier(
    told: list[Finding], vehicle: str | None, nobody: float | None
) -> None:
    state, _ = tell(event(), *told)
    [alert] = standing(state)
    assert (alert.vehicle_id, alert.nobody) == (vehicle, nobody)


def test_an_attribution_reaches_what_is_over_and_not_what_comes_much_later() -> None:
    state, _ = tell(event(ended_at=at(30)))
    state, told = tell(attribution(), state=state, now_s=3600)
    assert [(c.change, c.alert.vehicle_id) for c in told] == [(ChangeKind.AMENDED, "V1")]
    state, _ = tell(attribution(), now_s=500)
    assert state.attributions
    state, _ = tell(event(track=None, begin_s=1200), state=state, now_s=1200)
    assert state.attributions == {}


def test_all_events_of_a_passage_get_it() -> None:
    found = [event(), event("open_load"), event("body_raised", track=B)]
    state, _ = tell(*found, attribution())
    assert {a.kind: a.vehicle_id for a in standing(state)} == {
        "spillage": "V1",
        "open_load": "V1",
        "body_raised": None,
    }


def test_what_two_trucks_did_is_laid_at_neither() -> None:
    """The same place within the hold-back is one alert; here each passage was another truck."""
    again = event(track=B, begin_s=300)
    state, _ = tell(event(ended_at=at(60)), attribution(), again, now_s=310)
    [alert] = standing(state)
    assert (alert.vehicle_id, alert.occurrences, len(alert.passers)) == ("V1", 2, 2)
    state, _ = tell(attribution(B, "V2"), state=state, now_s=310)
    [alert] = standing(state)
    assert alert.vehicle_id is None
    assert [c.vehicle_id for c in alert.candidates] == ["V2"]


@pytest.mark.parametrize(
    ("kind", "tracks", "alerts"),
    [
        ("spillage", (A, B), 1),
        ("open_load", (A, B), 2),
        ("unknown_truck", (A, B), 2),
        ("terminal_silent", (A, A), 1),
        ("no_permit", (None, None), 2),
    ],
)
def test_who_passes_is_joined_by_passage_only(
    kind: str, tracks: tuple[UUID | None, UUID | None], alerts: int
) -> None:
    first, second = (
        event(kind, track, 40 * n, ended_at=at(40 * n + 10)) for n, track in enumerate(tracks)
    )
    state, _ = tell(first, second, now_s=60)
    assert len(standing(state)) == alerts


def test_what_befalls_a_camera_is_joined_in_time_whatever_its_picture() -> None:
    whole: dict[str, Any] = {"camera_zone_id": "", "track": None}
    down = event("camera_offline", box=(0, 0, 1920, 1080), ended_at=at(60), **whole)
    again = event("camera_offline", begin_s=600, box=(0, 0, 640, 360), **whole)
    state, _ = tell(down, again, event("camera_dark", begin_s=600, **whole), now_s=700)
    assert {(a.kind, a.occurrences) for a in standing(state)} == {
        ("camera_offline", 2),
        ("camera_dark", 1),
    }


def test_place_and_site_come_from_the_event_and_its_camera() -> None:
    track = tuple(
        TrackPoint(at=at(s), box=HERE, lon=119.95 + s * 1e-4, lat=31.71) for s in (-4, 0, 4)
    )
    state, _ = tell(event(lon=119.951, lat=31.711))
    [alert] = standing(state)
    assert (alert.lon, alert.lat, alert.zone_id) == (119.951, 31.711, "site-east")
    assert (alert.passers[0].lon, alert.passers[0].lat) == (None, None)
    state, _ = tell(msgspec.structs.replace(event(), track=track))
    [alert] = standing(state)
    assert (alert.lon, alert.lat) == (119.94, 31.70)
    assert (alert.passers[0].lon, alert.passers[0].lat) == (119.95, 31.71)


def test_what_an_earlier_version_kept_is_read() -> None:
    state, _ = tell(event())
    pages = msgspec.to_builtins(list(state.pages.values()))
    for page in pages:
        for kept in page["occurrences"]:
            for new in ("by_passage", "passer", "attribution"):
                del kept[new]
        for kept in page["alerts"]:
            for new in ("passers", "candidates", "nobody"):
                del kept[new]
    old = decode_state(msgspec.msgpack.encode(pages))
    assert [a.alert_id for a in standing(old)] == [a.alert_id for a in standing(state)]
    _, told = BOOK.advance(old, [event(ended_at=at(30))], at(31))
    assert [c.change for c in told] == [ChangeKind.ENDED]
