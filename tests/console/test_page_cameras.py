"""The page in a real browser: at whom a camera's alert is laid, who passed, how the cameras are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, expect

from alerts.alert import Alert, AlertChange, ChangeKind, PassedBy, Severity
from alerts.attribution import Candidate
from detection.sighting import Direction, Load, Sighting
from store.alert_reader import stored_alert
from store.batch import Batch
from store.camera_pictures import CameraPicture, put_camera_picture
from store.cameras import put_camera_state
from store.placements import Placement, PlacementState, put_placement
from store.sighting_reader import sighting as stored_sighting
from store.trip_writer import trip_id_of
from tests.console.conftest import served
from tests.console.test_page import CHROMIUM, Screen, browser
from tests.console.world import SITE, World, scene, utc_now
from tests.store.made import trip
from tests.store.seen import attribution, picture, sighting, track

__all__ = ["browser"]

pytestmark = [
    pytest.mark.servers,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}"),
]
GATE = SITE.cameras["gate-east"]
FIRST, SECOND, OTHER = (SITE.vehicles[vehicle] for vehicle in ("v01", "v02", "v05"))
CANDIDATES = (
    Candidate(vehicle_id="v01", confidence=0.62, distance_m=3.5, plate_read="similar"),
    Candidate(vehicle_id="v02", confidence=0.31, distance_m=14.2, plate_read="same"),
)


def passed(number: int, at: datetime, **changes: Any) -> Sighting:
    """A passage before the eastern gate with a real picture."""
    snapshot = msgspec.structs.replace(picture(scene(None, (300, 210, 660, 470))), captured_at=at)
    times: dict[str, Any] = {
        "at": at, "first_seen_at": at - timedelta(seconds=4),
        "last_seen_at": at + timedelta(seconds=3), "snapshot": snapshot,
        "lon": GATE.lon, "lat": GATE.lat,
    }  # fmt: skip
    return sighting(number, **(times | changes))


class Evening:
    """One passage laid by the rules, one in question, and a spill that the second may have left."""

    def __init__(self, world: World) -> None:
        now = utc_now()
        self.named = passed(0, now - timedelta(minutes=8))
        self.asked = passed(1, now - timedelta(minutes=3), plate=None, load=Load.OPEN)
        said = (
            attribution(0, "v01", at=self.named.at, final=True),
            attribution(1, None, at=self.asked.at, candidates=CANDIDATES, nobody=0.07),
        )
        world.writer.write(Batch(sightings=(self.named, self.asked), attributions=said))
        passer = PassedBy(
            track_uid=track(1), class_name="muck_truck", confidence=0.83, color="yellow",
            seen_at=self.asked.at, lon=GATE.lon, lat=GATE.lat,
        )  # fmt: skip
        self.spill = world.raise_alert(
            "spillage", self.asked.at + timedelta(seconds=9), severity=Severity.SERIOUS,
            camera_id=GATE.id, subject="road", lon=GATE.lon, lat=GATE.lat, confidence=0.8,
            suspected=True, passers=(passer,), candidates=CANDIDATES, nobody=0.07,
        )  # fmt: skip


@pytest.fixture
def evening(world: World) -> Evening:
    world.drive(utc_now())
    return Evening(world)


@pytest.fixture
def screen(browser: Browser, app: FastAPI, evening: Evening) -> Iterator[Screen]:
    with served(app) as url:
        screen = Screen(browser, url)
        yield screen
        screen.page.context.close()
    assert screen.wrong == []
    assert screen.foreign == []


def stored(world: World, alert: Alert) -> Any:
    found = stored_alert(world.conn, alert.alert_id)
    assert found is not None
    return found


def test_an_alert_is_laid_at_a_candidate_and_then_at_another(
    screen: Screen, world: World, evening: Evening
) -> None:
    page = screen.page
    card = page.locator(screen.card(evening.spill))
    laying = card.locator(".laying")
    expect(laying).to_have_attribute("data-state", "asked")
    expect(card.locator(".suspected")).to_have_text("疑似")
    rows = laying.locator(".candidates li")
    expect(rows).to_have_count(3)  # two trucks, and nobody
    expect(rows.nth(1)).to_contain_text(SECOND.plate)
    expect(rows.nth(1)).to_contain_text("31%")
    expect(rows.nth(1)).to_contain_text("相距 14 米 · 车牌相同")
    assert rows.nth(0).locator(".likely i").evaluate("bar => bar.style.width") == "62%"
    rows.nth(1).locator("button").click()
    page.keyboard.type("录像里看")
    amended = msgspec.structs.replace(evening.spill, occurrences=2)
    world.writer.write(Batch(changes=(AlertChange(change=ChangeKind.AMENDED, alert=amended),)))
    other = world.raise_alert("lid_open", utc_now(), vehicle_id="v05", lon=119.94, lat=31.70)
    expect(page.locator(screen.card(other))).to_be_visible()  # the note is still being written
    page.keyboard.type("得清")
    page.keyboard.press("Enter")
    expect(laying).to_have_attribute("data-state", "laid")
    expect(laying.locator(f".plate.{SECOND.plate_color.value}")).to_have_text(SECOND.plate)
    expect(laying).to_contain_text("operator 认定")
    expect(laying.locator("q")).to_have_text("录像里看得清")
    assert stored(world, evening.spill).shown.vehicle_id == "v02"
    # It was another one, of whom the rules said nothing.
    card.locator("header").click()
    laying.locator("[data-action=again]").click()
    laying.locator("input[name=plate]").fill(OTHER.plate)
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")  # without a note
    expect(laying.locator(".laid-at .plate")).to_have_text(OTHER.plate)
    laying.locator("[data-action=again]").click()
    laying.locator("[data-vehicle='']").locator("button").click()
    laying.locator(".decide .primary").click()
    expect(laying).to_have_attribute("data-state", "nobody")
    said = stored(world, evening.spill)
    assert (said.shown.vehicle_id, said.attributed_by) == (None, "operator")


def test_an_alert_is_found_true_and_then_false(
    screen: Screen, world: World, evening: Evening
) -> None:
    page = screen.page
    card = page.locator(screen.card(evening.spill))
    card.locator("[data-action=confirm]").click()
    expect(card).to_have_count(0)  # it waits no more
    page.locator("[data-tab=handled]").click()
    expect(card.locator(".found.true")).to_have_text("属实")
    expect(card.locator(".done")).to_contain_text("核实属实")
    assert stored(world, evening.spill).verdict.true is True
    card.locator("header").click()
    expect(card.locator("[data-action=confirm]")).to_have_count(0)
    card.locator("[data-action=dismiss]").click()
    page.keyboard.press("Enter")
    expect(card.locator(".done")).to_contain_text("判为误报")
    assert stored(world, evening.spill).verdict.true is False


def test_passages_are_listed_live_and_laid(screen: Screen, world: World, evening: Evening) -> None:
    page = screen.page
    page.locator("[data-view=passages]").click()
    cards = page.locator("#passages .passage")
    expect(cards).to_have_count(2)
    named, asked = (
        page.locator(f"#thing-{seen.sighting_id}") for seen in (evening.named, evening.asked)
    )
    for text in (GATE.name, "苏DA1234", "90%", "黄色渣土车", "密闭", "km/h", FIRST.plate):
        expect(named).to_contain_text(text)
    expect(named.locator(".plate[data-doubtful=false]").first).to_have_text("苏DA1234")
    expect(asked).to_contain_text("车牌未读出")
    expect(asked).to_contain_text("待认定,2 辆嫌疑车")
    assert named.locator("img").evaluate("i => i.decode().then(() => i.naturalWidth)") == 1280
    fresh = passed(2, utc_now(), direction=Direction.IN, load=None, plate=None)
    world.writer.write(Batch(sightings=(fresh,)))
    expect(cards).to_have_count(3)  # without reload
    expect(cards.first).to_have_id(f"thing-{fresh.sighting_id}")
    expect(cards.first.locator(".direction")).to_have_text("进")
    asked.locator("h3").click()
    expect(page.locator(".mark.passed")).to_have_count(1)
    asked.locator(".candidates [data-vehicle=v01] button").click()
    asked.locator(".decide.lay .primary").click()
    expect(asked.locator(".laying")).to_have_attribute("data-state", "laid")
    said = stored_sighting(world.conn, evening.asked.sighting_id)
    assert said is not None
    assert said.vehicle_id == "v01"
    assert stored(world, evening.spill).shown.vehicle_id == "v01"  # the spill is of that passage
    select = page.locator("#passages-filter select")
    select.select_option("hotspot-canal")
    expect(cards).to_have_count(0)
    select.select_option(GATE.id)
    expect(cards).to_have_count(3)


def test_from_an_alert_to_its_passage_to_the_trip(
    screen: Screen, world: World, evening: Evening
) -> None:
    page, at = screen.page, evening.named.at
    began = at - timedelta(minutes=12)
    moved = trip(vehicle_id="v01", began_at=began, left_at=at, ended_at=None, arrived_at=None)
    world.writer.write(Batch(trips=(moved,)))
    page.locator(screen.card(evening.spill)).locator("header").click()
    page.locator(f"{screen.card(evening.spill)} [data-action=passage]").click()
    asked = page.locator(f"#thing-{evening.asked.sighting_id}")
    expect(asked).to_have_attribute("aria-expanded", "true")
    asked.locator("[data-action=alerts]").click()
    expect(page.locator(screen.card(evening.spill))).to_have_attribute("aria-expanded", "true")
    expect(page.locator(".mark.passed")).to_have_count(0)
    page.locator("[data-view=passages]").click()
    named = page.locator(f"#thing-{evening.named.sighting_id}")
    named.locator("h3").click()
    named.locator("[data-action=trip]").click()
    expect(page.locator("#focus")).to_contain_text(FIRST.plate)
    expect(page.locator(".mark.passed")).to_have_count(1)
    assert trip_id_of("v01", began)
    page.keyboard.press("Escape")


def test_the_cameras_their_faults_and_a_new_placement(
    screen: Screen, world: World, evening: Evening
) -> None:
    page, now = screen.page, utc_now()
    page.locator("[data-view=cameras]").click()
    expect(page.locator("#cameras .camera-card").first).to_have_attribute("data-state", "frozen")
    figures = {"analysed_fps": 4.86, "frames_dropped": 7, "awake_share": 0.23, "lag_s": 0.31}
    put_camera_state(world.conn, GATE.id, "online", 9000, 800, None, figures)
    world.raise_alert(
        "camera_blocked", now, camera_id=GATE.id, lon=GATE.lon, lat=GATE.lat, subject=""
    )
    put_camera_picture(
        world.conn,
        CameraPicture(
            camera_id=GATE.id, captured_at=now, width_px=1280, height_px=720,
            content=scene(None, None),
        ),
    )  # fmt: skip
    put_placement(
        world.conn,
        Placement(
            camera_id=GATE.id, placement_id="moved", state=PlacementState.ASKED, placed_at=now,
            placed_by="rules", lon=GATE.lon, lat=GATE.lat,
        ),
    )  # fmt: skip
    card = page.locator(f"#camera-{GATE.id}")
    expect(card.locator("[data-fault=blocked]")).to_have_text("镜头遮挡")
    expect(card.locator("[data-figure=rate] b")).to_have_text("4.9 帧/秒")
    expect(card.locator("[data-figure=dropped] b")).to_have_text("7")
    expect(card.locator("[data-figure=awake] b")).to_have_text("23%")
    assert card.locator("img").evaluate("i => i.decode().then(() => i.naturalWidth)") == 1280
    expect(page.locator(".camera[data-faulty=true][data-asked=true]")).to_have_count(1)
    put_camera_state(world.conn, GATE.id, "offline", 9000, 800, "no answer", figures)
    expect(page.locator("#cameras .camera-card").first).to_have_id(f"camera-{GATE.id}")
    expect(card.locator(".badge")).to_have_text("离线")
    expect(card).to_contain_text("no answer")
    link = card.locator(".asks a")
    expect(link).to_have_attribute("href", f"placing.html?camera={GATE.id}")
    drawn = Placement(
        camera_id=GATE.id, placement_id="drawn", state=PlacementState.DRAWN, placed_at=utc_now(),
        placed_by="operator", lon=GATE.lon, lat=GATE.lat, heading_deg=10.0, zones=GATE.zones,
    )  # fmt: skip
    put_placement(world.conn, drawn)
    expect(card.locator(".asks")).to_have_count(0)
    page.locator(".camera[data-state=frozen]").click()  # on the map
    opened = page.locator("#cameras [aria-expanded=true]")
    expect(opened).to_have_attribute("data-state", "frozen")
    opened.locator("[data-action=passages]").click()
    expect(page.locator("#passages .empty")).to_be_visible()
