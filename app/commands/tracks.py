"""Commands about recorded tracks: `replay`, `backtest`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from app.commands.terminal import out, progress_bar
from config.datum import Datum
from config.settings import Settings
from ingest.replay import Shift
from ingest.replay import replay as run_replay
from ingest.tracks import read_tracks

TracksArgument = Annotated[
    Path, typer.Argument(help="recorded tracks, CSV", exists=True, dir_okay=False)
]
DatumOption = Annotated[Datum, typer.Option(help="what the track's coordinates are in")]


def replay(
    tracks: TracksArgument,
    speed: Annotated[float, typer.Option(help="times real time; 0: as fast as the broker")] = 0,
    shift: Annotated[
        Shift, typer.Option(help="move the times: not, by whole days, or up to now")
    ] = Shift.DAYS,
    batch: Annotated[int, typer.Option(help="fixes a message", min=1)] = 1,
    timezone: Annotated[str, typer.Option(help="of times that name no offset")] = "Asia/Shanghai",
    datum: DatumOption = Datum.WGS84,
) -> None:
    """Publish recorded tracks onto the broker, as their trucks would have."""
    positions = read_tracks(tracks, _zone(timezone), datum)
    with progress_bar("回放 replay") as progress:
        done = run_replay(
            positions,
            Settings().mqtt,
            speed=speed or None,
            shift=shift,
            fixes_per_message=batch,
            progress=progress,
        )
    out.print(
        f"{done.fixes} fixes of {done.vehicles} vehicles in {done.messages} messages, every one "
        f"acknowledged by the broker, in {done.seconds:.1f} s; times moved by {done.shift}"
    )


def backtest(
    to: Annotated[Path, typer.Option("--out", help="alerts, one JSON object a line")],
    tracks: Annotated[
        Path | None,
        typer.Argument(help="recorded tracks, CSV", exists=True, dir_okay=False),
    ] = None,
    site: Annotated[
        Path | None,
        typer.Option(
            help="site folder; with --database its default is the database's own",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    compare_with: Annotated[
        Path | None,
        typer.Option(
            "--compare", help="another site folder, judged alongside", exists=True, file_okay=False
        ),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="write a report, one HTML file", dir_okay=False)
    ] = None,
    trips: Annotated[
        Path | None, typer.Option(help="trips and rounds, one JSON object a line", dir_okay=False)
    ] = None,
    since: Annotated[
        str, typer.Option("--from", help="from this day or time on; with --database 30 days back")
    ] = "",
    until: Annotated[str, typer.Option("--to", help="to the end of this day, or this time")] = "",
    database: Annotated[
        bool, typer.Option("--database", help="judge the positions of the running database")
    ] = False,
    timezone: Annotated[
        str, typer.Option(help="of times that name no offset; default: the site's")
    ] = "",
    datum: DatumOption = Datum.WGS84,
) -> None:
    """Put recorded tracks through the rules, with no server at all."""
    from app.backtest_job import BacktestJob, SpanError

    if database == (tracks is not None):
        raise typer.BadParameter("give either TRACKS.csv or --database", param_hint="TRACKS")
    if site is None and not database:
        raise typer.BadParameter("tracks of a file need one", param_hint="--site")
    job = BacktestJob(
        tracks=tracks,
        site=site,
        compare_with=compare_with,
        since=since,
        until=until,
        zone=_zone(timezone) if timezone else None,
        datum=datum,
        alerts=to,
        trips=trips,
        report=report,
    )
    try:
        job.run(out.print, progress_bar)
    except SpanError as error:
        raise typer.BadParameter(str(error)) from error


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise typer.BadParameter(f"{name!r} is no time zone", param_hint="--timezone") from error
