"""Commands about recorded tracks: `replay`, `backtest`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from rich.table import Table

from alerts.kind import ALERT_KINDS
from app.backtest import Backtest, write_alerts
from app.backtest import backtest as run_backtest
from app.commands.terminal import out, progress_bar
from config.datum import Datum
from config.settings import Settings
from config.site import Site
from config.site_files import load_site, read_site_folder
from ingest.position import Position
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
    tracks: TracksArgument,
    site: Annotated[Path, typer.Option(help="site folder", exists=True, file_okay=False)],
    to: Annotated[Path, typer.Option("--out", help="alerts, one JSON object a line")],
    timezone: Annotated[
        str, typer.Option(help="of times that name no offset; default: the site's")
    ] = "",
    datum: DatumOption = Datum.WGS84,
) -> None:
    """Put recorded tracks through the rules, with no server at all."""
    loaded = load_site(read_site_folder(site))
    zone = _zone(timezone) if timezone else loaded.timezone
    positions: list[Position] = sorted(
        read_tracks(tracks, zone, datum), key=lambda fix: (fix.fix_time, fix.vehicle_id)
    )
    with progress_bar("回测 backtest") as progress:
        result = run_backtest(loaded, positions, progress=progress)
    write_alerts(to, result.alerts)
    out.print(_table(result, loaded))


def _table(result: Backtest, site: Site) -> Table:
    vehicles = {p: {a.vehicle_id for a in result.alerts if a.kind == p} for p in ALERT_KINDS}
    table = Table(title=f"{site.name}: {result.fixes} fixes {dict(result.qualities)}")
    for heading in ("告警", "kind", "alerts", "vehicles"):
        table.add_column(heading)
    for kind, count in Counter(a.kind for a in result.alerts).most_common():
        table.add_row(ALERT_KINDS[kind].zh, kind, str(count), str(len(vehicles[kind])))
    return table


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise typer.BadParameter(f"{name!r} is no time zone", param_hint="--timezone") from error
