"""From a judgement to its report: one HTML file with tables, a chart and pictures."""

from __future__ import annotations

import html
import json
from collections import defaultdict
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from alerts.kind import ALERT_KINDS
from alerts.why import LANGUAGES
from app.evaluation.judgement import Judgement
from app.evaluation.report.cases import cases_of, fair_share, shown
from app.evaluation.truth import EvaluationSet
from app.report.document import filled, import_map, inline_json

_SHARED = ("words", "format")  # of the backtest's report
_OWN = ("tables", "waits", "cases")


class Written(msgspec.Struct, frozen=True):
    """How large the file is, how many misses and false alarms it shows and leaves out."""

    bytes: int
    cases: int
    left_out: int


def write_report(
    path: Path,
    evaluation: EvaluationSet,
    judgement: Judgement,
    *,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Written:
    """Write the report; pictures are taken from the clips once more.

    Raises:
        OSError: the file cannot be written, or a clip cannot be read.
    """
    every = cases_of(judgement.events)
    chosen = fair_share(every)
    pictured = list(shown(evaluation, chosen, lambda done: progress(done, len(chosen))))
    left_out = len(every) - len(chosen)
    text = _document(_data(evaluation, judgement, pictured, left_out)).encode()
    path.write_bytes(text)
    return Written(len(text), len(chosen), left_out)


def words(language: str) -> dict[str, str]:
    """Every text of the page, by key."""
    text = files("app.evaluation.report").joinpath(f"i18n/{language}.json").read_text("utf-8")
    found: dict[str, str] = json.loads(text)
    return found


def _data(
    evaluation: EvaluationSet, judgement: Judgement, cases: list[Any], left_out: int
) -> dict[str, Any]:
    waits: defaultdict[str, defaultdict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for found in judgement.events.found:
        waits[found.clip.source][found.event.kind].append(round(found.alert_s, 2))
    return {
        "name": evaluation.folder.resolve().name,
        "kinds": {k.id: {"zh-CN": k.zh, "en": k.en} for k in ALERT_KINDS.values()},
        "summary": judgement.summary(),
        "waits": waits,
        "cases": cases,
        "left_out": left_out,
    }


def _document(data: dict[str, Any]) -> str:
    own = files("app.evaluation.report").joinpath("web")
    shared = files("app.report").joinpath("web")
    modules = {name: shared.joinpath(f"{name}.js").read_text("utf-8") for name in _SHARED}
    modules |= {name: own.joinpath(f"{name}.js").read_text("utf-8") for name in _OWN}
    return filled(
        own.joinpath("evaluation.html").read_text("utf-8"),
        {
            "title": html.escape(f"{data['name']} {words(LANGUAGES[0])['title']}"),
            "style": shared.joinpath("report.css").read_text("utf-8")
            + own.joinpath("evaluation.css").read_text("utf-8"),
            "imports": import_map(modules),
            "words": inline_json({language: words(language) for language in LANGUAGES}),
            "data": inline_json(data),
            "main": own.joinpath("main.js").read_text("utf-8"),
        },
    )
