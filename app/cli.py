"""The command `muckwatch`."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import structlog
import typer

from app.commands import evaluate, tracks, verify, vision
from app.commands.terminal import err, out
from app.roles import Role
from app.servers.errors import ServerError
from app.thresholds import check_thresholds
from config.check import check_site
from config.problem import Severity, SiteError
from config.rule_parameters import ParameterError
from config.settings import Settings, SettingsError
from config.site_files import load_site, read_site_folder
from detection.detector import DetectorError
from detection.training.base import BaseModelError
from detection.training.dataset import DatasetError
from detection.training.ultralytics_import import TrainingUnavailableError
from ingest.replay import ReplayError
from ingest.tracks import TrackError
from store.errors import StoreError

app = typer.Typer(
    name="muckwatch",
    help="渣土车、环卫车与移动探头实时监控 · muck trucks, sanitation trucks and cameras, watched.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command()
def demo(
    seconds: Annotated[float | None, typer.Option(help="end by itself after so long")] = None,
    summary: Annotated[Path | None, typer.Option(help="write what it did, as JSON")] = None,
    data: Annotated[Path | None, typer.Option(help="keep database and logs here")] = None,
    port: Annotated[
        int | None, typer.Option(help="of the console; default 8000 or, if taken or 0, a free one")
    ] = None,
    seed: Annotated[int, typer.Option(help="of the pretend world")] = 1,
) -> None:
    """Show it all here: database, broker, pretend fleet and cameras, console, receivers."""
    from app.demo import run_demo

    run_demo(
        seconds=seconds, summary=summary, data=data, console_port=port, seed=seed, say=out.print
    )


@app.command()
def serve(
    role: Annotated[
        Role | None, typer.Argument(help="one role; default: all, each in a process")
    ] = None,
    camera: Annotated[
        list[str] | None, typer.Option(help="vision: watch this camera only; repeatable")
    ] = None,
    share: Annotated[
        str | None, typer.Option(help="vision: the share of one worker, such as 0/2", hidden=True)
    ] = None,
    logs: Annotated[Path, typer.Option(help="all roles: folder of their logs")] = Path("var/logs"),
) -> None:
    """Run in production; settings come from the environment (docs/deployment.md)."""
    if role is not None:
        from app.roles import run_role
        from app.vision.share import Share

        own = None if share is None else Share.parse(share)
        run_role(role, Settings(), tuple(camera or ()), own)
        return
    from app.supervisor import Supervisor

    Settings()  # a wrong one is better told here than in four logs
    with Supervisor(logs.absolute(), dict(os.environ)) as supervisor:
        for each in Role:
            supervisor.start(each.value, "app", "serve", each.value)
        supervisor.watch()


@app.command()
def check(
    site: Annotated[Path, typer.Argument(help="site folder", exists=True, file_okay=False)],
) -> None:
    """Check a site folder; every problem is named by file, line and field."""
    problems = check_site(site)
    for problem in problems:
        out.print(str(problem), markup=False, highlight=False)
    if any(problem.severity is Severity.ERROR for problem in problems):
        raise typer.Exit(2)
    loaded = load_site(read_site_folder(site))
    check_thresholds(loaded.rules)
    out.print("没有错误 no errors")


@app.command("export-site")
def export_site(
    folder: Annotated[Path, typer.Argument(help="a new or empty folder", file_okay=False)],
) -> None:
    """Write the site as it is in the database, cameras as they are placed now, into a folder."""
    from store.database import connect
    from store.placements import site_files_now

    if folder.exists() and any(folder.iterdir()):
        raise typer.BadParameter(f"{folder} is not empty", param_hint="FOLDER")
    with connect(Settings().database) as conn:
        files = site_files_now(conn)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    out.print(f"{len(files)} files")


app.command()(tracks.replay)
app.command()(tracks.backtest)
app.command()(vision.detect)
app.command()(vision.train)
app.command()(verify.verify)
app.command()(evaluate.evaluate)
app.command("export-labels")(evaluate.export_labels)


def main() -> None:
    """Entry point: what a person can mend is said in a line, not as a traceback."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
    try:
        app()
    except SiteError as error:
        for problem in error.problems:
            err.print(str(problem), markup=False, highlight=False)
        sys.exit(2)
    except (
        ServerError, StoreError, ParameterError, ReplayError, TrackError, SettingsError,
        DetectorError, TrainingUnavailableError, DatasetError, BaseModelError, OSError,
    ) as error:  # fmt: skip
        err.print(f"muckwatch: {error}", markup=False, highlight=False)
        sys.exit(1)
