"""Renders one planned clip with its truth."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
import numpy as np

import demo.cameras
import demo.cameras.labelled
import demo.scenes
from demo.cameras.labelled.film import Film, write_video
from demo.cameras.labelled.place import LabelledPlace
from demo.cameras.labelled.plan import ClipPlan, take_of
from demo.cameras.labelled.positions import positions_of
from demo.cameras.labelled.take import Take
from demo.cameras.labelled.truth import ClipRow, ClipTruth, EventRow, PassageRow
from demo.cameras.labelled.weather import Weather
from demo.scenes.backdrop import paint_backdrop
from demo.scenes.light import make_light
from demo.scenes.stage import Stage

TRUTH = "truth"


def fingerprint() -> str:
    """Changes with the code that draws, so that clips of an older version are made anew."""
    digest = hashlib.sha256()
    for package in (demo.scenes, demo.cameras, demo.cameras.labelled):
        for source in sorted(Path(package.__path__[0]).glob("*.py")):
            digest.update(source.read_bytes())
    return digest.hexdigest()[:12]


def film_of(plan: ClipPlan) -> Film:
    take = take_of(plan)
    stage = stage_of(take.place, plan)
    weather = Weather(plan.seed, take.disturbances)
    return Film(take, stage, weather)


def stage_of(place: LabelledPlace, plan: ClipPlan) -> Stage:
    """The place is painted from its own dice, the light from the clip's."""
    backdrop = paint_backdrop(
        place.view, place.road, place.around, np.random.default_rng((plan.seed, 53))
    )
    rng = np.random.default_rng((plan.seed, len(plan.kind), 54))
    condition = plan.condition
    if condition == "day" and rng.random() < 0.4:
        condition = "overcast"
    return Stage(place.view, backdrop, make_light(condition, place.road, rng), rng)


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
    write_video(film.frames(), folder / plan.name, film.take.fps, crf)
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
