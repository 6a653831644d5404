"""Labelled clips: the same seed gives the same clip, and what is true of it shows in its pixels."""

from __future__ import annotations

import csv
import itertools
import math
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from config.detector_classes import CLASS_NAMES
from config.site_files import load_site, read_site_folder
from demo.cameras.labelled import __main__ as command
from demo.cameras.labelled import composite, make, pictures
from demo.cameras.labelled.distractions import DISTRACTIONS
from demo.cameras.labelled.film import Film, write_video
from demo.cameras.labelled.gate_acts import fleet_passage
from demo.cameras.labelled.matter import MATTER, render_matter
from demo.cameras.labelled.place import LabelledPlace, gate, street
from demo.cameras.labelled.plan import CONDITIONS, EVENTS, ClipPlan, clips_of, take_of
from demo.cameras.labelled.positions import positions_of
from demo.cameras.labelled.register import FLEET_SIZE, fleet_of
from demo.cameras.labelled.take import Take
from demo.cameras.labelled.traffic import truck_shape
from demo.cameras.labelled.weather import Mood, Weather
from demo.scenes.backdrop import paint_place
from demo.scenes.light import Light
from demo.scenes.placed import Placed
from demo.scenes.stage import Stage

EVEN = Light("overcast", (0, 0, 1), 0, (1, 1, 1), 0)
SMALL = (320, 180)
HEADERS = {
    "clips": "clip,camera_id,scene,condition,source,seconds,width_px,height_px,starts_at",
    "events": "clip,kind,started_s,visible_s,ended_s,x1,y1,x2,y2,vehicle_id,plate,what,lon,lat",
    "distractors": "clip,what,started_s,ended_s",
    "passages": "clip,at_s,direction,vehicle_id,plate,plate_color,class_name,load,speed_kmh",
    "positions": "vehicle_id,time,lon,lat,speed_kmh,course_deg",
}


def _take(place: LabelledPlace, seconds: float, seed: int = 1, fps: int = 4) -> Take:
    rng = np.random.default_rng(seed)
    return Take(place, "a.mp4", "day", seconds, fps, rng, fleet_of(place.seed))


def _film(take: Take) -> Film:
    place = take.place
    scene = paint_place(place.view, place.road, place.around, np.random.default_rng(1))
    stage = Stage(place.view, scene.picture, EVEN, np.random.default_rng(2))
    return Film(take, stage, Weather(1, place.view, Mood(0.0, 0.0), take.disturbances))


def test_ten_seeds_give_twenty_events_of_all_hours():
    plans = [plan for seed in range(1, 11) for plan in clips_of(seed)]
    assert {plan.condition for plan in plans} == set(CONDITIONS)
    takes = [take_of(plan) for plan in plans]
    street_events = [
        event for take in takes for event in take.events
        if event.kind in ("spillage", "illegal_dumping")
    ]  # fmt: skip
    assert len(street_events) >= 19
    assert sum(len(take.distractors) for take in takes) >= 18
    assert len({plan.name for plan in plans}) == len(plans)


@pytest.mark.parametrize("kind", ["events", "gate"])
def test_the_same_plan_gives_the_same_clip(kind):
    plan = ClipPlan(10, kind, "rain")
    one, two = make.film_of(plan), make.film_of(plan)
    assert one.take.events == two.take.events
    assert one.take.distractors == two.take.distractors
    assert one.take.passages == two.take.passages
    for number in range(3):
        assert np.array_equal(one.frame(number), two.frame(number))


