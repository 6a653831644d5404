"""Commands about what the camera path is worth: `evaluate`, `export-labels`."""

from __future__ import annotations

import json
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.measure import Measurement

from app.commands.terminal import out, progress_bar
from config.settings import Settings, VisionSettings


def evaluate(
    folder: Annotated[
        Path,
        typer.Argument(help="evaluation folder (docs/evaluation.md)", exists=True, file_okay=False),
    ],
    model: Annotated[
        Path | None, typer.Option(help="instead of the one in the settings", exists=True)
    ] = None,
    runtime: Annotated[str | None, typer.Option(help="instead of the one in the settings")] = None,
    split: Annotated[str | None, typer.Option(help="train, val or test, by scene")] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="KIND, KIND/CONDITION or /CONDITION; repeatable")
    ] = None,
    processes: Annotated[int, typer.Option(min=1, help="clips run at a time")] = 1,
    cache: Annotated[
        Path | None,
        typer.Option(help="keep each clip's outcome here, and go on from there", file_okay=False),
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--out", help="write a report, one HTML file", dir_okay=False)
    ] = None,
    to_json: Annotated[
        Path | None, typer.Option("--json", help="write the scores", dir_okay=False)
    ] = None,
    require: Annotated[
        list[str] | None,
        typer.Option(help="[SOURCE:][KIND.]MEASURE=LIMIT,…; ends with 3 where one does not hold"),
    ] = None,
    details: Annotated[
        bool, typer.Option("--list", help="name every miss and every false alarm")
    ] = False,
) -> None:
    """Put clips with known events through the camera path, and score what it told."""
    from app.evaluation.choice import ChoiceError, Only, choose_clips
    from app.evaluation.folder import read_evaluation_folder
    from app.evaluation.judgement import judge
    from app.evaluation.kept_outcomes import KeptOutcomes
    from app.evaluation.limits import LimitError, parse_limits, unmet
    from app.evaluation.report.write import write_report
    from app.evaluation.run import run_clips
    from app.evaluation.text_table import detail_lines, tables
    from detection.training.split import SplitError

    vision = _vision(model, runtime)
    try:
        limits = [limit for text in require or () for limit in parse_limits(text)]
        evaluation = read_evaluation_folder(folder)
        clips = choose_clips(evaluation, split=split, only=[Only.parse(o) for o in only or ()])
    except (ChoiceError, LimitError, SplitError) as error:
        raise typer.BadParameter(str(error)) from error
    with ExitStack() as stack:
        if cache is None:
            cache = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="muckwatch-")))
        with progress_bar("评测 evaluate") as progress:
            run = run_clips(
                evaluation, clips, vision, KeptOutcomes(cache),
                processes=processes, progress=progress,
            )  # fmt: skip
    if run.reused:
        out.print(f"{run.reused} of {len(clips)} clips were kept from an earlier run")
    judgement = judge(evaluation, clips, run.outcomes)
    for table in tables(judgement):
        # Whole, also where it goes to a file or a narrow terminal.
        needed = Measurement.get(out, out.options.update(max_width=400), table).maximum
        Console(width=max(out.width, needed)).print(table)
    if details:
        for line in detail_lines(judgement):
            out.print(line, markup=False, highlight=False, soft_wrap=True)
    if to_json is not None:
        text = json.dumps(judgement.summary(), ensure_ascii=False, indent=1)
        to_json.write_text(text, encoding="utf-8")
    if report is not None:
        with progress_bar("报告 report") as progress:
            written = write_report(report, evaluation, judgement, progress=progress)
        out.print(
            f"{report}: {written.bytes / 1e6:.1f} MB, {written.cases} misses and false alarms"
        )
    failed = unmet(judgement, limits)
    for one in failed:
        out.print(f"未达标 not met: {one}", markup=False, highlight=False)
    if failed:
        raise typer.Exit(3)


def _vision(model: Path | None, runtime: str | None) -> VisionSettings:
    given = Settings().vision
    changed = {k: v for k, v in (("model", model), ("runtime", runtime)) if v is not None}
    try:
        return VisionSettings.model_validate(given.model_dump() | changed)
    except ValidationError as error:
        raise typer.BadParameter(error.errors()[0]["msg"], param_hint="--runtime") from error


def export_labels(
    folder: Annotated[Path, typer.Argument(help="a new or empty folder", file_okay=False)],
    since: Annotated[str, typer.Option(help="alerts that began from this day or time on")] = "",
) -> None:
    """Write alerts that operators judged as pictures and labels for the next training."""
    from app.backtest_job import SpanError, span_of
    from app.evaluation.labels.label_export import export_labels as export
    from store.database import connect
    from store.evidence_objects import EvidenceObjects
    from store.site import read_site

    if folder.exists() and any(folder.iterdir()):
        raise typer.BadParameter(f"{folder} is not empty", param_hint="FOLDER")
    settings = Settings()
    with connect(settings.database) as conn, progress_bar("导出 export") as progress:
        try:
            begin = span_of(since, "", read_site(conn).timezone)[0] if since else None
        except SpanError as error:
            raise typer.BadParameter(str(error), param_hint="--since") from error
        objects = EvidenceObjects(settings.evidence)
        done = export(conn, objects, folder, since=begin, progress=lambda n: progress(n, 0))
    splits = ", ".join(f"{split} {count}" for split, count in done.splits.items())
    out.print(
        f"{folder}: {done.pictures} pictures ({splits}), {done.boxes} boxes, of {done.true_alerts} "
        f"true and {done.false_alerts} false alerts; {done.gone} pictures were gone"
    )
    for split in ("train", "val"):
        if not done.splits[split]:
            out.print(f"没有 no pictures for {split}: more cameras have to be judged")
