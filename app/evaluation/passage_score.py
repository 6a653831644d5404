"""Scores of sightings by source and condition (过车评分). Pure: tables in, scores out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.evaluation.interval import percentile, wilson
from app.evaluation.passage_matching import Seen, match_passages
from app.evaluation.score import ALL, Interval, by_clip
from app.evaluation.truth import Clip, TruePassage

UNTOLD_CLASSES = ("", "moving")
"""What a track is called that the model never had a word for."""


@dataclass(frozen=True, slots=True)
class Told:
    """How often something was told right, told wrong, and left open."""

    right: int = 0
    wrong: int = 0
    untold: int = 0

    @property
    def of(self) -> int:
        return self.right + self.wrong + self.untold

    @property
    def share(self) -> float | None:
        return self.right / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class PassageScore:
    """One row. `direction`, `class_name`, `load`, `plate` are of passages found whose truth knows.

    Attributes:
        extra: sightings of no passage; footage without a gate line is not looked at.
        time_p50_s, time_p90_s: of when it crossed, either way.
        plate: right is an exact match; untold: not read.
        confused: [true class, told class, how often], most often first.
    """

    source: str
    condition: str
    passages: int
    found: int
    extra: int
    recall: float | None
    recall_95: Interval | None
    precision: float | None
    precision_95: Interval | None
    direction: Told
    class_name: Told
    load: Told
    plate: Told
    time_p50_s: float | None
    time_p90_s: float | None
    speed_p50_kmh: float | None
    speed_p90_kmh: float | None
    confused: list[tuple[str, str, int]]


@dataclass(frozen=True, slots=True)
class FoundPassage:
    clip: Clip
    passage: TruePassage
    seen: Seen


@dataclass(frozen=True, slots=True)
class PassageScores:
    rows: tuple[PassageScore, ...]
    found: tuple[FoundPassage, ...]
    missed: tuple[tuple[Clip, TruePassage], ...]
    extra: tuple[tuple[Clip, Seen], ...]


def score_passages(
    clips: Sequence[Clip],
    passages: Iterable[TruePassage],
    seen: Mapping[str, Sequence[Seen]],
    lined_cameras: Collection[str],
) -> PassageScores:
    """Score the sightings of the clips whose camera has a gate line; `seen` by clip name."""
    of = by_clip(passages)
    lined = [clip for clip in clips if clip.camera_id in lined_cameras]
    found: list[FoundPassage] = []
    missed: list[tuple[Clip, TruePassage]] = []
    extra: list[tuple[Clip, Seen]] = []
    for clip in lined:
        matched = match_passages(of[clip.name], seen.get(clip.name, ()))
        found += [FoundPassage(clip, passage, sighting) for passage, sighting in matched.found]
        missed += [(clip, passage) for passage in matched.missed]
        extra += [(clip, sighting) for sighting in matched.extra]
    rows = []
    for source in sorted({clip.source for clip in lined}):
        own = {clip.condition for clip in lined if clip.source == source}
        for condition in (*sorted(own), ALL):
            names = {
                clip.name
                for clip in lined
                if clip.source == source and condition in (ALL, clip.condition)
            }
            rows.append(
                _row(
                    source,
                    condition,
                    [f for f in found if f.clip.name in names],
                    sum(clip.name in names for clip, _ in missed),
                    sum(clip.name in names for clip, _ in extra),
                )
            )
    return PassageScores(tuple(rows), tuple(found), tuple(missed), tuple(extra))


def _row(
    source: str, condition: str, found: Sequence[FoundPassage], missed: int, extra: int
) -> PassageScore:
    count, passages, told = len(found), len(found) + missed, len(found) + extra
    pairs = [(f.passage, f.seen) for f in found]
    times = [abs(p.at_s - s.at_s) for p, s in pairs]
    speeds = [
        abs(p.speed_kmh - s.speed_kmh)
        for p, s in pairs
        if p.speed_kmh is not None and s.speed_kmh is not None
    ]
    classes = [
        (p.class_name, "" if s.class_name in UNTOLD_CLASSES else s.class_name)
        for p, s in pairs
        if p.class_name
    ]
    confused = Counter(pair for pair in classes if pair[0] != pair[1])
    return PassageScore(
        source=source,
        condition=condition,
        passages=passages,
        found=count,
        extra=extra,
        recall=count / passages if passages else None,
        recall_95=wilson(count, passages),
        precision=count / told if told else None,
        precision_95=wilson(count, told),
        direction=_told([(p.direction, s.direction) for p, s in pairs if p.direction]),
        class_name=_told(classes),
        load=_told([(p.load, s.load) for p, s in pairs if p.load]),
        plate=_told([(p.plate, s.plate) for p, s in pairs if p.plate]),
        time_p50_s=percentile(times, 0.5),
        time_p90_s=percentile(times, 0.9),
        speed_p50_kmh=percentile(speeds, 0.5),
        speed_p90_kmh=percentile(speeds, 0.9),
        confused=[(true, seen, n) for (true, seen), n in confused.most_common(12)],
    )


def _told(pairs: Sequence[tuple[str | None, str | None]]) -> Told:
    right = sum(true == told for true, told in pairs)
    untold = sum(not told for _, told in pairs)
    return Told(right, len(pairs) - right - untold, untold)
