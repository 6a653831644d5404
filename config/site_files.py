"""Reads a site folder into a Site (docs/site.md): every problem it has, not only the first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from config import site_toml
from config.cameras_file import CAMERAS, read_cameras
from config.map_files import ROUTES, ZONES, read_routes, read_zones
from config.permits_file import PERMITS, read_permits
from config.problem import ProblemList, SiteError, SiteProblem
from config.register_files import COMPANIES, VEHICLES, read_companies, read_vehicles
from config.roads_file import ROADS, read_roads
from config.rounds_file import ROUNDS, read_rounds
from config.site import Site
from config.terminals_file import TERMINALS, read_mountings

__all__ = ["FILES", "SiteError", "SiteProblem", "examine_site", "load_site", "read_site_folder"]

FILES = (
    site_toml.FILE,
    ZONES,
    ROUTES,
    ROADS,
    COMPANIES,
    VEHICLES,
    TERMINALS,
    PERMITS,
    ROUNDS,
    CAMERAS,
)
T = TypeVar("T")
_SUFFIXES = (".toml", ".geojson", ".csv")


def read_site_folder(path: Path) -> dict[str, bytes]:
    """File name -> content, byte for byte, of the `.toml`, `.geojson` and `.csv` files of a folder.

    Raises:
        SiteError: there is no such folder, or a file in it cannot be read.
    """
    files = {}
    try:
        for file in sorted(path.iterdir()):
            if (
                file.suffix.lower() in _SUFFIXES
                and not file.name.startswith(".")
                and file.is_file()
            ):
                files[file.name] = file.read_bytes()
    except OSError as error:
        message = f"cannot be read: {error.strerror or error}"
        raise SiteError([SiteProblem(str(error.filename or path), None, "", message)]) from error
    return files


def examine_site(
    files: Mapping[str, bytes], at: datetime | None = None
) -> tuple[Site | None, list[SiteProblem]]:
    """The site, or None where it has errors; and all errors and warnings.

    With `at` (aware) there are also warnings of what has run out by then.
    """
    problems = ProblemList()
    for file in files:
        if file not in FILES:
            problems.warning(
                file, None, "", f"unknown file, not read; a site has {', '.join(FILES)}"
            )
    if site_toml.FILE not in files:
        problems.error(site_toml.FILE, None, "", "is missing")
        return None, problems.found
    head = site_toml.read_head(files[site_toml.FILE], problems)
    if head is None:  # without time zone and datum nothing else can be understood
        return None, problems.found
    site = _read(files, head, problems, at)
    return (None if problems.has_errors() else site), problems.found


def _read(
    files: Mapping[str, bytes],
    head: site_toml.SiteHead,
    problems: ProblemList,
    at: datetime | None,
) -> Site:
    """Reads the files, each after those that it refers to."""
    datum, timezone = head.datum, head.timezone

    def given(file: str, read: Callable[[bytes], Mapping[str, T]]) -> Mapping[str, T]:
        content = files.get(file)
        return {} if content is None else read(content)

    zones = given(ZONES, lambda content: read_zones(content, datum, problems))
    routes = given(ROUTES, lambda content: read_routes(content, datum, problems))
    roads = given(ROADS, lambda content: read_roads(content, datum, problems))
    companies = given(COMPANIES, lambda content: read_companies(content, timezone, problems))
    vehicles = given(
        VEHICLES,
        lambda content: read_vehicles(
            content, timezone, companies=companies, problems=problems, at=at
        ),
    )
    mountings = files.get(TERMINALS)
    return Site(
        name=head.name,
        timezone=timezone,
        zones=zones,
        routes=routes,
        roads=roads,
        companies=companies,
        vehicles=vehicles,
        mountings=()
        if mountings is None
        else read_mountings(mountings, timezone, vehicles, problems),
        permits=given(
            PERMITS,
            lambda content: read_permits(
                content,
                timezone,
                zones=zones,
                routes=routes,
                vehicles=vehicles,
                problems=problems,
                at=at,
            ),
        ),
        rounds=given(
            ROUNDS,
            lambda content: read_rounds(
                content, timezone, routes=routes, vehicles=vehicles, problems=problems
            ),
        ),
        cameras=given(CAMERAS, lambda content: read_cameras(content, datum, problems, zones)),
        rules=head.rules,
    )


def load_site(files: Mapping[str, bytes]) -> Site:
    """The site that these files describe; warnings do not hinder it.

    Raises:
        SiteError: with all problems, each naming file, line and field.
    """
    site, problems = examine_site(files)
    if site is None:
        raise SiteError(problems)
    return site
