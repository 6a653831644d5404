"""What a run has to reach, for a pipeline that must stop where it does not (达标要求)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from alerts.kind import ALERT_KINDS
from app.evaluation.judgement import Judgement
from app.evaluation.score import ALL
from app.evaluation.truth import Source

AT_LEAST = ("recall", "precision", "f1")
AT_MOST = ("alert_p50_s", "alert_p90_s", "false", "false_per_hour", "false_per_day")
_LAID_AT_LEAST, _LAID_AT_MOST = "laid_right", "laid_wrong"
_FORM = re.compile(r"(?:(?P<source>\w+):)?(?:(?P<kind>\w+)\.)?(?P<measure>\w+)=(?P<value>[\d.]+)")


class LimitError(ValueError):
    """A limit that cannot be read; the message says which."""


@dataclass(frozen=True, slots=True)
class Limit:
    """`source` and `kind` None: of each source, and of all kinds of event together."""

    measure: str
    value: float
    source: str | None = None
    kind: str | None = None

    def __str__(self) -> str:
        at_most = self.measure in AT_MOST or self.measure == _LAID_AT_MOST
        what = f"{self.kind}." if self.kind else ""
        return f"{what}{self.measure} {'≤' if at_most else '≥'} {self.value:g}"


@dataclass(frozen=True, slots=True)
class Unmet:
    """`measured` None: there was nothing to measure it on."""

    limit: Limit
    source: str
    measured: float | None

    def __str__(self) -> str:
        told = "nothing to measure" if self.measured is None else f"{self.measured:.4g}"
        return f"{self.source}: {self.limit}: {told}"


def parse_limits(text: str) -> list[Limit]:
    """`[SOURCE:][KIND.]MEASURE=VALUE`, several separated by commas.

    Raises:
        LimitError: the form, the source, the kind or the measure is unknown.
    """
    limits = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        form = _FORM.fullmatch(part)
        if form is None:
            raise LimitError(f"{part!r}: [SOURCE:][KIND.]MEASURE=VALUE is needed")
        measures = (*AT_LEAST, *AT_MOST, _LAID_AT_LEAST, _LAID_AT_MOST)
        source, kind, measure = form["source"], form["kind"], form["measure"]
        if measure not in measures:
            raise LimitError(f"{measure!r} is none of {', '.join(measures)}")
        if source is not None and source not in set(Source):
            raise LimitError(f"{source!r} is none of {', '.join(Source)}")
        if kind is not None and kind not in ALERT_KINDS and kind != "passage":
            raise LimitError(f"{kind!r} is no kind of alert")
        try:
            limits.append(Limit(measure, float(form["value"]), source, kind))
        except ValueError as error:
            raise LimitError(f"{form['value']!r} is no number") from error
    return limits


def unmet(judgement: Judgement, limits: Iterable[Limit]) -> list[Unmet]:
    """Those that do not hold; what cannot be measured does not hold."""
    found = []
    for limit in limits:
        sources = sorted({c.source.value for c in judgement.clips})
        for source in [limit.source] if limit.source else sources:
            measured = _measured(judgement, limit, source)
            low = limit.measure in AT_LEAST or limit.measure == _LAID_AT_LEAST
            holds = measured is not None and (
                measured >= limit.value if low else measured <= limit.value
            )
            if not holds:
                found.append(Unmet(limit, source, measured))
    return found


def _measured(judgement: Judgement, limit: Limit, source: str) -> float | None:
    if limit.measure in (_LAID_AT_LEAST, _LAID_AT_MOST):
        rows = [
            row
            for row in judgement.layings
            if row.source == source and row.condition == ALL and limit.kind in (None, row.what)
        ]
        count = sum(row.count for row in rows)
        if not count:
            return None
        if limit.measure == _LAID_AT_MOST:
            return float(sum(row.named_wrong for row in rows))
        own = [row for row in rows if row.of_fleet]
        return sum(row.right for row in own) / max(sum(row.count for row in own), 1)
    for row in judgement.events.rows:
        if (row.source, row.kind, row.condition) == (source, limit.kind or ALL, ALL):
            value = getattr(row, limit.measure)
            return None if value is None else float(value)
    return None
