"""The backtest's report: what it holds, and what a person sees and does in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
import shapely
from playwright.sync_api import Browser, Page, expect, sync_playwright

from alerts.alert import Alert, Severity
from app.backtest import backtest, in_batches
from app.backtest_compare import compare
from app.backtest_input import ALWAYS, RecordedSource, Window
from app.report.choice import Shown
from app.report.data import Side
from app.report.deciding import BINS, DURATION, MEASURES, histograms
from app.report.document import words
from app.report.pieces import AFTER, BEFORE, DEGREE, DURING, drawn
from app.report.write import Report, write_report
from config.site_files import load_site, read_site_folder
from geofence.finding import RoundState, TripOutcome
from ingest.position import Quality
from tests.app.backtest_world import LAT, LON, T0, recorded, site_of

CHROMIUM = Path("/usr/bin/chromium")
STRICT = "[rules.restricted_zone]\nhold_s = 115\n"


def alert(number: int, begin_s: float, end_s: float | None, **more: Any) -> Alert:
    fields: dict[str, Any] = {
        "kind": "off_route", "severity": Severity.WARNING, "vehicle_id": "t0", "camera_id": None,
        "subject": "p", "raised_at": T0 + timedelta(seconds=begin_s + 30), "lon": LON, "lat": LAT,
    }  # fmt: skip
    return Alert(
        alert_id=UUID(int=number), started_at=T0 + timedelta(seconds=begin_s),
        ended_at=None if end_s is None else T0 + timedelta(seconds=end_s), **fields | more,
    )  # fmt: skip


def source(drives: int = 2) -> RecordedSource:
    return RecordedSource("t.csv", None, lambda: recorded(drives), *ALWAYS)


def written(
    tmp_path: Path, *, compared: bool = False, most: int = 5000
) -> tuple[Path, Report, list[Alert]]:
    sites = [load_site(read_site_folder(site_of(tmp_path / "now")))]
    if compared:
        sites.append(load_site(read_site_folder(site_of(tmp_path / "trial", STRICT))))
    results = backtest(sites, in_batches(recorded(2)))
    path = tmp_path / "report.html"
    sides = [Side(name, s, r) for name, s, r in zip(("now", "trial"), sites, results, strict=False)]
    comparison = compare(results[0].alerts, results[1].alerts) if compared else None
    b = sides[1] if compared else None
    told = write_report(path, source(), sides[0], b, comparison=comparison, most=most)
    return path, told, results[0].alerts


def data_of(path: Path) -> dict[str, Any]:
    found = re.search(r'id="data">(.*?)</script>', path.read_text("utf-8"), re.DOTALL)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_a_piece_of_track_is_short_and_true(tmp_path: Path) -> None:
    told = alert(1, 300, 500)
    fixes = [p for p in recorded(1) if p.vehicle_id == "t0"]
    stray = msgspec.structs.replace(fixes[40], fix_time=fixes[40].fix_time + timedelta(seconds=1),
                                    lon=LON + 1)  # fmt: skip
    parts = drawn(told, [*fixes, stray])
    assert [part[0] for part in parts] == [BEFORE, DURING, AFTER]
    points = []
    for _, *flat in parts:
        rows = [flat[i : i + 3] for i in range(0, len(flat), 3)]
        lon, lat, t = (sum(r[0] for r in rows[:1]) for _ in range(3))
        for n, row in enumerate(rows):
            lon, lat, t = row if n == 0 else (lon + row[0], lat + row[1], t + row[2])
            points.append((lon / DEGREE, lat / DEGREE, t))
    assert len(points) < len(fixes) / 2
    line = shapely.LineString([p[:2] for p in points])
    off = [line.distance(shapely.Point(p.lon, p.lat)) * 111_195 for p in fixes]
    assert max(off) < 7  # the tolerance, and half a step of rounding
    assert all(a[2] <= b[2] for a, b in pairwise(points))
    assert points[0][2] == round((fixes[0].fix_time - told.started_at).total_seconds())


def test_a_gap_parts_a_track() -> None:
    fixes = [p for p in recorded(1) if p.vehicle_id == "t0"]
    parts = drawn(alert(1, 100, 800), [*fixes[:30], *fixes[65:]])
    assert [part[0] for part in parts] == [BEFORE, DURING, DURING, AFTER]


def test_windows_that_overlap_each_get_all_their_fixes() -> None:
    fixes = list(recorded(2))
    spans = [
        ("t0", 0, 300),
        ("t0", 200, 900),
        ("t1", 250, 260),
        ("t9", 0, 100),
        ("t2", 11_000, 1e6),
    ]
    windows = [Window(v, T0 + timedelta(seconds=a), T0 + timedelta(seconds=b)) for v, a, b in spans]
    found = dict(source().pieces(windows))
    for window in windows[:3] + windows[4:]:
        wanted = [p for p in fixes if p.vehicle_id == window.vehicle_id]
        assert found[window] == [p for p in wanted if window.begin <= p.fix_time <= window.end]
    assert windows[3] not in found


def test_histograms_count_every_alert_against_the_threshold_in_force() -> None:
    def off(number: int, far_m: float, by: str) -> Shown:
        values = {"max_distance_m": far_m, "half_width_m": 50.0, "duration_s": 200.0}
        parameters = {"far_m": 30.0 if by == "b" else 50.0, "hold_s": 180.0}
        return Shown(alert(number, 0, 9, values=values, parameters=parameters), by)

    beyond, duration = histograms(
        [off(n, 100.0 + n, "b" if n % 4 == 0 else "a") for n in range(100)]
    )
    assert (beyond["name"], duration["name"]) == ("beyond_edge_m", "duration_s")
    assert beyond["thresholds"] == {"a": 50.0, "b": 30.0}
    assert duration["thresholds"] == {"a": 180.0, "b": 180.0}
    assert len(beyond["counts"]) == BINS
    assert [sum(c[i] for c in beyond["counts"]) for i in range(3)] == [75, 0, 25]
    at = next(i for i, edge in enumerate(beyond["edges"]) if edge >= 100)
    over = sum(sum(c) for c in beyond["counts"][at:])
    assert over == sum(50 + n >= beyond["edges"][at] for n in range(100))
    assert histograms([Shown(alert(1, 0, None))]) == []


def test_the_report_says_what_it_leaves_out(tmp_path: Path) -> None:
    path, told, found = written(tmp_path, most=4)
    assert (told.alerts, told.left_out) == (4, len(found) - 4) == (4, 2)
    data = data_of(path)
    assert (data["total"], data["left_out"]) == (6, {"restricted_zone": 2})
    assert sum(map(sum, data["histograms"][0]["counts"])) == 6  # all of them all the same
    assert all(a["track"] for a in data["alerts"])
    assert {r["vehicles"] for r in data["summary"]["a"]} == {3}


def test_names_cannot_break_out_of_the_data(tmp_path: Path) -> None:
    site = load_site(read_site_folder(site_of(tmp_path / "s", "")))
    path = tmp_path / "r.html"
    (result,) = backtest([site], in_batches(recorded(1)))
    write_report(path, source(1), Side("</script><b>%%main%%", site, result))
    assert data_of(path)["names"]["a"] == "</script><b>%%main%%"


def test_both_languages_have_the_same_words() -> None:
    zh, en = words("zh-CN"), words("en")
    assert zh.keys() == en.keys()
    counted = {
        "quality": [q.name.lower() for q in Quality],
        "trip": TripOutcome,
        "round": RoundState,
    }
    assert {f"{group}.{name}" for group, names in counted.items() for name in names} <= zh.keys()
    measures = [DURATION, *(m for group in MEASURES.values() for m in group)]
    assert {f"measure.{m.name}" for m in measures} <= zh.keys()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--no-first-run"]
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page on which nothing may go wrong, and which may ask for nothing but itself."""
    page = browser.new_context(viewport={"width": 1600, "height": 900}).new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda m: wrong.append(m.text) if m.type in {"error", "warning"} else None)
    page.on(
        "request",
        lambda r: None if r.url.startswith(("data:", "file:")) else wrong.append(r.url),
    )
    yield page
    assert wrong == []


