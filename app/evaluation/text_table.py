"""The scores as tables for a terminal (评测表)."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table

from alerts.kind import ALERT_KINDS
from app.evaluation.judgement import Judgement
from app.evaluation.laying_score import LayingScore
from app.evaluation.passage_score import PassageScore, PassageScores
from app.evaluation.score import ALL, DistractorScore, EventScore, EventScores, Interval


def tables(judgement: Judgement) -> Iterable[Table]:
    """Of events, distractors, passages and attribution, as far as there is any."""
    yield from _event_tables(judgement.events)
    if judgement.events.distractors:
        yield _distractor_table(judgement.events.distractors)
    if any(row.passages or row.extra for row in judgement.passages.rows):
        yield _passage_table(judgement.passages.rows)
    if judgement.layings:
        yield _laying_table(judgement.layings)


def _event_tables(scores: EventScores) -> Iterable[Table]:
    """One a source; a kind with one condition is told once."""
    for source in sorted({row.source for row in scores.rows}):
        table = Table(title=f"{source}: 事件 events")
        for heading in (
            "告警 kind", "condition", "events", "found", "recall", "precision", "F1",
            "alert s p50/p90", "false", "dup", "a day", "hours", "confirmed", "place m p50/p90",
        ):  # fmt: skip
            table.add_column(heading)
        rows = [row for row in scores.rows if row.source == source]
        conditions = {row.condition for row in rows} - {ALL}
        for row in rows:
            if not (len(conditions) == 1 and row.condition == ALL):
                table.add_row(*_cells(row), end_section=row.condition == ALL)
        yield table


def _distractor_table(rows: Iterable[DistractorScore]) -> Table:
    table = Table(title="干扰 distractors")
    for heading in ("source", "what", "times", "with a false alarm", "false alarms", "of kind"):
        table.add_column(heading)
    for row in rows:
        kinds = " ".join(f"{kind} {count}" for kind, count in row.kinds.items())
        table.add_row(
            row.source, row.what or "(none near)", str(row.times) if row.what else "",
            str(row.with_alarm) if row.what else "", str(row.alarms), kinds,
        )  # fmt: skip
    return table


def _passage_table(rows: Iterable[PassageScore]) -> Table:
    table = Table(title="过车 passages (right / wrong / untold)")
    for heading in (
        "source", "condition", "passages", "found", "recall", "extra", "precision", "direction",
        "class", "load", "plate", "time s p50/p90", "speed km/h p50/p90",
    ):  # fmt: skip
        table.add_column(heading)
    for row in rows:
        told = (row.direction, row.class_name, row.load, row.plate)
        table.add_row(
            row.source, row.condition, str(row.passages), str(row.found),
            share(row.recall, row.recall_95), str(row.extra),
            share(row.precision, row.precision_95),
            *(f"{t.right} / {t.wrong} / {t.untold}" for t in told),
            pair(row.time_p50_s, row.time_p90_s), pair(row.speed_p50_kmh, row.speed_p90_kmh),
        )  # fmt: skip
    return table


def _laying_table(rows: Iterable[LayingScore]) -> Table:
    table = Table(title="归因 attribution")
    for heading in (
        "source",
        "of",
        "whose",
        "condition",
        "count",
        "right",
        "named",
        "named wrong",
        "asked",
    ):
        table.add_column(heading)
    for row in rows:
        table.add_row(
            row.source, row.what, "fleet" if row.of_fleet else "other", row.condition,
            str(row.count), share(row.right_share, row.right_95), str(row.named),
            str(row.named_wrong), str(row.asked),
        )  # fmt: skip
    return table


def _cells(row: EventScore) -> list[str]:
    name = ALERT_KINDS[row.kind].zh + " " + row.kind if row.kind in ALERT_KINDS else row.kind
    return [
        name,
        row.condition,
        str(row.events),
        str(row.found),
        share(row.recall, row.recall_95),
        share(row.precision, row.precision_95),
        "–" if row.f1 is None else f"{row.f1:.3f}",
        pair(row.alert_p50_s, row.alert_p90_s),
        str(row.false),
        str(row.duplicates),
        f"{row.false_per_day:.1f} (<{24 * row.false_per_hour_most:.0f})",
        f"{row.hours:.2f}",
        str(row.confirmed),
        pair(row.place_p50_m, row.place_p90_m),
    ]


def share(value: float | None, interval: Interval | None) -> str:
    if value is None or interval is None:
        return "–"
    return f"{value:.3f} [{interval[0]:.2f}, {interval[1]:.2f}]"


def pair(p50: float | None, p90: float | None) -> str:
    return "–" if p50 is None or p90 is None else f"{p50:.1f} / {p90:.1f}"


def detail_lines(judgement: Judgement) -> Iterable[str]:
    """Every miss and every false alarm in a line, to be looked up in its clip."""
    scores = judgement.events
    for missed in scores.missed:
        event = missed.event
        yield (
            f"MISS  {missed.clip.name} {missed.clip.condition} {event.kind} {event.what} "
            f"{event.started_s:.1f} s, visible {event.visible_s:.1f} s, box {_box(event.box)}"
        )
    for wrong in scores.wrong:
        alarm = wrong.false.alarm
        near = f" of {wrong.false.near.kind} {wrong.false.near.what}" if wrong.false.near else ""
        yield (
            f"FALSE {wrong.clip.name} {wrong.clip.condition} {alarm.kind} "
            f"{alarm.started_s:.1f} s, told {alarm.raised_s:.1f} s, box {_box(alarm.box)}: "
            f"{wrong.false.fault}{near}; {' '.join(wrong.distractors) or 'no distractor'}"
        )
    yield from _passage_lines(judgement.passages)


def _box(box: tuple[float, ...]) -> str:
    return " ".join(f"{side:.0f}" for side in box)


def _passage_lines(scores: PassageScores) -> Iterable[str]:
    for clip, passage in scores.missed:
        yield (
            f"UNSEEN {clip.name} {clip.condition} {passage.class_name} "
            f"{passage.direction or ''} {passage.plate} {passage.at_s:.1f} s"
        )
    for clip, seen in scores.extra:
        yield (
            f"EXTRA {clip.name} {clip.condition} {seen.class_name} {seen.direction or ''} "
            f"{seen.at_s:.1f} s"
        )
