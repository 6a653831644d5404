"""What a run has to reach."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.evaluation.judgement import Judgement
from app.evaluation.laying_score import Laid, score_layings
from app.evaluation.limits import LimitError, parse_limits, unmet
from app.evaluation.matching import Alarm
from app.evaluation.passage_score import PassageScores
from app.evaluation.score import score_events
from app.evaluation.truth import Clip, Condition, Source, TrueEvent
from tests.app.test_evaluate_passages import CASES

BOX = (0.0, 0.0, 40.0, 40.0)


@pytest.fixture
def judgement() -> Judgement:
    """Rendered: 3 of 4 found after 8 s, one false; real footage: half an hour and no event."""
    t0 = datetime(2026, 5, 1, tzinfo=UTC)
    clips = [
        Clip("a", "c", "a", Condition.DAY, Source.SYNTHETIC, 1800, 640, 360, t0),
        Clip("r", "c", "r", Condition.DAY, Source.REAL, 1800, 640, 360, t0),
    ]
    events = [TrueEvent("a", "spillage", t, t, None, BOX) for t in (100, 200, 300, 400)]
    alarms = [Alarm("a", n, "spillage", t, t, BOX) for n, t in enumerate((108, 208, 308, 900))]
    laid = score_layings([Laid(clips[0], "passage", 1, *case[:2]) for case in CASES[:3]])
    return Judgement(
        clips=tuple(clips),
        events=score_events(clips, events, [], {"a": alarms}),
        passages=PassageScores((), (), (), ()),
        layings=laid,
        cpu_s=1,
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("synthetic:recall=0.75", []),
        ("synthetic:recall=0.76", ["synthetic: recall ≥ 0.76: 0.75"]),
        ("synthetic:spillage.precision=0.8", ["synthetic: spillage.precision ≥ 0.8: 0.75"]),
        ("synthetic:alert_p90_s=8,real:false_per_day=0", []),
        ("synthetic:alert_p90_s=7.9", ["synthetic: alert_p90_s ≤ 7.9: 8"]),
        ("false=0", ["synthetic: false ≤ 0: 1"]),
        ("recall=0.5", ["real: recall ≥ 0.5: nothing to measure"]),
        ("synthetic:open_load.recall=0", ["synthetic: open_load.recall ≥ 0: nothing to measure"]),
        ("synthetic:laid_wrong=0", ["synthetic: laid_wrong ≤ 0: 2"]),
        ("synthetic:passage.laid_right=0.3", []),
        ("real:laid_right=0.3", ["real: laid_right ≥ 0.3: nothing to measure"]),
        ("", []),
    ],
)  # fmt: skip
def test_limits_hold_or_say_what_was_measured(judgement, text, told):
    assert [str(one) for one in unmet(judgement, parse_limits(text))] == told


@pytest.mark.parametrize(
    "text", ["recall", "recall>0.9", "speed=1", "moon:recall=1", "litter.recall=1", "recall=1.2.3"]
)
def test_a_limit_that_cannot_be_read_is_named(text):
    with pytest.raises(LimitError):
        parse_limits(text)
