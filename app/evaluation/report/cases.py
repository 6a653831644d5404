"""Every miss and every false alarm, with what the camera showed then (漏报与误报图例)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from app.evaluation.report.stills import close_up, stills, whole
from app.evaluation.score import EventScores
from app.evaluation.truth import Clip, EvaluationSet
from detection.scene_event import Box

MOST_CASES = 240
"""Some 130 kB each: a report of them all stays near 30 MB."""
BEFORE, AT, AFTER = "before", "at", "after"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """One to be looked at: `boxes` are `true` and `told`, as far as there are, in pixels.

    `moments` are the seconds of the pictures before, at and after.
    """

    clip: Clip
    what: str
    kind: str
    fault: str
    about: str
    started_s: float
    told_s: float | None
    boxes: dict[str, Box]
    moments: tuple[tuple[str, float], ...]
    distractors: tuple[str, ...] = ()


def cases_of(scores: EventScores) -> list[Case]:
    """Misses first, then false alarms, each in the order of the clips."""
    found = []
    for missed in scores.missed:
        event, clip = missed.event, missed.clip
        end = clip.seconds if event.ended_s is None else min(event.ended_s, clip.seconds)
        found.append(
            Case(
                clip, "miss", event.kind, "", event.what, event.started_s, None,
                {"true": event.box},
                (
                    (BEFORE, event.started_s - 2),
                    (AT, event.visible_s + 0.5),
                    (AFTER, max(min(event.visible_s + 10, end - 0.2), event.visible_s)),
                ),
            )
        )  # fmt: skip
    for wrong in scores.wrong:
        alarm, near = wrong.false.alarm, wrong.false.near
        boxes = {"told": alarm.box} | ({"true": near.box} if near is not None else {})
        found.append(
            Case(
                wrong.clip, "false", alarm.kind, wrong.false.fault.value,
                near.what or near.kind if near else "", alarm.started_s, alarm.raised_s, boxes,
                (
                    (BEFORE, alarm.started_s - 2),
                    (AT, alarm.started_s + 0.5),
                    (AFTER, alarm.raised_s),
                ),
                wrong.distractors,
            )
        )  # fmt: skip
    return found


def fair_share(cases: Sequence[Case], most: int = MOST_CASES) -> list[Case]:
    """At most `most`: of each source, kind and sort alike, what one leaves over to the others."""
    groups: dict[tuple[str, str, str], list[Case]] = {}
    for case in cases:
        groups.setdefault((case.clip.source, case.what, case.kind), []).append(case)
    kept: list[Case] = []
    for number, group in enumerate(sorted(groups.values(), key=len)):
        share = min(len(group), (most - len(kept)) // (len(groups) - number))
        kept += [group[i * len(group) // share] for i in range(share)]
    order = {id(case): n for n, case in enumerate(cases)}
    return sorted(kept, key=lambda case: order[id(case)])


def shown(
    evaluation: EvaluationSet,
    cases: Iterable[Case],
    progress: Callable[[int], None] = lambda _done: None,
) -> Iterable[Json]:
    """The cases with their pictures, one clip's at a time.

    Raises:
        StreamError: a clip cannot be read any more.
    """
    for done, case in enumerate(cases, 1):
        frames = stills(evaluation.path(case.clip), [at_s for _, at_s in case.moments])
        pictures = []
        for moment, at_s in case.moments:
            if at_s not in frames:
                continue
            near, of = close_up(frames[at_s], case.boxes)
            pictures.append(
                {
                    "moment": moment,
                    "at_s": round(max(at_s, 0.0), 2),
                    "whole": whole(frames[at_s]),
                    "near": near,
                    "near_of": of,
                }
            )
        yield {
            "clip": case.clip.name,
            "source": case.clip.source.value,
            "condition": case.clip.condition.value,
            "width_px": case.clip.width_px,
            "height_px": case.clip.height_px,
            "what": case.what,
            "kind": case.kind,
            "fault": case.fault,
            "about": case.about,
            "started_s": round(case.started_s, 2),
            "told_s": None if case.told_s is None else round(case.told_s, 2),
            "boxes": {name: [round(side, 1) for side in box] for name, box in case.boxes.items()},
            "distractors": list(case.distractors),
            "pictures": pictures,
        }
        progress(done)
