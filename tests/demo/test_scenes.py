"""The renderer: same dice, same picture; boxes where things are drawn."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from config.detector_classes import CLASS_NAMES
from demo.scenes import litter
from demo.scenes.backdrop import Surroundings, paint_backdrop, paint_place
from demo.scenes.dataset import CROP_PX, DatasetWriter, region, write_dataset
from demo.scenes.glyphs import GLYPHS, PROVINCES, glyph
from demo.scenes.ground import Road
from demo.scenes.light import CONDITIONS, Light, make_light
from demo.scenes.people import person
from demo.scenes.placed import Placed
from demo.scenes.plates import enlarged_picture, plate_picture
from demo.scenes.random_scene import random_drawing, random_place
from demo.scenes.stage import Drawing, Stage
from demo.scenes.staging import set_stage
from demo.scenes.sunshine import still_shadows
from demo.scenes.surface import snowed, wetted
from demo.scenes.trucks import muck_truck, sanitation_truck
from demo.scenes.vehicles import bus, car, van
from demo.scenes.view import View

ROAD = Road(0, 14, 90, 7)
SHAPES = {
    "muck_truck": lambda rng: muck_truck(rng, "covered"),
    "sanitation_truck": sanitation_truck,
    "spill_solid": lambda rng: litter.spill_solid(rng, 1.5),
    "waste_pile": lambda rng: litter.waste_pile(rng, 1.5),
    "bag": litter.bag,
    "bulky_item": litter.bulky_item,
    "person": person,
    "car": car,
    "van": van,
    "bus": bus,
}


@pytest.fixture(scope="module")
def stage() -> Stage:
    view = View(320, 180, 6, 20, 0.9)
    rng = np.random.default_rng(1)
    backdrop = paint_backdrop(view, ROAD, Surroundings("brick", trees=2), rng)
    return Stage(view, backdrop, Light("overcast", (0, 0, 1), 0, (1, 1, 1), 0), rng)


@pytest.fixture(scope="module")
def drawings() -> list[Drawing]:
    places = [random_place(seed, 320, 180) for seed in range(24)]
    return [random_drawing(places[i // 3], 1000 + i) for i in range(72)]


def test_the_same_seed_gives_the_same_picture():
    first, second = (random_drawing(random_place(3, 160, 90), 8) for _ in range(2))
    assert np.array_equal(first.image, second.image)
    assert first.boxes == second.boxes
    other = random_drawing(random_place(3, 160, 90), 9)
    assert not np.array_equal(first.image, other.image)


def test_every_class_occurs_and_every_box_is_in_the_picture(drawings):
    counts = Counter(box.label for drawing in drawings for box in drawing.boxes)
    assert set(counts) == set(CLASS_NAMES)
    for drawing in drawings:
        assert drawing.image.shape == (180, 320, 3)
        for box in drawing.boxes:
            assert 0 <= box.x1 < box.x2 <= 320
            assert 0 <= box.y1 < box.y2 <= 180


def test_parts_lie_in_a_truck(drawings):
    parts = {"load_covered", "load_open", "body_raised"}
    for drawing in drawings:
        owners = [b for b in drawing.boxes if b.label == "muck_truck"]
        for part in (b for b in drawing.boxes if b.label in parts):
            assert any(
                o.x1 <= part.x1 and o.y1 <= part.y1 and part.x2 <= o.x2 and part.y2 <= o.y2
                for o in owners
            )


@pytest.mark.parametrize("label", SHAPES)
def test_a_box_is_where_the_picture_changed(stage, label):
    shape = SHAPES[label](np.random.default_rng(4))
    empty = stage.compose([], []).image.astype(int)
    drawing = stage.compose([Placed(shape, 1, 15, 65)], [])
    box = next(b for b in drawing.boxes if b.label == label)
    changed = np.abs(drawing.image.astype(int) - empty).max(axis=2) > 6
    rows, columns = np.nonzero(changed)
    # The contact shadow lies on the ground beside the thing: a small margin, and none above it.
    assert abs(rows.min() - box.y1) <= 2
    assert -4 <= box.x1 - columns.min() <= 12
    assert -4 <= columns.max() + 1 - box.x2 <= 12
    assert changed[box.y1 : box.y2, box.x1 : box.x2].mean() > 0.3


def test_what_is_hidden_gets_no_box(stage):
    bag = Placed(litter.bag(np.random.default_rng(1)), 0, 19)
    truck = Placed(muck_truck(np.random.default_rng(2), "covered"), 0, 14, 90)
    assert [b.label for b in stage.compose([bag], []).boxes] == ["bag"]
    assert {b.label for b in stage.compose([bag, truck], []).boxes} == {
        "muck_truck",
        "load_covered",
    }


def test_what_is_outside_the_picture_gets_no_box(stage):
    shape = car(np.random.default_rng(1))
    assert stage.compose([Placed(shape, 60, 14, 90)], []).boxes == ()
    assert stage.compose([Placed(shape, 0, -10, 90)], []).boxes == ()


def test_a_stain_darkens_the_road_and_is_boxed(stage):
    stain = litter.spill_liquid(np.random.default_rng(3), 0, 14, 0, 2)
    empty, drawing = stage.compose([], []), stage.compose([], [stain])
    (box,) = drawing.boxes
    assert box.label == "spill_liquid"
    inside = (slice(box.y1, box.y2), slice(box.x1, box.x2))
    assert drawing.image[inside].mean() < empty.image[inside].mean() - 5


def test_the_truck_is_the_same_full_and_empty():
    full, empty = (
        muck_truck(np.random.default_rng(7), load, load_rng=np.random.default_rng(8))
        for load in ("open", "empty")
    )
    assert full.part_labels == [None, "load_open", None]
    assert empty.part_labels == [None, None, None]
    cab = [full.points[slice(*full.spans[i])] for i in np.flatnonzero(full.part_of == 2)]
    same = [empty.points[slice(*empty.spans[i])] for i in np.flatnonzero(empty.part_of == 2)]
    assert all(np.array_equal(a, b) for a, b in zip(cab, same, strict=True))


def test_light_and_weather_differ(stage):
    view, rng = stage.view, np.random.default_rng(5)
    backdrop = paint_backdrop(view, ROAD, Surroundings(), rng)
    grey = {}
    for condition in CONDITIONS:
        under = Stage(view, backdrop, make_light(condition, ROAD, np.random.default_rng(6)), rng)
        grey[condition] = float(under.draw([], [], rng).image.mean())
    assert grey["night"] < grey["dusk"] < grey["overcast"] < grey["day"]


def test_the_data_set_is_well_formed(tmp_path: Path):
    told = []
    data = write_dataset(tmp_path, 5, 4, seed=2, sizes_px=(160,), progress=told.append)
    assert told == list(range(1, 10))
    described = yaml.safe_load(data.read_text())
    assert tuple(described["names"].values()) == CLASS_NAMES
    assert list(described["names"]) == list(range(len(CLASS_NAMES)))
    seen = {}
    for split, count in (("train", 5), ("val", 4)):
        pictures = sorted((tmp_path / described[split]).glob("*.jpg"))
        assert len(pictures) == count
        for picture in pictures:
            seen[picture] = cv2.imread(str(picture))
            assert seen[picture].shape == (90, 160, 3)
            label = tmp_path / "labels" / split / f"{picture.stem}.txt"
            for line in label.read_text().splitlines():
                number, *box = line.split()
                x, y, w, h = map(float, box)
                assert 0 <= int(number) < len(CLASS_NAMES)
                assert -1e-4 <= x - w / 2 <= x + w / 2 <= 1.0001
                assert -1e-4 <= y - h / 2 <= y + h / 2 <= 1.0001
    train = [p for p in seen if "train" in p.parts]
    val = [p for p in seen if "val" in p.parts]
    assert not any(np.array_equal(seen[a], seen[b]) for a in train for b in val)


def test_what_a_network_sees_as_a_few_pixels_is_no_label(tmp_path: Path):
    writer = DatasetWriter(tmp_path, ("train",))
    boxes = [(8, 100, 100, 114, 120), (8, 0, 0, 14, 14), (10, 300, 40, 305, 70)]  # of 640: halved
    writer.add("train", "a", np.zeros((360, 640, 3), np.uint8), boxes)
    (label,) = (tmp_path / "labels" / "train").glob("*.txt")
    assert len(label.read_text().splitlines()) == 1


def test_a_truck_is_cut_at_the_lens_and_not_gone_at_once(stage):
    """It drives out under the camera: its picture shrinks from frame to frame."""
    truck = muck_truck(np.random.default_rng(2), "covered")
    shown = [
        np.count_nonzero(stage.paint([Placed(truck, 2.5, y, 180)], []).owners) / stage.view.width_px
        for y in (12, 8, 6, 4, -8)
    ]
    assert min(shown[:4]) > 5
    assert shown[4] == 0


def test_every_character_of_a_plate_looks_different():
    drawn = {c: glyph(c, 45, 90, 11) for c in GLYPHS}
    assert set("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ") | set(PROVINCES) == set(drawn)
    names = sorted(drawn)
    for i, one in enumerate(names):
        for other in names[i + 1 :]:
            apart = np.abs(drawn[one].astype(int) - drawn[other]) > 128
            assert apart.mean() > 0.02, (one, other)


@pytest.mark.parametrize(("color", "rear", "size"), [
    ("yellow", False, (140, 440)), ("yellow", True, (220, 440)), ("blue", False, (140, 440)),
    ("green", False, (140, 440)),
])  # fmt: skip
def test_plates_have_their_size_and_ink(color, rear, size):
    text = "苏DD12345" if color == "green" else "苏DA1234"
    picture = plate_picture(text, color, rear)
    assert picture.shape == (*size, 3)
    grey = picture.mean(axis=2)
    assert 0.1 < (np.abs(grey - np.median(grey)) > 50).mean() < 0.65  # a green one fades
    with pytest.raises(KeyError):
        plate_picture("京DA1234", color, rear)


def test_a_plate_is_upright_for_who_stands_before_it():
    view = View(640, 360, 2.0, 8, 2.0)
    rng = np.random.default_rng(1)
    flat = np.full((360, 640, 3), 100, np.uint8)
    stage = Stage(view, flat, Light("overcast", (0, 0, 1), 0, (1, 1, 1), 0), rng)
    for heading, rear in ((180, False), (0, True)):
        truck = muck_truck(np.random.default_rng(3), "empty", plate=("苏DA1234", "yellow"))
        drawn = stage.paint([Placed(truck, 0, 14, heading)], []).canvas
        plate = plate_picture("苏DA1234", "yellow", rear)
        best = {}
        for name, picture in (("upright", plate), ("mirrored", plate[:, ::-1]),
                              ("fallen", plate[::-1])):  # fmt: skip
            scores = []
            for wide in range(44, 96, 4):
                size = (wide, round(wide * plate.shape[0] / 440))
                small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
                scores.append(float(cv2.matchTemplate(drawn, small, cv2.TM_CCOEFF_NORMED).max()))
            best[name] = max(scores)
        assert max(best, key=best.get) == "upright", best
        assert best["upright"] > 0.6


def test_the_enlarged_number_stands_out():
    picture = enlarged_picture("苏DA1234", (40, 40, 120))
    assert 0.1 < (picture.mean(axis=2) > 180).mean() < 0.5


def test_weather_changes_the_ground_and_the_sun_casts_shadows():
    view, around = View(320, 180, 6, 20, 0.9), Surroundings("brick", trees=3)
    scene = paint_place(view, ROAD, around, np.random.default_rng(1))
    wet = wetted(scene, view, ROAD, np.random.default_rng(2))
    white = snowed(scene, view, ROAD, 0.8, np.random.default_rng(2))
    assert wet.mean() < scene.picture.mean() < white.mean()
    shade = [
        still_shadows(view, ROAD, around, scene.standing, sun=sun, upright=scene.upright)
        for sun in ((0.5, 0.5, 0.7), (0.6, 0.4, 0.7))
    ]
    assert shade[0].max() > 200
    assert not np.array_equal(shade[0], shade[1])
    for condition in CONDITIONS:
        stage = set_stage(
            view, ROAD, around, scene, condition=condition, rng=np.random.default_rng(3)
        )
        assert stage.draw([], [], np.random.default_rng(4)).image.shape == (180, 320, 3)


def test_headlights_light_the_road_ahead(stage):
    night = Light("night", (0, 0, 1), 0, (0.2, 0.2, 0.2), 0)
    dark = Stage(stage.view, stage.backdrop, night, np.random.default_rng(1))
    vehicle = Placed(car(np.random.default_rng(1)), -3, 14, 90)  # towards the right
    before, after = (dark.compose(things, []).image.astype(int) for things in ([], [vehicle]))
    column, row = (int(v) for v in stage.view.project(np.array([[3.0, 14.0, 0.0]]))[0][0])
    behind = int(stage.view.project(np.array([[-8.0, 14.0, 0.0]]))[0][0][0])
    lit = (after - before).mean(axis=2)
    assert lit[row, column] > 15
    assert abs(lit[row, behind]) < 3


def test_region_crops_keep_their_boxes():
    place = random_place(4, 640, 360)
    kept = 0
    for seed in range(6):
        drawing = random_drawing(place, seed, "car")
        picture, boxes = region(drawing, "car", np.random.default_rng(seed))
        assert picture.shape == (CROP_PX, CROP_PX, 3)
        for number, x1, y1, x2, y2 in boxes:
            assert 0 <= number < len(CLASS_NAMES)
            assert 0 <= x1 < x2 <= CROP_PX
            assert 0 <= y1 < y2 <= CROP_PX
            kept += 1
    assert kept >= 4
