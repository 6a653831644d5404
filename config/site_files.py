"""Reads a site folder into a Site (docs/site.md): every problem it has, not only the first."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from config import site_toml
from config.cameras_file import CAMERAS, read_cameras
from config.map_files import ROUTES, ZONES, read_routes, read_zones
from config.permits_file import PERMITS, read_permits
from config.problem import ProblemList, SiteError, SiteProblem
from config.register_files import COMPANIES, VEHICLES, read_companies, read_vehicles
from config.road import ROADS, read_roads
from config.site import Site

__all__ = ["FILES", "SiteError", "SiteProblem", "examine_site", "load_site", "read_site_folder"]

FILES = (site_toml.FILE, ZONES, ROUTES, COMPANIES, VEHICLES, PERMITS, CAMERAS, ROADS)
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


def examine_site(files: Mapping[str, bytes]) -> tuple[Site | None, list[SiteProblem]]:
    """The site, or None where it has errors; and all errors and warnings."""
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

    def given(file: str) -> bytes | None:
        return files.get(file)

    zones, routes, companies, vehicles = {}, {}, {}, {}
    permits, cameras = {}, {}
    if (content := given(ZONES)) is not None:
        zones = read_zones(content, head.datum, problems)
    if (content := given(ROUTES)) is not None:
        routes = read_routes(content, head.datum, problems)
    if (content := given(COMPANIES)) is not None:
        companies = read_companies(content, problems)
    if (content := given(VEHICLES)) is not None:
        vehicles = read_vehicles(content, companies, problems)
    if (content := given(PERMITS)) is not None:
        permits = read_permits(
            content,
            head.timezone,
            zones=zones,
            routes=routes,
            vehicles=vehicles,
            problems=problems,
        )
    if (content := given(CAMERAS)) is not None:
        cameras = read_cameras(content, head.datum, problems)
    if (content := given(ROADS)) is not None:
        read_roads(content, head.datum, problems)
    if problems.has_errors():
        return None, problems.found
    site = Site(
        name=head.name,
        timezone=head.timezone,
        zones=zones,
        routes=routes,
        companies=companies,
        vehicles=vehicles,
        permits=permits,
        cameras=cameras,
        rules=head.rules,
    )
    return site, problems.found


def load_site(files: Mapping[str, bytes]) -> Site:
    """The site that these files describe; warnings do not hinder it.

    Raises:
        SiteError: with all problems, each naming file, line and field.
    """
    site, problems = examine_site(files)
    if site is None:
        raise SiteError(problems)
    return site
