"""At which truck each passer of a clip is laid, and what that shows (归因运行)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import msgspec
import numpy as np

from alerts.attribution import Attribution
from alerts.attribution_match import FleetKnown, attribute
from alerts.attribution_motion import VehicleFixes
from alerts.attribution_parameters import AttributionParameters
from alerts.attribution_seen import seen_of, seen_of_event
from alerts.gate_findings import gate_findings
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


@dataclass(frozen=True, slots=True)
class Laying:
    """`outcomes` with what passages show against the register; `answers` by clip and track.

    `answers` has only the clips about whose time there are positions.
    """

    outcomes: Mapping[str, ClipOutcome]
    answers: Mapping[str, Mapping[UUID, Attribution]]


def lay(
    evaluation: EvaluationSet, clips: Sequence[Clip], outcomes: Mapping[str, ClipOutcome]
) -> Laying:
    """Lay who passed in each clip; without positions nobody can be.

    Trips and the offset of a camera's clock, which production has learned, are not known here.

    Raises:
        TrackError: a row of the positions cannot be read.
    """
    if evaluation.positions is None:
        return Laying(outcomes, {})
    site = evaluation.site
    of_vehicle: defaultdict[str, list[Position]] = defaultdict(list)
    for position in read_tracks(evaluation.positions, site.timezone):
        of_vehicle[position.vehicle_id].append(position)
    heard = {vehicle: VehicleFixes.of(vehicle, own) for vehicle, own in of_vehicle.items()}
    gap_s = AttributionParameters.of(site.rules).most_gap_s
    told: dict[str, ClipOutcome] = {}
    answers: dict[str, Mapping[UUID, Attribution]] = {}
    for clip in clips:
        outcome = told[clip.name] = outcomes[clip.name]
        begin_s = clip.starts_at.timestamp()
        span = (begin_s - gap_s, begin_s + clip.seconds + gap_s)
        fixes = {v: own for v, own in heard.items() if _told_within(own, *span)}
        if not fixes:
            continue
        tracks = {seen.track_uid: seen for seen in seen_of(outcome.sightings)}
        for event in outcome.events:
            seen = seen_of_event(event, site.cameras[clip.camera_id])
            if seen is not None:
                tracks.setdefault(seen.track_uid, seen)
        now = clip.starts_at + timedelta(seconds=clip.seconds) + _ALL_IN
        # An extract: whose positions are of other clips' times only, its terminal was not silent.
        fleet = FleetKnown(fixes, now, elsewhere=frozenset(heard.keys() - fixes.keys()))
        found = {a.track_uid: a for a in attribute(list(tracks.values()), fleet, site)}
        findings = [
            finding
            for sighting in outcome.sightings
            if sighting.track_uid in found
            for finding in gate_findings(sighting, found[sighting.track_uid], site, fleet)
        ]
        answers[clip.name] = found
        told[clip.name] = msgspec.structs.replace(outcome, events=(*outcome.events, *findings))
    return Laying(told, answers)


def _told_within(fixes: VehicleFixes, begin_s: float, end_s: float) -> bool:
    return bool(np.any((fixes.at_s >= begin_s) & (fixes.at_s <= end_s)))


def laid_of(laying: Laying, events: EventScores, passages: PassageScores) -> Iterable[Laid]:
    """Answers beside the truth, of the passages and events that were found."""
    for passed in passages.found:
        of_clip = laying.answers.get(passed.clip.name)
        if of_clip is not None:
            true, answer = passed.passage, of_clip.get(passed.seen.track_uid)
            yield Laid(passed.clip, PASSAGE, true.at_s, true.vehicle_id, answer)
    for found in events.found:
        of_clip = laying.answers.get(found.clip.name)
        if of_clip is None or found.event.kind.startswith("camera_"):
            continue
        passer = laying.outcomes[found.clip.name].events[found.alarm.number].passer
        uid = None if passer is None else passer.track_uid
        answer = None if uid is None else of_clip.get(uid)
        true_vehicle = found.event.vehicle_id
        yield Laid(found.clip, found.event.kind, found.event.started_s, true_vehicle, answer)
