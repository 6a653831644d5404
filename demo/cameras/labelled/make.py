"""Renders one planned clip with its truth."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import msgspec
import numpy as np

import demo.cameras
import demo.cameras.labelled
import demo.scenes
from demo.cameras.labelled.film import Film, Turned, turned, write_video
from demo.cameras.labelled.plan import ClipPlan, take_of
from demo.cameras.labelled.positions import positions_of
from demo.cameras.labelled.take import Take
from demo.cameras.labelled.truth import ClipRow, ClipTruth, EventRow, PassageRow
from demo.cameras.labelled.weather import TURNS_S, Mood, Weather
from demo.scenes.backdrop import paint_place
from demo.scenes.staging import set_stage

TRUTH = "truth"


def fingerprint() -> str:
    """Changes with the code that draws, so that clips of an older version are made anew."""
    digest = hashlib.sha256()
    for package in (demo.scenes, demo.cameras, demo.cameras.labelled):
        for source in sorted(Path(package.__path__[0]).glob("*.py")):
            digest.update(source.read_bytes())
    return digest.hexdigest()[:12]


def work_quietly() -> None:
    """Of a process that makes clips: one thread, behind everybody else's work."""
    cv2.setNumThreads(1)
    os.nice(5)


def film_of(plan: ClipPlan) -> Film:
    """The place is painted from its own dice, light and weather from the clip's."""
    take = take_of(plan)
    place, view, road = take.place, take.place.view, take.place.road
    scene = paint_place(view, road, place.around, np.random.default_rng((plan.seed, 53)))
    rng = np.random.default_rng((plan.seed, len(plan.kind), 54))
    condition = plan.condition
    if condition == "day" and rng.random() < 0.35 and not take.needs_sun:
        condition = "overcast"
    posts = []
    if place.gate_m is not None:  # a gate has lamps of its own
        beside = place.half_m + 1.5
        posts = [road.place(place.gate_m + a, c) for a in (-4, 10) for c in (-beside, beside)]
    stage = set_stage(view, road, place.around, scene, condition=condition, rng=rng, posts=posts)
    light, dry = stage.light, None
    if light.rain and any(d.what == "rain_starts" for d in take.disturbances):
        dry = scene.picture
    drops = tuple(
        (float(rng.uniform(0, 1)), float(rng.uniform(0, 1)), float(rng.uniform(0.008, 0.028)))
        for _ in range(int(rng.integers(0, 5)) if light.rain and dry is None else 0)
    )
    mood = Mood(
        float(rng.uniform(0.05, 0.9)), float(rng.uniform(0.2, 0.75)), drops,
        any(d.what == "gust" for d in take.disturbances) and bool(rng.random() < 0.6),
    )  # fmt: skip
    weather = Weather(plan.seed, view, mood, take.disturbances)
    return Film(take, stage, weather, dry, _turned(take, plan.seed, condition))


def _turned(take: Take, seed: int, condition: str) -> Turned | None:
    """What the camera sees once somebody has turned it."""
    begins = [d.started_s for d in take.disturbances if d.what == "re_aimed"]
    if not begins:
        return None
    rng = np.random.default_rng((seed, 56))
    place, angle = take.place, float(rng.choice([-1, 1]) * rng.uniform(15, 35))
    road = place.road
    x, y = turned(road.x_m, road.y_m, angle)
    other = replace(road, x_m=x, y_m=y, heading_deg=road.heading_deg + angle)
    dice = np.random.default_rng((seed, 53))  # the same place
    scene = paint_place(place.view, other, place.around, dice)
    light = np.random.default_rng((seed, 54))
    stage = set_stage(place.view, other, place.around, scene, condition=condition, rng=light)
    return Turned(begins[0] + TURNS_S, stage, angle)


def done_already(folder: Path, plan: ClipPlan) -> ClipTruth | None:
    """The truth of a clip that is there and was drawn by this very code."""
    kept = folder / TRUTH / f"{plan.name}.json"
    if not kept.is_file() or not (folder / plan.name).is_file():
        return None
    try:
        truth = msgspec.json.decode(kept.read_bytes(), type=ClipTruth)
    except msgspec.DecodeError:
        return None
    return truth if truth.made_by == fingerprint() else None


def make_clip(folder: Path, plan: ClipPlan) -> ClipTruth:
    """Writes the clip and its truth; what is there is kept."""
    known = done_already(folder, plan)
    if known is not None:
        return known
    film = film_of(plan)
    crf = int(np.random.default_rng((plan.seed, 55)).integers(28, 35))
    write_video(film.frames(), folder / plan.name, Fraction(film.take.fps), crf)
    truth = truth_of(film, plan)
    kept = folder / TRUTH / f"{plan.name}.json"
    kept.parent.mkdir(exist_ok=True)
    kept.write_bytes(msgspec.json.format(msgspec.json.encode(truth)))
    return truth


def truth_of(film: Film, plan: ClipPlan) -> ClipTruth:
    """Complete once all frames were drawn. What was never to be seen is no event."""
    take = film.take
    place = take.place
    row = ClipRow(
        plan.name, place.camera_id, place.camera_id, plan.condition, "synthetic", take.seconds,
        place.view.width_px, place.view.height_px, plan.starts_at,
    )  # fmt: skip
    return ClipTruth(
        fingerprint(), plan.seed, row, tuple(_events(film)), tuple(take.distractors),
        tuple(_passages(take)), tuple(positions_of(take, plan.starts_at, plan.seed)),
    )  # fmt: skip


def _events(film: Film) -> list[EventRow]:
    rows = []
    for one in film.seen:
        event = one.planned
        if one.box is None or one.visible_s is None:
            continue
        ended = one.gone_s if event.actor is not None else event.ended_s
        lon, lat = film.take.place.to_degrees(event.spot) if event.spot else (None, None)
        truck = event.truck
        rows.append(
            EventRow(
                film.take.name, event.kind,
                round(one.visible_s if event.actor is not None else event.started_s, 2),
                round(one.visible_s, 2), None if ended is None else round(ended, 2), *one.box,
                truck.vehicle_id if truck else "", truck.plate if truck else "", event.what,
                None if lon is None else round(lon, 8), None if lat is None else round(lat, 8),
            )
        )  # fmt: skip
    return rows


def _passages(take: Take) -> list[PassageRow]:
    return [
        PassageRow(
            take.name, round(p.at_s, 2), p.direction, p.truck.vehicle_id if p.truck else "",
            p.plate, p.plate_color, p.class_name, p.load, p.speed_kmh,
        )
        for p in take.passages
    ]  # fmt: skip
