"""What a vehicle looks like, by votes over its pictures: class, load, body (外观投票)."""

from __future__ import annotations

from dataclasses import dataclass

from detection.detections import TRUCK_CLASSES
from detection.sighting import Load
from detection.tracking import MOVING, Track

_LEAST_BODIES = 2
_RAISED_SHARE = 0.3
_LOADS = {"load_open": Load.OPEN, "load_covered": Load.COVERED}


@dataclass(frozen=True, slots=True)
class Look:
    """As the fields of `Sighting`."""

    class_name: str
    class_confidence: float
    load: Load | None
    load_confidence: float
    body_raised: bool | None


def look_of(track: Track, known_classes: frozenset[str]) -> Look:
    """`known_classes`: what the model has words for.

    An empty body has no class of its own; that no load was seen is no proof (on a rendered gate two
    of three such trucks were covered), so `Load.EMPTY` is not said.
    """
    load, load_confidence = _load(track)
    return Look(
        class_name=track.class_name,
        class_confidence=_class_confidence(track),
        load=load,
        load_confidence=load_confidence,
        body_raised=_raised(track, known_classes),
    )


def _class_confidence(track: Track) -> float:
    """The model's best score, less what it called it besides; 0 where it never had a word."""
    named = sum(n for name, n in track.votes.items() if name != MOVING)
    if named == 0:
        return 0.0
    return round(track.score * track.votes[track.class_name] / named, 3)


def _load(track: Track) -> tuple[Load | None, float]:
    if track.class_name not in TRUCK_CLASSES | {MOVING}:
        return None, 0.0
    votes = dict.fromkeys(_LOADS.values(), 0.0)
    count = 0
    for body in track.bodies:
        if body.class_name in _LOADS:
            votes[_LOADS[body.class_name]] += body.score
            count += 1
    if count < _LEAST_BODIES:
        return None, 0.0
    best = max(votes, key=lambda load: votes[load])
    share = votes[best] / sum(votes.values())
    # Two pictures more halve what is left of the doubt, down to what the pictures disagree.
    return best, round(share * (1 - 0.5 ** (count / 2)), 3)


def _raised(track: Track, known: frozenset[str]) -> bool | None:
    if "body_raised" not in known:
        return None
    bodies = list(track.bodies)
    if len(bodies) < _LEAST_BODIES:
        return None
    raised = sum(body.class_name == "body_raised" for body in bodies)
    return raised / len(bodies) >= _RAISED_SHARE