@pytest.mark.parametrize("what", EVENTS)
def test_an_event_shows_in_its_box_from_when_it_is_visible(what):
    for seed in range(1, 12):
        take = _take(street(seed, SMALL), 40.0, seed)
        if EVENTS[what](take, 12.0):
            break
    film = _film(take)
    frames = list(film.frames())
    one = film.seen[0]
    assert one.visible_s is not None
    assert one.planned.started_s <= one.visible_s < 39
    x1, y1, x2, y2 = one.box
    before, after = frames[0].astype(int), frames[-1].astype(int)
    changed = np.abs(after - before).max(axis=2) > 6
    assert changed[y1:y2, x1:x2].mean() > 0.12
    outside = changed.copy()
    outside[max(0, y1 - 9) : y2 + 9, max(0, x1 - 14) : x2 + 14] = False
    assert outside.mean() < 0.004  # all else has left, but for shadows of people far away
    seen = frames[math.ceil(one.visible_s * take.fps)].astype(int)[y1:y2, x1:x2]
    assert (np.abs(seen - before[y1:y2, x1:x2]).max(axis=2) > 6).mean() > 0.1
    early = frames[int((one.planned.started_s - 8) * take.fps)].astype(int)[y1:y2, x1:x2]
    if what not in ("van", "pile"):  # those who come may pass before the spot
        assert (np.abs(early - before[y1:y2, x1:x2]).max(axis=2) > 6).mean() < 0.5


@pytest.mark.parametrize(("what", "label"), [
    ("soil", "spill_solid"), ("slurry", "spill_liquid"), ("pile", "waste_pile"),
    ("bag", "bag"),
])  # fmt: skip
def test_a_drawing_boxes_what_lies_there_as_the_event_does(what, label):
    for seed in range(1, 12):
        take = _take(street(seed, SMALL), 40.0, seed)
        if EVENTS[what](take, 12.0):
            break
    film = _film(take)
    drawings = [film.drawing(n) for n in range(0, 160, take.fps)]
    assert not any(box.label == label for box in drawings[2].boxes)
    boxes = [(b.x1, b.y1, b.x2, b.y2) for b in drawings[-1].boxes if b.label == label]
    around = [min(b[0] for b in boxes), min(b[1] for b in boxes)]
    around += [max(b[2] for b in boxes), max(b[3] for b in boxes)]
    assert np.abs(np.array(around) - film.seen[0].box).max() <= 3
    again = _film(take)
    assert np.array_equal(drawings[0].image, again.frame(0))


def test_pictures_of_a_clip_hold_every_class_that_shows_in_it():
    plan = ClipPlan(2, "events", "rain")
    made = pictures.pictures_of(plan, 9)
    assert len(made) == 9
    film = make.film_of(plan)
    fps = film.take.fps
    drawings = [film.drawing(n) for n in range(0, round(film.take.seconds * fps), fps)]
    shown = {box.label for drawing in drawings for box in drawing.boxes}
    assert {CLASS_NAMES[c] for _, boxes in made for c, *_ in boxes} == shown
    for picture, boxes in made:
        height, width = picture.shape[:2]
        assert (height, width) in ((320, 320), (360, 640))
        assert all(0 <= x1 < x2 <= width and 0 <= y1 < y2 <= height for _, x1, y1, x2, y2 in boxes)


@pytest.mark.parametrize(("val", "why"), [
    ("6-7", "seed is one street"), ("990-1000", "none is trained on"),
])  # fmt: skip
def test_no_street_is_trained_on_and_measured_on(val, why, capsys, monkeypatch, tmp_path):
    argv = ["pictures", "--out", str(tmp_path / "set"), "--train", "4-6", "--val", val]
    monkeypatch.setattr("sys.argv", argv)
    with pytest.raises(SystemExit):
        pictures.main()
    assert why in capsys.readouterr().err


@pytest.mark.parametrize("what", DISTRACTIONS)
def test_a_distraction_is_told_and_leaves_no_event(what):
    done = False
    for seed in range(1, 8):
        take = _take(street(seed, SMALL), 60.0, seed)
        done = DISTRACTIONS[what](take, 12.0)
        if done:
            break
    assert done
    assert take.events == []
    (row,) = take.distractors
    assert row.what == what
    assert 0 <= row.started_s < row.ended_s <= 60
    film = _film(take)
    film.frame(0)


