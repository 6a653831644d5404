"""Whether the right truck was named (归因评分). Pure: answers and truth in, scores out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from alerts.attribution import Attribution
from app.evaluation.interval import wilson
from app.evaluation.score import ALL, Interval
from app.evaluation.truth import Clip


class Answer(StrEnum):
    """What was answered of a passage or an event, against who it truly was."""

    NAMED_RIGHT = "named_right"  # 直接认定,正确
    NAMED_WRONG = "named_wrong"  # 直接认定,错误: must never be
    ASKED_FIRST = "asked_first"  # 交人工,首选正确
    ASKED_AMONG = "asked_among"  # 交人工,候选中有
    ASKED_WITHOUT = "asked_without"  # 交人工,候选中无
    NOBODY_RIGHT = "nobody_right"  # 非在册车辆,正确
    NOBODY_WRONG = "nobody_wrong"  # 非在册车辆,错误
    NOT_LAID = "not_laid"  # 未归因


@dataclass(frozen=True, slots=True)
class Laid:
    """An answer beside the truth; `what` is `passage` or the kind of event.

    `attribution` is None where nobody was seen at whom it could be laid. `vehicle_id` "" is no
    truck of the fleet.
    """

    clip: Clip
    what: str
    at_s: float
    vehicle_id: str
    attribution: Attribution | None


@dataclass(frozen=True, slots=True)
class LayingScore:
    """`right` are named, first of those asked about, or rightly nobody; `answers` all, by word.

    `of_fleet`: of vehicles of the fleet; of others all that can go wrong is that one is blamed.
    """

    source: str
    what: str
    of_fleet: bool
    condition: str
    count: int
    right: int
    right_share: float | None
    right_95: Interval | None
    named: int
    named_wrong: int
    asked: int
    answers: dict[str, int]


def answer_of(laid: Laid) -> Answer:
    """An attribution without a named vehicle is a question to a person, or says nobody."""
    attribution, true = laid.attribution, laid.vehicle_id
    if attribution is None:
        return Answer.NOT_LAID
    if attribution.vehicle_id is not None:
        return Answer.NAMED_RIGHT if attribution.vehicle_id == true else Answer.NAMED_WRONG
    candidates = attribution.candidates
    if not candidates or attribution.nobody > candidates[0].confidence:
        return Answer.NOBODY_WRONG if true else Answer.NOBODY_RIGHT
    if candidates[0].vehicle_id == true:
        return Answer.ASKED_FIRST
    among = any(candidate.vehicle_id == true for candidate in candidates)
    return Answer.ASKED_AMONG if among else Answer.ASKED_WITHOUT


_RIGHT = (Answer.NAMED_RIGHT, Answer.ASKED_FIRST, Answer.NOBODY_RIGHT)
_ASKED = (Answer.ASKED_FIRST, Answer.ASKED_AMONG, Answer.ASKED_WITHOUT)


def _group(laid: Laid) -> tuple[str, str, bool]:
    return laid.clip.source.value, laid.what, not laid.vehicle_id


def score_layings(all_laid: Iterable[Laid]) -> tuple[LayingScore, ...]:
    laid = list(all_laid)
    groups = sorted({_group(one) for one in laid})
    rows = []
    for source, what, stranger in groups:
        own = [one for one in laid if _group(one) == (source, what, stranger)]
        for condition in (*sorted({one.clip.condition for one in own}), ALL):
            answers = Counter(
                answer_of(one) for one in own if condition in (ALL, one.clip.condition)
            )
            count, right = answers.total(), sum(answers[a] for a in _RIGHT)
            rows.append(
                LayingScore(
                    source=source,
                    what=what,
                    of_fleet=not stranger,
                    condition=condition,
                    count=count,
                    right=right,
                    right_share=right / count if count else None,
                    right_95=wilson(right, count),
                    named=answers[Answer.NAMED_RIGHT] + answers[Answer.NAMED_WRONG],
                    named_wrong=answers[Answer.NAMED_WRONG],
                    asked=sum(answers[a] for a in _ASKED),
                    answers={a.value: answers[a] for a in Answer if answers[a]},
                )
            )
    return tuple(rows)
