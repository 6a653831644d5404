"""The report: one file, no network, every miss and false alarm with its pictures."""

from __future__ import annotations

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, sync_playwright

from app.evaluation.folder import read_evaluation_folder
from app.evaluation.judgement import judge
from app.evaluation.kept_outcomes import KeptOutcomes
from app.evaluation.report.cases import Case, fair_share
from app.evaluation.report.stills import close_up, stills
from app.evaluation.report.write import words, write_report
from app.evaluation.run import run_clips
from config.settings import VisionSettings
from tests.app.evaluate_folder import SECONDS, write_folder
from tests.app.test_evaluate_score import clip

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As drawn, and one event that nobody can see."""
    folder = write_folder(tmp_path_factory.mktemp("evaluation") / "set")
    with (folder / "events.csv").open("a", encoding="utf-8") as events:
        events.write("quiet.avi,spillage,5,6,,20,140,60,160,,,soil</script>\n")
    return folder


@pytest.fixture(scope="module")
def report(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    evaluation = read_evaluation_folder(folder)
    kept = KeptOutcomes(tmp_path_factory.mktemp("kept"))
    run = run_clips(evaluation, evaluation.clips, VisionSettings(), kept)
    path = tmp_path_factory.mktemp("report") / "report.html"
    written = write_report(path, evaluation, judge(evaluation, evaluation.clips, run.outcomes))
    assert (written.cases, written.left_out, written.bytes) == (2, 0, path.stat().st_size)
    return path


def test_the_file_needs_nothing_else(report):
    text = report.read_text("utf-8")
    assert not re.findall(r'(?:src|href)="(?!data:)[^"]*"', text)
    assert "connect-src" not in text
    assert "default-src 'none'" in text
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)
    cases = json.loads(data)["cases"]
    assert [(c["what"], c["kind"], c["clip"]) for c in cases] == [
        ("miss", "spillage", "quiet.avi"),
        ("false", "illegal_dumping", "bin.avi"),
    ]
    assert [[p["moment"] for p in c["pictures"]] for c in cases] == [["before", "at", "after"]] * 2


def test_both_languages_know_every_word(report):
    chinese, english = words("zh-CN"), words("en")
    assert list(chinese) == list(english)
    assert all(chinese.values())
    holes = re.compile(r"\{\w+\}")
    for key in chinese:
        assert sorted(holes.findall(chinese[key])) == sorted(holes.findall(english[key])), key


def test_stills_are_the_pictures_of_their_moment(folder):
    frames = stills(folder / "bag.avi", [-3, 2, 8.1, SECONDS + 5])
    dark = {at: frames[at][135:145, 155:165].mean() < 60 for at in frames}
    assert dark == {-3: False, 2: False, 8.1: True, SECONDS + 5: True}


def test_a_close_up_stays_within_the_picture():
    image = np.zeros((180, 320, 3), np.uint8)
    cv2.rectangle(image, (300, 160), (319, 179), (255, 255, 255), -1)
    address, (x1, y1, x2, y2) = close_up(image, {"told": (300, 160, 320, 180)})
    assert address.startswith("data:image/jpeg;base64,")
    assert (x1, y1, x2, y2) == (200, 60, 320, 180)


def test_too_many_cases_share_the_room():
    def case(kind: str) -> Case:
        return Case(clip("a"), "miss", kind, "", "", 1.0, None, {}, ())

    many, few = [case("spillage") for _ in range(20)], [case("open_load") for _ in range(2)]
    kept = fair_share([*many, *few], 8)
    assert [k.kind for k in kept] == ["spillage"] * 6 + ["open_load"] * 2
    assert kept[0] is many[0]


@pytest.fixture
def page(report: Path):
    if not CHROMIUM.exists():
        pytest.skip("no chromium here")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        failed: list[str] = []
        page.on("pageerror", lambda error: failed.append(str(error)))
        page.on("console", lambda m: failed.append(m.text) if m.type == "error" else None)
        page.goto(report.as_uri())
        page.wait_for_selector("body[data-ready]")
        yield page
        assert failed == []
        browser.close()


@pytest.mark.browser
def test_a_person_reads_it_in_both_languages(page: Page):
    assert page.locator("#title").inner_text().startswith("set")
    # Rendered and composited stand apart, each with its own table.
    assert page.locator(".source").evaluate_all("all => all.map(s => s.dataset.source)") == [
        "composite",
        "synthetic",
    ]
    assert "偷倒乱倒" in page.locator("[data-source=synthetic]").inner_text()
    page.click("#tab-cases")
    assert page.locator(".case").count() == 2
    shown = page.locator(".case img").evaluate_all("all => all.map(i => i.naturalWidth > 0)")
    assert shown == [True] * 12
    page.click("[data-chip=miss]")
    assert page.locator(".case").count() == 1
    assert "soil</script>" in page.locator(".case").inner_text()
    page.click("#language")
    page.click("#tab-scores")
    assert "Illegal dumping" in page.locator("[data-source=synthetic]").inner_text()