@pytest.mark.parametrize("place", [street(3), gate(5)], ids=["street", "gate"])
def test_ground_points_put_pixels_on_the_map(place):
    points = np.array(place.ground_points)
    assert len(points) >= 4
    metres = np.array([111320 * math.cos(math.radians(place.anchor.lat)), 110900])
    away = (points[:, 2:] - (place.anchor.lon, place.anchor.lat)) * metres
    turn, _ = cv2.findHomography(points[:, :2], away)
    for spot in ((2.0, 1.0), (8.0, -2.0), (0.0, 3.0)):
        x, y, _ = place.pixel(spot)
        at = np.array([x / place.view.width_px, y / place.view.height_px, 1.0])
        found = turn @ at
        lon, lat = place.to_degrees(spot)
        true = (np.array([lon, lat]) - (place.anchor.lon, place.anchor.lat)) * metres
        assert np.hypot(*(found[:2] / found[2] - true)) < 0.05


def test_a_passage_crosses_the_line_when_it_is_said_to():
    place = gate(5, (640, 360))
    take = _take(place, 30.0)
    fleet_passage(take, take.fleet[0], "in", 12.0, "empty")
    fleet_passage(take, take.fleet[1], "out", 20.0, "open")
    for actor, passage in zip(take.actors, take.passages, strict=True):
        x, y, _ = actor.path.at(passage.at_s)
        along, _ = place.road.coordinates(np.array(x), np.array(y))
        assert abs(float(along)) < 0.2
        earlier = actor.path.at(passage.at_s - 2)
        before, _ = place.road.coordinates(np.array(earlier[0]), np.array(earlier[1]))
        assert (before < 0) == (passage.direction == "in")
    assert [event.kind for event in take.events] == ["open_load"]


def test_fixes_are_where_the_truck_is_drawn():
    place = gate(5, (640, 360))
    begin = datetime(2026, 6, 1, 10, tzinfo=UTC)
    misses, late = [], []
    for seed in range(12):
        take = _take(place, 40.0, seed)
        fleet_passage(take, take.fleet[0], "in", 15.0, "empty")
        rows = [r for r in positions_of(take, begin, seed) if r.vehicle_id.endswith("-0")]
        gaps = {round((b.time - a.time).total_seconds()) for a, b in itertools.pairwise(rows)}
        assert gaps <= {5, 10, 15, 30}
        for row in rows:
            t_s = (row.time - begin).total_seconds()
            x, y, _ = take.actors[0].path.surely_at(t_s)
            lon, lat = place.anchor.to_degrees(x, y)
            north = (row.lat - lat) * 110900
            east = (row.lon - lon) * 111320 * math.cos(math.radians(lat))
            misses.append(math.hypot(east, north))
            late.append(row.speed_kmh)
    assert 2 < np.median(misses) < 14
    assert max(misses) < 75  # three sigma of the worst receiver, 3 s at 9 m/s
    assert max(late) < 45


@pytest.mark.parametrize("direction", ["in", "out"])
def test_the_plate_is_drawn_where_the_truck_is(direction):
    place = gate(5)
    truck = fleet_of(5)[0]
    scene = paint_place(place.view, place.road, place.around, np.random.default_rng(1))
    stage = Stage(place.view, scene.picture, EVEN, np.random.default_rng(2))
    shape = truck_shape(truck, "empty")
    way = 1 if direction == "in" else -1
    length = shape.points[:, 0].max() - shape.points[:, 0].min()
    # Its tail, or its nose on the way out, over the line.
    x, y = place.road.place(length / 2, way * place.lane_m)
    thing = Placed(shape, x, y, place.road.heading_deg + (0 if way > 0 else 180))
    picture = stage.paint([thing], []).canvas.astype(int)
    yellow = (picture[..., 2] > 120) & (picture[..., 0] < 70) & (picture[..., 1] > 90)
    count, _, found, _ = cv2.connectedComponentsWithStats(
        cv2.morphologyEx(yellow.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((9, 9)))
    )
    sizes = [tuple(found[i][2:4]) for i in range(1, count)]
    assert any(85 <= w <= 170 and 18 <= h <= 95 for w, h in sizes), sizes


def test_registers_have_plates_of_their_own():
    plates = [truck.plate for seed in range(1, 300) for truck in fleet_of(seed)]
    assert len(set(plates)) == len(plates) == 299 * FLEET_SIZE


