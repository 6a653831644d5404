"""Reads an evaluation folder (docs/evaluation.md): all that is wrong with it, not only the first.

The layout is ours.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from alerts.kind import ALERT_KINDS
from app.evaluation.truth import (
    Clip,
    Condition,
    Distractor,
    EvaluationSet,
    Source,
    TrueEvent,
    TruePassage,
)
from config.csv_file import read_rows
from config.fields import Fields
from config.plate import normal_plate
from config.problem import ProblemList, SiteError
from config.register_files import row_fields
from config.site import Site
from config.site_files import examine_site, read_site_folder
from config.vehicle import PlateColor
from detection.sighting import Direction, Load

CLIPS, EVENTS, DISTRACTORS = "clips.csv", "events.csv", "distractors.csv"
PASSAGES, POSITIONS, SITE = "passages.csv", "positions.csv", "site"

_CLIP_COLUMNS = (
    "clip", "camera_id", "scene", "condition", "source",
    "seconds", "width_px", "height_px", "starts_at",
)  # fmt: skip
_EVENT_COLUMNS = (
    "clip", "kind", "started_s", "visible_s", "ended_s",
    "x1", "y1", "x2", "y2", "vehicle_id", "plate", "what",
)  # fmt: skip
_DISTRACTOR_COLUMNS = ("clip", "what", "started_s", "ended_s")
_PASSAGE_COLUMNS = (
    "clip", "at_s", "direction", "vehicle_id", "plate",
    "plate_color", "class_name", "load", "speed_kmh",
)  # fmt: skip
_PLACE = ("lon", "lat")

T = TypeVar("T")


def read_evaluation_folder(folder: Path) -> EvaluationSet:
    """The clips of a folder and what is true of them.

    `clips.csv`, `events.csv` and `site/` have to be there, the other files may be.

    Raises:
        SiteError: all that is wrong, each by file, line and field.
    """
    problems = ProblemList()
    site, fingerprint = _site(folder / SITE, problems)
    reader = _Reader(folder, problems)
    found = reader.records(CLIPS, _CLIP_COLUMNS, (), lambda f: _clip(f, folder, site))
    clips: dict[str, Clip] = {}
    for fields, clip in found:
        if clip.name in clips:
            fields.error("clip", f"{clip.name!r} is there twice")
        clips[clip.name] = clip
    events = reader.records(EVENTS, _EVENT_COLUMNS, _PLACE, lambda f: _event(f, clips))
    distractors: list[tuple[Fields, Distractor]] = []
    passages: list[tuple[Fields, TruePassage]] = []
    if (folder / DISTRACTORS).exists():
        distractors = reader.records(
            DISTRACTORS, _DISTRACTOR_COLUMNS, (), lambda f: _distractor(f, clips)
        )
    if (folder / PASSAGES).exists():
        passages = reader.records(PASSAGES, _PASSAGE_COLUMNS, (), lambda f: _passage(f, clips))
    if not clips and not problems.has_errors():
        problems.error(CLIPS, None, "", "has no clip")
    if problems.has_errors() or site is None:
        raise SiteError(problems.found)
    positions = folder / POSITIONS
    return EvaluationSet(
        folder=folder,
        site=site,
        clips=tuple(clips.values()),
        events=tuple(event for _, event in events),
        distractors=tuple(distractor for _, distractor in distractors),
        passages=tuple(passage for _, passage in passages),
        positions=positions if positions.is_file() else None,
        site_fingerprint=fingerprint,
        by_name=clips,
    )


def _site(path: Path, problems: ProblemList) -> tuple[Site | None, str]:
    """The site, and a hash of all its files."""
    try:
        files = read_site_folder(path)
    except SiteError as error:
        problems.found += error.problems
        return None, ""
    site, found = examine_site(files)
    for problem in found:
        if problem.severity == "error":
            problems.error(f"{SITE}/{problem.file}", problem.line, problem.field, problem.message)
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(name.encode() + b"\0" + hashlib.sha256(content).digest())
    return site, digest.hexdigest()


class _Reader:
    def __init__(self, folder: Path, problems: ProblemList) -> None:
        self._folder, self._problems = folder, problems

    def records(
        self,
        file: str,
        required: Sequence[str],
        optional: Sequence[str],
        read: Callable[[Fields], T | None],
    ) -> list[tuple[Fields, T]]:
        """The records that could be read, each with its row."""
        try:
            content = (self._folder / file).read_bytes()
        except OSError as error:
            self._problems.error(file, None, "", f"cannot be read: {error.strerror or error}")
            return []
        found = []
        for row in read_rows(file, content, required, optional, self._problems):
            fields = row_fields(file, row, self._problems)
            record = read(fields)
            if record is not None:
                found.append((fields, record))
        return found


def _clip(fields: Fields, folder: Path, site: Site | None) -> Clip | None:
    name, camera_id = fields.text("clip"), fields.identifier("camera_id", topic_level=True)
    scene = fields.text("scene")
    condition, source = fields.choice("condition", Condition), fields.choice("source", Source)
    seconds = fields.number("seconds", above=0)
    width = fields.number("width_px", at_least=1)
    height = fields.number("height_px", at_least=1)
    starts_at = _instant(fields)
    if name is not None and not (folder / name).is_file():
        fields.error("clip", f"there is no file {name!r} in the folder")
    if site is not None and camera_id is not None and camera_id not in site.cameras:
        fields.error("camera_id", f"{camera_id!r} is not in {SITE}/cameras.toml")
    if (
        name is None or camera_id is None or scene is None or condition is None
        or source is None or seconds is None or width is None or height is None
        or starts_at is None
    ):  # fmt: skip
        return None
    return Clip(
        name, camera_id, scene, condition, source, seconds, int(width), int(height), starts_at
    )


def _instant(fields: Fields) -> datetime | None:
    """RFC 3339 with an offset: positions are compared with it."""
    text = fields.text("starts_at")
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        fields.error("starts_at", f"{text!r} is no time (RFC 3339)")
        return None
    if at.tzinfo is None:
        fields.error("starts_at", f"{text!r} has no offset from UTC")
        return None
    return at


def _clip_of(fields: Fields, clips: Mapping[str, Clip]) -> str | None:
    name = fields.text("clip")
    if name is not None and name not in clips:
        fields.error("clip", f"{name!r} is not in {CLIPS}")
        return None
    return name


def _event(fields: Fields, clips: Mapping[str, Clip]) -> TrueEvent | None:
    name, kind = _clip_of(fields, clips), fields.text("kind")
    if kind is not None and kind not in ALERT_KINDS:
        fields.error("kind", f"{kind!r} is no kind of alert")
        kind = None
    started = fields.number("started_s")  # below 0: it was there before the clip began
    visible, ended = fields.number("visible_s"), fields.number("ended_s", required=False)
    x1, y1 = fields.number("x1"), fields.number("y1")
    x2, y2 = fields.number("x2"), fields.number("y2")
    lon = fields.number("lon", required=False, at_least=-180, at_most=180)
    lat = fields.number("lat", required=False, at_least=-90, at_most=90)
    if x1 is not None and x2 is not None and x2 <= x1:
        fields.error("x2", f"{x2:g} is not right of x1, {x1:g}")
    if y1 is not None and y2 is not None and y2 <= y1:
        fields.error("y2", f"{y2:g} is not below y1, {y1:g}")
    if started is not None and visible is not None and visible < started:
        fields.error("visible_s", f"{visible:g} is before started_s, {started:g}")
    if started is not None and ended is not None and ended < started:
        fields.error("ended_s", f"{ended:g} is before started_s, {started:g}")
    if (lon is None) != (lat is None):
        fields.error("lat", "lon and lat are given together or not at all")
    if (
        name is None or kind is None or started is None or visible is None
        or x1 is None or y1 is None or x2 is None or y2 is None
    ):  # fmt: skip
        return None
    return TrueEvent(
        name, kind, started, visible, ended, (x1, y1, x2, y2),
        fields.text("vehicle_id", required=False) or "",
        normal_plate(fields.text("plate", required=False) or ""),
        fields.text("what", required=False) or "",
        lon, lat,
    )  # fmt: skip


def _distractor(fields: Fields, clips: Mapping[str, Clip]) -> Distractor | None:
    name, what = _clip_of(fields, clips), fields.text("what")
    started = fields.number("started_s")
    ended = fields.number("ended_s", required=False)
    if started is not None and ended is not None and ended < started:
        fields.error("ended_s", f"{ended:g} is before started_s, {started:g}")
    if name is None or what is None or started is None:
        return None
    return Distractor(name, what, started, clips[name].seconds if ended is None else ended)


def _passage(fields: Fields, clips: Mapping[str, Clip]) -> TruePassage | None:
    name, at = _clip_of(fields, clips), fields.number("at_s")
    direction = fields.choice("direction", Direction, required=False)
    color = fields.choice("plate_color", PlateColor, required=False)
    load = fields.choice("load", Load, required=False)
    speed = fields.number("speed_kmh", required=False, at_least=0)
    if name is None or at is None:
        return None
    return TruePassage(
        name, at, direction,
        fields.text("vehicle_id", required=False) or "",
        normal_plate(fields.text("plate", required=False) or ""),
        color,
        fields.text("class_name", required=False) or "",
        load, speed,
    )  # fmt: skip