def shown(page: Page, path: Path) -> None:
    page.goto(path.as_uri())
    page.wait_for_selector("body[data-ready=true]")


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}")
class TestInABrowser:
    def test_choosing_an_alert_says_why_and_shows_its_track(
        self, tmp_path: Path, page: Page
    ) -> None:
        path, _, found = written(tmp_path)
        shown(page, path)
        expect(page.locator("#title")).to_contain_text("测试区")
        expect(page.locator(".item")).to_have_count(6)
        expect(page.locator(".stamp")).to_have_count(0)
        page.locator(f'.item[data-id="{found[2].alert_id}"]').click()
        expect(page.locator(".why p").first).to_contain_text("渣土车驶入限行区域 closed")
        expect(page.locator(".why p").nth(1)).to_contain_text("restricted zone closed")
        expect(page.locator("#detail")).to_contain_text("判定时长")
        expect(page.locator(".stamp").first).to_be_visible()
        page.locator("#list").press("ArrowDown")
        expect(page.locator('.item[aria-selected="true"]')).to_have_attribute(
            "data-id", str(found[3].alert_id)
        )
        page.locator("#language").click()
        expect(page.locator("#detail")).to_contain_text("Thresholds in force")

    def test_filters(self, tmp_path: Path, page: Page) -> None:
        path, _, _ = written(tmp_path)
        shown(page, path)
        page.fill("#search", "苏D00001")
        expect(page.locator(".item")).to_have_count(2)
        expect(page.locator("#count")).to_have_text("2 / 6 条告警")
        page.fill("#search", "nobody")
        expect(page.locator("#list")).to_contain_text("没有告警")
        page.fill("#search", "")
        days = page.locator("#day option").all_text_contents()
        assert days[1:] == ["2026-11-01"]
        page.click('#kinds button[data-kind="restricted_zone"]')
        expect(page.locator(".item")).to_have_count(6)

    def test_two_configurations(self, tmp_path: Path, page: Page) -> None:
        path, _, found = written(tmp_path, compared=True)
        data = data_of(path)
        only_a = data["comparison"][0]["only_a"]
        assert 0 < only_a < len(found)
        shown(page, path)
        page.click('#sets button[data-by="a"]')
        expect(page.locator(".item")).to_have_count(only_a)
        page.click('#sets button[data-by="both"]')
        page.locator(".item").first.click()
        expect(page.locator("#detail .differs").first).to_be_visible()
        page.click("#tab-tuning")
        expect(page.locator("#tuning")).to_contain_text("restricted_zone.hold_s")
        page.locator(".histogram .hit").first.hover()
        expect(page.locator(".reading").first).to_contain_text("共 6 条")

    def test_thousands_of_alerts_are_no_burden_to_the_page(
        self, tmp_path: Path, page: Page
    ) -> None:
        site = load_site(read_site_folder(site_of(tmp_path / "s")))
        (result,) = backtest([site], in_batches(recorded(1)))
        first = result.alerts[0]
        many = [
            msgspec.structs.replace(
                first,
                alert_id=UUID(int=n),
                lon=first.lon + n * 1e-6,
                vehicle_id=first.vehicle_id if n % 100 == 0 else None,  # no track: made faster
            )
            for n in range(5400)
        ]
        path = tmp_path / "r.html"
        told = write_report(
            path, source(1), Side("now", site, msgspec.structs.replace(result, alerts=many))
        )
        assert (told.alerts, told.left_out) == (5000, 400)
        shown(page, path)
        expect(page.locator("#count")).to_contain_text("400")
        assert page.locator(".item").count() < 60  # only what is in sight exists
        page.evaluate("document.getElementById('list').scrollTop = 1e9")
        expect(page.locator(f'.item[data-id="{UUID(int=5398)}"]')).to_be_visible()
