"""What the camera path told of one clip (单片结果)."""

from __future__ import annotations

import msgspec

from app.evaluation.matching import Alarm
from app.evaluation.passage_matching import Seen
from app.evaluation.truth import Clip
from detection.scene_event import SceneEvent
from detection.sighting import Sighting


class ClipOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """All that was told, without its pictures: the clip has them.

    Attributes:
        events: in the order in which they were first told; an end that came is in them.
        analysed, detected: frames shown to the path, and frames that the model looked at.
        cpu_s: of the process, decoding included.
    """

    clip: str
    events: tuple[SceneEvent, ...]
    sightings: tuple[Sighting, ...]
    analysed: int
    detected: int
    cpu_s: float


def alarms_of(clip: Clip, outcome: ClipOutcome) -> list[Alarm]:
    return [
        Alarm(
            clip.name,
            number,
            event.kind,
            (event.started_at - clip.starts_at).total_seconds(),
            (event.raised_at - clip.starts_at).total_seconds(),
            event.box,
            event.suspected,
            event.class_name,
            event.lon,
            event.lat,
        )
        for number, event in enumerate(outcome.events)
    ]


def seen_of(clip: Clip, outcome: ClipOutcome) -> list[Seen]:
    return [
        Seen(
            clip.name,
            sighting.track_uid,
            (sighting.at - clip.starts_at).total_seconds(),
            sighting.direction,
            sighting.class_name,
            sighting.load,
            sighting.speed_kmh,
            sighting.plate.text if sighting.plate else "",
        )
        for sighting in outcome.sightings
    ]
