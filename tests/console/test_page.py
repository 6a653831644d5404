"""The page in a real browser: what an operator sees and does."""

from __future__ import annotations

import json
import math
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect, sync_playwright

from alerts.alert import Alert, AlertChange, ChangeKind
from alerts.kind import ALERT_KINDS
from geofence.finding import RoundState, SegmentState, TripOutcome
from store.alert_reader import stored_alert
from store.batch import Batch
from store.round_writer import round_id_of
from store.trip_writer import trip_id_of
from tests.console.conftest import USER, served
from tests.console.shift import Shift
from tests.console.world import SITE, World, utc_now

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",  # the tests may run as root
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
change = msgspec.structs.replace
WEB = Path(__file__).parents[2] / "console/web"

pytestmark = [
    pytest.mark.servers,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


class Screen:
    """A page of the console, and all that went wrong on it or left it."""

    def __init__(self, browser: Browser, url: str) -> None:
        context = browser.new_context(
            viewport={"width": 1920, "height": 1080},
            http_credentials={"username": USER[0], "password": USER[1]},
            reduced_motion="reduce",
        )
        self.page: Page = context.new_page()
        self.wrong: list[str] = []
        self.foreign: list[str] = []
        origin = urlsplit(url).netloc

        def asked(address: str) -> None:
            if urlsplit(address).scheme != "data" and urlsplit(address).netloc != origin:
                self.foreign.append(address)

        self.page.on("request", lambda request: asked(request.url))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on(
            "console",
            lambda m: self.wrong.append(m.text) if m.type in {"error", "warning"} else None,
        )
        self.page.goto(url)
        self.page.wait_for_selector("body[data-ready=true]")

    def card(self, alert: Alert) -> str:
        return f"#alert-{alert.alert_id}"


def wait_until(holds: Callable[[], bool], within_s: float = 30) -> None:
    """Playwright's own wait_for_function needs eval, which the page's policy rightly forbids."""
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture
def screen(browser: Browser, app: FastAPI, world: World) -> Iterator[Screen]:
    now = utc_now()
    world.drive(now)
    world.alerts = world.evening(now)  # type: ignore[attr-defined]  # for the tests below
    with served(app) as url:
        screen = Screen(browser, url)
        yield screen
        screen.page.context.close()
    assert screen.wrong == []
    assert screen.foreign == []


def test_an_operator_sees_the_district_and_acknowledges(screen: Screen, world: World) -> None:
    page, alert = screen.page, world.alerts["off_route"]  # type: ignore[attr-defined]
    expect(page.locator("#site-name")).to_have_text("武进演示区")
    expect(page.locator("#count-online")).to_have_text("40/40")
    expect(page.locator("#count-cameras")).to_have_text("3/4")
    expect(page.locator("#link")).to_have_attribute("data-state", "live")
    expect(page.locator(".camera[data-state=frozen]")).to_have_count(1)
    card = page.locator(screen.card(alert))
    expect(card).to_contain_text("偏离核准路线")
    expect(card).to_contain_text("苏D")
    expect(card).to_contain_text("184.2 m")
    card.click()
    expect(card).to_contain_text("路线半宽")
    page.locator(f"{screen.card(alert)} [data-action=acknowledge]").click()
    expect(card).to_have_count(0)
    expect(page.locator("#count-new")).to_have_text("3")
    page.locator("[data-tab=handled]").click()
    expect(card).to_contain_text("operator 于")
    stored = stored_alert(world.conn, alert.alert_id)
    assert stored is not None
    assert stored.status == "acknowledged"


def test_a_suspected_dumping_shows_its_pictures_with_boxes(screen: Screen, world: World) -> None:
    page, alert = screen.page, world.alerts["illegal_dumping"]  # type: ignore[attr-defined]
    card = page.locator(screen.card(alert))
    expect(card.locator(".suspected")).to_have_text("疑似")
    expect(card.locator(".thumb")).to_have_count(3)
    card.locator(".thumb").last.click()
    viewer = page.locator("#viewer")
    expect(viewer).to_be_visible()
    expect(viewer.locator("rect.object")).to_have_count(1)
    expect(viewer.locator("rect.passer")).to_have_count(1)
    expect(viewer).to_contain_text("黄色卡车")
    # Loaded, and the box lies where the detector said, in pixels of the picture.
    assert page.evaluate("document.querySelector('#viewer rect.object').getAttribute('x')") == "560"
    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()


def test_a_new_alert_and_moving_trucks_appear_without_reload(screen: Screen, world: World) -> None:
    page = screen.page
    picture = "document.querySelector('.leaflet-overlay-pane canvas').toDataURL()"
    before = page.evaluate(picture)
    world.drive(utc_now())
    wait_until(lambda: page.evaluate(picture) != before)
    alert = world.raise_alert(
        "lid_open", utc_now(), vehicle_id="v05", lon=119.94, lat=31.70, values={"speed_kmh": 31.0}
    )
    card = page.locator(screen.card(alert))
    expect(card).to_contain_text("顶盖未闭")
    expect(page.locator("#alerts > .alert").first).to_have_id(f"alert-{alert.alert_id}")
    expect(page.locator("#announcer")).to_contain_text("顶盖未闭")
    expect(page.locator("#count-new")).to_have_text("5")


def test_a_false_alarm_by_keyboard_alone(screen: Screen, world: World) -> None:
    page, alert = screen.page, world.alerts["restricted_zone"]  # type: ignore[attr-defined]
    page.locator(screen.card(alert)).focus()
    page.keyboard.press("w")
    page.keyboard.type("施工")
    other = world.raise_alert("lid_open", utc_now(), vehicle_id="v05", lon=119.94, lat=31.70)
    expect(page.locator(screen.card(other))).to_be_visible()  # and the note is still being written
    amended = msgspec.structs.replace(alert, occurrences=2)
    world.writer.write(Batch(changes=(AlertChange(change=ChangeKind.AMENDED, alert=amended),)))
    world.raise_alert("long_stop", utc_now(), vehicle_id="v06", lon=119.94, lat=31.70)
    expect(page.locator("#count-new")).to_have_text("6")  # told after it
    page.keyboard.type("改道")
    page.keyboard.press("Enter")
    page.locator("[data-tab=handled]").click()
    card = page.locator(screen.card(alert))
    expect(card).to_contain_text("判为误报")
    expect(card).to_contain_text("施工改道")


def day_before() -> datetime:
    """Ten at night: a whole shift ends then on one and the same day."""
    day = utc_now().astimezone(SITE.timezone) - timedelta(days=1)
    return day.replace(hour=22, minute=0, second=0, microsecond=0)


def test_a_trip_is_drawn_with_its_stops_and_alerts(screen: Screen, world: World) -> None:
    page, shift = screen.page, Shift(world, day_before())
    page.locator("[data-view=trips]").click()
    page.locator("#trips-day [data-step='-1']").click()
    expect(page.locator("#trips .trip")).to_have_count(19)
    expect(page.locator("#trips-summary .ok").first).to_have_text("16")
    page.locator("#trips-chips [data-state=dumped]").click()
    expect(page.locator("#trips .trip")).to_have_count(1)
    trip = shift.trips["dumped"]
    card = page.locator(f"#thing-{trip_id_of(trip.vehicle_id, trip.began_at)}")
    expect(card).to_contain_text("疑似偷倒")
    expect(card).to_contain_text("南塘中学扩建工地")
    expect(card).to_contain_text(f"{trip.distance_m / 1000:.1f} km")
    expect(card).to_contain_text(trip.permit_id or "")
    marks = [li.get_attribute("data-ok") for li in card.locator(".points li").all()]
    assert marks == ["true", "false", "false"]
    card.locator("header").click()
    expect(page.locator("#focus")).to_contain_text("20:00–20:36")
    expect(page.locator(".mark.stop")).to_have_count(2)
    expect(page.locator(".mark.alarm.serious")).to_have_count(1)
    expect(page.locator(".mark.end.dumped")).to_have_count(1)
    expect(page.locator(".leaflet-focus-pane path[stroke='#ffb224']")).to_have_count(1)
    expect(card).to_contain_text("应至 西郊消纳场")
    expect(card).to_contain_text("有效期至2030/12/31")
    card.locator(".links button").click()  # to the alert itself
    expect(page.locator("#view-alerts .alert[aria-expanded=true]")).to_contain_text("疑似偷倒")
    expect(page.locator("#focus")).to_be_hidden()
    expect(page.locator(".mark")).to_have_count(0)
    page.locator("[data-view=trips]").click()
    page.locator("#trips-chips [data-state=all]").click()
    gap = shift.trips["gap"]
    page.locator(f"#thing-{trip_id_of(gap.vehicle_id, gap.began_at)}").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-focus-pane path[stroke='#ff4d5e']")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("#focus")).to_be_hidden()


def test_a_round_is_drawn_segment_by_segment(screen: Screen, world: World) -> None:
    page, shift = screen.page, Shift(world, day_before())
    page.locator("[data-view=rounds]").click()
    page.locator("#rounds-day [data-step='-1']").click()
    expect(page.locator("#rounds .round")).to_have_count(4)
    told = shift.rounds["清扫-2"]
    card = page.locator(f"#thing-{round_id_of(told.plan_id, told.window_from)}")
    expect(card).to_contain_text(f"{math.floor(told.coverage * 1000) / 10:.1f}%")
    expect(card).to_contain_text("漏扫 2 段")
    expect(card.locator(".punctual")).to_have_text("时限内未完成")
    card.locator("header").click()
    colours = Counter({"#3ddc97": 0, "#ff4d5e": 2, "#ff9f2e": 1, "#ffe066": 1, "#c792ff": 1})
    colours["#3ddc97"] = len(told.segments) - 5
    for colour, count in colours.items():
        drawn = page.locator(f".leaflet-focus-pane path[stroke='{colour}']")
        expect(drawn).to_have_count(count)
    expect(card.locator(".segments button")).to_have_count(5)
    card.locator(".segments button").first.hover()
    thick = page.locator(".leaflet-focus-pane path[stroke='#ff4d5e'][stroke-width='12']")
    expect(thick).to_have_count(1)
    done = change(told, state=RoundState.DONE, coverage=1.0)
    world.writer.write(Batch(rounds=(done,)))
    expect(card).to_contain_text("100.0%")  # without reload
    expect(card).to_have_attribute("aria-expanded", "true")
    page.locator("#focus button").click()
    expect(page.locator(".leaflet-focus-pane path")).to_have_count(0)


def test_it_speaks_english_too(screen: Screen, world: World) -> None:
    page, alert = screen.page, world.alerts["off_route"]  # type: ignore[attr-defined]
    page.locator("#language").click()
    expect(page.locator(screen.card(alert))).to_contain_text("Off the permitted route")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.reload()
    expect(page.locator("#alerts-title")).to_have_text("Live alerts")


def test_it_says_when_it_is_cut_off(browser: Browser, app: FastAPI, world: World) -> None:
    with served(app) as url:
        screen = Screen(browser, url)
        expect(screen.page.locator("#link")).to_have_attribute("data-state", "live")
        expect(screen.page.locator("#banner")).to_be_hidden()
    expect(screen.page.locator("#banner")).to_be_visible()
    expect(screen.page.locator("#banner")).to_contain_text("中断")
    screen.page.context.close()


def test_every_word_is_there_in_both_languages_and_every_kind_has_a_name() -> None:
    chinese, english = (
        json.loads((WEB / f"i18n/{language}.json").read_text("utf-8"))
        for language in ("zh-CN", "en")
    )
    assert chinese.keys() == english.keys()
    source = "".join(path.read_text("utf-8") for path in (*WEB.glob("*.js"), WEB / "index.html"))
    used = set(re.findall(r'\bt\("([\w.]+)"', source)) | set(
        re.findall(r'data-i18n="([\w.]+)"', source)
    )
    assert len(used) > 40
    assert used <= chinese.keys()
    named = (("kind", ALERT_KINDS), ("outcome", TripOutcome), ("round", RoundState))
    for prefix, names in (*named, ("segment", SegmentState)):
        assert {f"{prefix}.{name}" for name in names} <= chinese.keys()
    for key, text in chinese.items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", english[key])), key
    for kind in ALERT_KINDS.values():  # webhooks and the backtest use the same words
        assert (chinese[f"kind.{kind.id}"], english[f"kind.{kind.id}"]) == (kind.zh, kind.en)
