"""At which truck each passer of a clip is laid, as production lays it (归因运行)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from alerts.attribution import Attribution
from alerts.attribution_match import FleetKnown, attribute
from alerts.attribution_motion import VehicleFixes
from alerts.attribution_seen import seen_of, seen_of_event
from app.evaluation.laying_score import Laid
from app.evaluation.outcome import ClipOutcome
from app.evaluation.passage_score import PassageScores
from app.evaluation.score import EventScores
from app.evaluation.truth import Clip, EvaluationSet
from ingest.position import Position
from ingest.tracks import read_tracks

PASSAGE = "passage"
_ALL_IN = timedelta(hours=1)
"""After the clip: every position has come by then."""


def lay(
    evaluation: EvaluationSet, clips: Sequence[Clip], outcomes: Mapping[str, ClipOutcome]
) -> dict[str, dict[UUID, Attribution]]:
    """Clip name -> track -> answer; nothing where the folder has no positions.

    Raises:
        TrackError: a row of the positions cannot be read.
    """
    if evaluation.positions is None:
        return {}
    site = evaluation.site
    of_vehicle: defaultdict[str, list[Position]] = defaultdict(list)
    for position in read_tracks(evaluation.positions, site.timezone):
        of_vehicle[position.vehicle_id].append(position)
    fixes = {vehicle: VehicleFixes.of(vehicle, own) for vehicle, own in of_vehicle.items()}
    answers = {}
    for clip in clips:
        outcome = outcomes[clip.name]
        tracks = {seen.track_uid: seen for seen in seen_of(outcome.sightings)}
        for event in outcome.events:
            seen = seen_of_event(event, site.cameras[clip.camera_id])
            if seen is not None:
                tracks.setdefault(seen.track_uid, seen)
        now = clip.starts_at + timedelta(seconds=clip.seconds) + _ALL_IN
        found = attribute(list(tracks.values()), FleetKnown(fixes, now), site)
        answers[clip.name] = {answer.track_uid: answer for answer in found}
    return answers


def laid_of(
    answers: Mapping[str, Mapping[UUID, Attribution]],
    outcomes: Mapping[str, ClipOutcome],
    events: EventScores,
    passages: PassageScores,
) -> Iterable[Laid]:
    """Answers beside the truth, of the passages and events that were found."""
    for passed in passages.found:
        of_clip = answers.get(passed.clip.name)
        if of_clip is not None:
            true, answer = passed.passage, of_clip.get(passed.seen.track_uid)
            yield Laid(passed.clip, PASSAGE, true.at_s, true.vehicle_id, answer)
    for found in events.found:
        of_clip = answers.get(found.clip.name)
        if of_clip is None or found.event.kind.startswith("camera_"):
            continue
        passer = outcomes[found.clip.name].events[found.alarm.number].passer
        uid = None if passer is None else passer.track_uid
        answer = None if uid is None else of_clip.get(uid)
        true_vehicle = found.event.vehicle_id
        yield Laid(found.clip, found.event.kind, found.event.started_s, true_vehicle, answer)
