"""What was told against what is true, all of it, and its figures as JSON (评测结论)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from app.evaluation.laying import laid_of, lay
from app.evaluation.laying_score import LayingScore, score_layings
from app.evaluation.outcome import ClipOutcome, alarms_of, seen_of
from app.evaluation.passage_score import PassageScores, score_passages
from app.evaluation.score import EventScores, score_events
from app.evaluation.truth import Clip, EvaluationSet
from config.camera import CameraZoneKind


@dataclass(frozen=True, slots=True)
class Judgement:
    clips: tuple[Clip, ...]
    events: EventScores
    passages: PassageScores
    layings: tuple[LayingScore, ...]
    cpu_s: float

    def summary(self) -> dict[str, Any]:
        """All figures, as `docs/evaluation.md` describes them."""
        return {
            "clips": len(self.clips),
            "footage_s": round(sum(clip.seconds for clip in self.clips), 1),
            "cpu_s": round(self.cpu_s, 1),
            "events": [asdict(row) for row in self.events.rows],
            "distractors": [asdict(row) for row in self.events.distractors],
            "passages": [asdict(row) for row in self.passages.rows],
            "attribution": [asdict(row) for row in self.layings],
        }


def judge(
    evaluation: EvaluationSet, clips: Sequence[Clip], outcomes: Mapping[str, ClipOutcome]
) -> Judgement:
    """Score the outcomes of `clips`.

    Raises:
        TrackError: the folder's positions cannot be read.
    """
    laying = lay(evaluation, clips, outcomes)
    told = laying.outcomes
    alarms = {clip.name: alarms_of(clip, told[clip.name]) for clip in clips}
    seen = {clip.name: seen_of(clip, told[clip.name]) for clip in clips}
    lined = {
        camera.id
        for camera in evaluation.site.cameras.values()
        if any(zone.kind is CameraZoneKind.GATE_LINE for zone in camera.zones)
    }
    events = score_events(clips, evaluation.events, evaluation.distractors, alarms)
    passages = score_passages(clips, evaluation.passages, seen, lined)
    return Judgement(
        clips=tuple(clips),
        events=events,
        passages=passages,
        layings=score_layings(laid_of(laying, events, passages)),
        cpu_s=sum(outcomes[clip.name].cpu_s for clip in clips),
    )