def test_the_command_writes_an_evaluation_folder_and_goes_on_where_it_stopped(
    tmp_path, monkeypatch
):
    def short(plan):
        take = take_of(plan)
        take.seconds = 3.0
        return take

    monkeypatch.setattr(make, "take_of", short)
    argv = [
        "labelled",
        "--out",
        str(tmp_path),
        "--seeds",
        "5-5",
        "--kinds",
        "gate",
        "quiet",
        "events",
    ]
    monkeypatch.setattr("sys.argv", argv)
    assert command.main() == 0
    for name, header in HEADERS.items():
        assert (tmp_path / f"{name}.csv").read_text().splitlines()[0] == header
    with (tmp_path / "clips.csv").open() as file:
        clips = list(csv.DictReader(file))
    assert [c["clip"] for c in clips] == [
        "street-00005-events-night.mp4",
        "gate-00005-gate-dusk.mp4",
    ]
    site = load_site(read_site_folder(tmp_path / "site"))
    for clip in clips:
        camera = site.cameras[clip["camera_id"]]
        assert camera.zones
        assert len(camera.ground_points) >= 4
        datetime.fromisoformat(clip["starts_at"]).astimezone(UTC)
        with av.open(str(tmp_path / clip["clip"])) as container:
            stream = container.streams.video[0]
            assert stream.codec_context.name == "h264"
            assert sum(1 for _ in container.decode(stream)) == 18
    assert len(site.vehicles) == FLEET_SIZE
    assert site.cameras["gate-00005"].site_zone in site.zones
    made = {p: p.stat().st_mtime_ns for p in tmp_path.glob("*.mp4")}
    assert command.main() == 0
    assert {p: p.stat().st_mtime_ns for p in tmp_path.glob("*.mp4")} == made


@pytest.mark.parametrize("what", MATTER)
def test_matter_is_as_wide_as_asked(what):
    matter = render_matter(what, 40, 28, 3)
    x1, y1, x2, y2 = matter.box
    assert 15 <= x2 - x1 <= 80
    assert y2 - y1 >= 6
    assert matter.cover.shape == matter.shade.shape == matter.color.shape[:2]


def test_composites_hide_behind_who_passes(tmp_path: Path):
    rng = np.random.default_rng(4)
    ground = np.clip(rng.normal(120, 12, (180, 320, 3)), 0, 255).astype(np.uint8)
    ground = cv2.GaussianBlur(ground, (0, 0), 1.5)

    def pictures():
        for number in range(80):
            frame = np.clip(ground + rng.normal(0, 2, ground.shape), 0, 255).astype(np.uint8)
            frame[40:170, number * 5 - 60 : number * 5] = (30, 60, 200)
            yield frame

    real, out = tmp_path / "real", tmp_path / "out"
    real.mkdir()
    out.mkdir()
    write_video(pictures(), real / "walk.mp4", Fraction(8), 20)
    clip = composite.measure(real / "walk.mp4")
    truth = composite.compose(clip, out, 2, 1, "day")
    assert len(truth.events) == 2
    assert truth.clip.source == "composite"
    shown = list(composite.read_frames(out / truth.clip.clip))
    plain = list(composite.read_frames(real / "walk.mp4"))
    assert len(shown) == len(plain) == 80
    for event in truth.events:
        window = np.s_[event.y1 : event.y2, event.x1 : event.x2]
        apart = np.abs(shown[-1][window].astype(int) - plain[-1][window]).max(axis=2)
        assert (apart > 10).mean() > 0.2
        first = np.abs(shown[5][window].astype(int) - plain[5][window]).max(axis=2)
        assert (first > 14).mean() < 0.02
        at = [n for n in range(round(event.visible_s * 8) + 1, 80)
              if n * 5 - 60 < event.x1 - 8 and n * 5 > event.x2 + 8]  # fmt: skip
        for n in at[:3]:  # the passer is before it
            hidden = np.abs(shown[n][window].astype(int) - plain[n][window]).max(axis=2)
            assert (hidden > 25).mean() < 0.05
