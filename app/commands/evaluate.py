"""The command `evaluate`."""

from __future__ import annotations

import json
import tempfile
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from app.commands.terminal import out, progress_bar
from config.settings import Settings


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
    to_json: Annotated[
        Path | None, typer.Option("--json", help="write the scores", dir_okay=False)
    ] = None,
    details: Annotated[
        bool, typer.Option("--list", help="name every miss and every false alarm")
    ] = False,
) -> None:
    """Put clips with known events through the camera path, and score what it told."""
    from app.evaluation.choice import ChoiceError, Only, choose_clips
    from app.evaluation.folder import read_evaluation_folder
    from app.evaluation.kept_outcomes import KeptOutcomes
    from app.evaluation.outcome import alarms_of
    from app.evaluation.run import run_clips
    from app.evaluation.score import score_events
    from app.evaluation.text_table import detail_lines, distractor_table, event_tables
    from detection.training.split import SplitError

    changed = {"model": model, "runtime": runtime}
    vision = Settings().vision
    vision = vision.model_validate(
        vision.model_dump() | {k: v for k, v in changed.items() if v is not None}
    )
    evaluation = read_evaluation_folder(folder)
    try:
        clips = choose_clips(evaluation, split=split, only=[Only.parse(o) for o in only or ()])
    except (ChoiceError, SplitError) as error:
        raise typer.BadParameter(str(error)) from error
    with ExitStack() as stack:
        if cache is None:
            cache = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="muckwatch-")))
        with progress_bar("评测 evaluate") as progress:
            run = run_clips(
                evaluation, clips, vision, KeptOutcomes(cache),
                processes=processes, progress=progress,
            )  # fmt: skip
        alarms = {clip.name: alarms_of(clip, run.outcomes[clip.name]) for clip in clips}
        scores = score_events(clips, evaluation.events, evaluation.distractors, alarms)
    if run.reused:
        out.print(f"{run.reused} of {len(clips)} clips were kept from an earlier run")
    for table in event_tables(scores):
        out.print(table)
    if scores.distractors:
        out.print(distractor_table(scores.distractors))
    if details:
        for line in detail_lines(scores):
            out.print(line, markup=False, highlight=False, soft_wrap=True)
    if to_json is not None:
        summary = {
            "events": [asdict(row) for row in scores.rows],
            "distractors": [asdict(row) for row in scores.distractors],
        }
        to_json.write_text(json.dumps(summary, ensure_ascii=False, indent=1), encoding="utf-8")
