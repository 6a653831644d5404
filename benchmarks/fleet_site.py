"""A site and a fleet for the benchmarks: the demo district with a thousand trucks more."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import shapely

from config.demo_district import folder as demo_district
from config.site import Site
from config.site_files import load_site, read_site_folder
from ingest.position import Lid, Load, Position

CORRIDORS = ("corridor-east", "corridor-east-2", "corridor-south")
EVERY_S = 10.0
SPEED_KMH = 36.0
_M_DEG = 111_195.0


def truck(number: int) -> str:
    return f"bench-{number:05}"


def write_site(folder: Path, trucks: int) -> Site:
    """Writes the site folder and returns the site. All trucks have one permit for the corridors."""
    folder.mkdir(parents=True)
    for name, content in read_site_folder(demo_district()).items():
        (folder / name).write_bytes(content)
    ids = [truck(number) for number in range(trucks)]
    with (folder / "vehicles.csv").open("a", encoding="utf-8") as file:
        file.writelines(
            f"{i},苏DB{n:04X},yellow,muck,c1,t-{i},密闭{n},\n" for n, i in enumerate(ids)
        )
    with (folder / "permits.csv").open("a", encoding="utf-8") as file:
        file.write(
            f"bench,site-east,ground-west,{'|'.join(CORRIDORS)},{'|'.join(ids)},"
            "2020-01-01,2099-12-31,,50,\n"
        )
    return load_site(read_site_folder(folder))


class Fleet:
    """Trucks that drive to and fro on the corridors, a fix every ten seconds; one in fifty speeds.

    The same seed gives the same drives.
    """

    def __init__(self, site: Site, trucks: int, seed: int = 1) -> None:
        dice = random.Random(seed)
        lines = [site.routes[name].geometry for name in CORRIDORS]
        self._lines = [dice.choice(lines) for _ in range(trucks)]
        self._at = [dice.uniform(0, 2) for _ in range(trucks)]
        self._dice = dice

    def fixes(self, begin: datetime, steps: range) -> Sequence[Position]:
        """The fixes of these steps, each `EVERY_S` after the one before it, step 0 at `begin`."""
        made = []
        for step in steps:
            time = begin + timedelta(seconds=EVERY_S * step)
            for number, line in enumerate(self._lines):
                length_m = shapely.length(line) * _M_DEG
                speeding = number % 50 == 0 and step % 20 < 5
                speed_kmh = 90.0 if speeding else SPEED_KMH
                along = (self._at[number] + step * SPEED_KMH / 3.6 * EVERY_S / length_m) % 2
                point = line.interpolate(along if along <= 1 else 2 - along, normalized=True)
                made.append(
                    Position(
                        vehicle_id=truck(number),
                        terminal_id=f"t-{truck(number)}",
                        fix_time=time,
                        received_at=time,
                        lon=round(point.x + self._dice.gauss(0, 5) / _M_DEG, 6),
                        lat=round(point.y + self._dice.gauss(0, 5) / _M_DEG, 6),
                        speed_kmh=speed_kmh,
                        course_deg=90.0,
                        lid=Lid.CLOSED,
                        load=Load.FULL,
                        ignition=True,
                    )
                )
        return made
