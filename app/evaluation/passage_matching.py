"""Which sighting is which true passage (过车匹配). Pure: tables in, pairs out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.evaluation.truth import TruePassage
from detection.sighting import Direction, Load

NEAR_S = 4.0
"""A truck of 10 m at 10 km/h takes as long to cross a line from bumper to bumper (ours)."""
OTHER_WAY_S = 1.5
"""Of two that are near, the one in the same direction counts as so much nearer (ours)."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A sighting as it is scored; `at_s` into the clip, `plate` "" where none was read."""

    clip: str
    track_uid: UUID
    at_s: float
    direction: Direction | None = None
    class_name: str = ""
    load: Load | None = None
    speed_kmh: float | None = None
    plate: str = ""


@dataclass(frozen=True, slots=True)
class MatchedPassages:
    """`extra`: sightings of nothing, or of what was sighted already."""

    found: tuple[tuple[TruePassage, Seen], ...]
    missed: tuple[TruePassage, ...]
    extra: tuple[Seen, ...]


def match_passages(passages: Sequence[TruePassage], seen: Sequence[Seen]) -> MatchedPassages:
    """Pair those of one clip, the nearest in time first, each once."""
    pairs = sorted(
        (_apart_s(passage, sighting), p, s)
        for p, passage in enumerate(passages)
        for s, sighting in enumerate(seen)
        if abs(passage.at_s - sighting.at_s) <= NEAR_S
    )
    of_passage: dict[int, int] = {}
    used: set[int] = set()
    for _, p, s in pairs:
        if p not in of_passage and s not in used:
            of_passage[p] = s
            used.add(s)
    return MatchedPassages(
        tuple((passages[p], seen[of_passage[p]]) for p in sorted(of_passage)),
        tuple(passage for p, passage in enumerate(passages) if p not in of_passage),
        tuple(sighting for s, sighting in enumerate(seen) if s not in used),
    )


def _apart_s(passage: TruePassage, seen: Seen) -> float:
    away = abs(passage.at_s - seen.at_s)
    known = passage.direction is not None and seen.direction is not None
    return away + OTHER_WAY_S * (known and passage.direction != seen.direction)
