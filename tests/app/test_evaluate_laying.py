"""Sightings of a clip laid at trucks by the folder's positions, and what that shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from app.evaluation.judgement import judge
from app.evaluation.laying import lay
from app.evaluation.outcome import ClipOutcome
from app.evaluation.truth import Clip, Condition, EvaluationSet, Source, TrueEvent, TruePassage
from config.site_files import load_site, read_site_folder
from detection.sighting import Direction, PlateReading, Sighting, sighting_id
from tests.app.evaluate_folder import SITE_TOML

T0 = datetime(2026, 5, 1, 2, tzinfo=UTC)
LON, LAT = 119.95, 31.70
BOX = (200.0, 100.0, 400.0, 300.0)
CAMERA = f"""
[[camera]]
id = "gate"
name = "门"
stream_url = ""
lon = {LON}
lat = {LAT}
heading_deg = 0
role = "gate"
[[camera.zone]]
id = "line"
kind = "gate_line"
points = [[0.2, 0.5], [0.8, 0.5]]
"""
VEHICLES = """vehicle_id,plate,plate_color,kind,company_id,terminal_id
t0,苏D10000,yellow,muck,c1,term-0
t1,苏D10001,yellow,muck,c1,term-1
t2,苏D10002,yellow,muck,c1,term-2
"""


def sighting(number: int, at_s: float, plate: str | None = None) -> Sighting:
    at, track = T0 + timedelta(seconds=at_s), UUID(int=number)
    return Sighting(
        sighting_id=sighting_id(track, "line"), camera_id="gate", line_id="line", track_uid=track,
        at=at, first_seen_at=at, last_seen_at=at, direction=Direction.OUT,
        class_name="muck_truck", class_confidence=0.9, speed_kmh=20.0, heading_deg=90.0,
        lon=LON, lat=LAT, uncertainty_m=2.0, box=BOX,
        plate=PlateReading(text=plate, reliability=0.99, readings=5) if plate else None,
    )  # fmt: skip


@pytest.fixture
def evaluation(tmp_path: Path) -> EvaluationSet:
    """t0 drives east past the gate at 40 s, t1 stands 3 km away, t2 sends nothing."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "site.toml").write_text(SITE_TOML, "utf-8")
    (site / "cameras.toml").write_text(CAMERA, "utf-8")
    (site / "companies.csv").write_text("company_id,name\nc1,一号\n", "utf-8")
    (site / "vehicles.csv").write_text(VEHICLES, "utf-8")
    rows = []
    for second in range(0, 90, 5):
        at = (T0 + timedelta(seconds=second)).isoformat()
        east = (second - 40) * 20 / 3.6 / 94_600
        rows.append(f"t0,{at},{LON + east:.7f},{LAT},20,90")
        rows.append(f"t1,{at},{LON},{LAT + 0.03},0,0")
    positions = tmp_path / "positions.csv"
    positions.write_text(
        "vehicle_id,time,lon,lat,speed_kmh,course_deg\n" + "\n".join(rows), "utf-8"
    )
    clip = Clip("a", "gate", "a", Condition.DAY, Source.SYNTHETIC, 90, 640, 360, T0)
    return EvaluationSet(
        folder=tmp_path,
        site=load_site(read_site_folder(site)),
        clips=(clip,),
        events=(TrueEvent("a", "terminal_silent", 60, 60, 65, BOX, "t2"),),
        passages=(
            TruePassage("a", 40, Direction.OUT, "t0", class_name="muck_truck"),
            TruePassage("a", 60, Direction.OUT, "t2", "苏D10002", class_name="muck_truck"),
        ),
        positions=positions,
    )


def outcome(*sightings: Sighting) -> dict[str, ClipOutcome]:
    told = ClipOutcome(clip="a", events=(), sightings=sightings, analysed=1, detected=1, cpu_s=1)
    return {"a": told}


def test_who_passed_is_named_and_who_sends_nothing_is_found(evaluation):
    outcomes = outcome(sighting(1, 40.5), sighting(2, 60.5, "苏D10002"))
    judged = judge(evaluation, evaluation.clips, outcomes)
    (passages,) = [r for r in judged.layings if r.what == "passage" and r.condition == "all"]
    assert (passages.count, passages.right, passages.named_wrong) == (2, 2, 0)
    (silent,) = [
        r for r in judged.events.rows if (r.kind, r.condition) == ("terminal_silent", "all")
    ]
    assert (silent.events, silent.found, silent.false) == (1, 1, 0)
    (laid,) = [r for r in judged.layings if r.what == "terminal_silent" and r.condition == "all"]
    assert (laid.count, laid.right) == (1, 1)


def test_without_positions_nobody_is_asked_for(evaluation, tmp_path):
    evaluation.positions.unlink()
    bare = EvaluationSet(
        tmp_path, evaluation.site, evaluation.clips, passages=evaluation.passages, positions=None
    )
    judged = judge(bare, bare.clips, outcome(sighting(1, 40.5)))
    assert judged.layings == ()
    assert judged.passages.rows[-1].found == 1
    assert judged.summary()["attribution"] == []


def test_whose_positions_are_of_another_clips_time_was_not_silent(evaluation):
    """The file is an extract: of that truck nothing is known at this time."""
    unread = outcome(sighting(1, 40.5), sighting(2, 60.5))
    (of_clip,) = lay(evaluation, evaluation.clips, unread).answers.values()
    before = of_clip[UUID(int=1)].candidates[0]
    next_day = (T0 + timedelta(days=1)).isoformat()
    with evaluation.positions.open("a", encoding="utf-8") as file:
        file.write(f"\nt2,{next_day},{LON},{LAT},0,0")
    (of_clip,) = lay(evaluation, evaluation.clips, unread).answers.values()
    after = of_clip[UUID(int=1)].candidates[0]
    assert (before.vehicle_id, after.vehicle_id) == ("t0", "t0")
    assert after.confidence > before.confidence
