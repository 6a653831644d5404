"""Which clips of a set are run (选片)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alerts.kind import ALERT_KINDS
from app.evaluation.truth import Clip, Condition, EvaluationSet
from detection.training.split import SPLITS, Membership, check_splits, split_of


class ChoiceError(ValueError):
    """What was asked for does not exist; the message says what there is."""


@dataclass(frozen=True, slots=True)
class Only:
    """A kind, a condition or both; None does not limit."""

    kind: str | None = None
    condition: Condition | None = None

    @classmethod
    def parse(cls, text: str) -> Only:
        """`KIND`, `KIND/CONDITION` or `/CONDITION`.

        Raises:
            ChoiceError: no such kind or condition.
        """
        kind, _, condition = text.partition("/")
        if kind and kind not in ALERT_KINDS:
            raise ChoiceError(f"{kind!r} is no kind of alert")
        if condition and condition not in set(Condition):
            raise ChoiceError(f"{condition!r} is none of {', '.join(Condition)}")
        return cls(kind or None, Condition(condition) if condition else None)


def choose_clips(
    evaluation: EvaluationSet, *, split: str | None = None, only: Sequence[Only] = ()
) -> list[Clip]:
    """The clips of a split, and of any of `only`, in the folder's order.

    Of a kind are the clips with such an event, and those without any: there it can be a false
    alarm. A split is by scene; cameras of rendered scenes stand for many places and are not
    looked at, real ones are.

    Raises:
        ChoiceError: no such split, or no clip is left.
        SplitError: a real camera would be in two splits.
    """
    clips = list(evaluation.clips)
    if split is not None:
        if split not in SPLITS:
            raise ChoiceError(f"{split!r} is none of {', '.join(SPLITS)}")
        check_splits(_memberships(clips))
        clips = [clip for clip in clips if split_of(clip.scene) == split]
    kinds = {
        clip.name: {e.kind for e in evaluation.events if e.clip == clip.name} for clip in clips
    }
    if only:
        clips = [clip for clip in clips if any(_fits(one, clip, kinds[clip.name]) for one in only)]
    if not clips:
        raise ChoiceError("no clip is left by that choice")
    return clips


def _memberships(clips: Sequence[Clip]) -> list[Membership]:
    return [
        Membership(
            split_of(clip.scene), clip.scene, "" if clip.source == "synthetic" else clip.camera_id
        )
        for clip in clips
    ]


def _fits(only: Only, clip: Clip, kinds: set[str]) -> bool:
    if only.condition is not None and clip.condition != only.condition:
        return False
    return only.kind is None or not kinds or only.kind in kinds
