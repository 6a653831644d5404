"""What `muckwatch check SITE` finds."""

from __future__ import annotations

from pathlib import Path

from config.problem import SiteError, SiteProblem
from config.site_files import examine_site, read_site_folder


def check_site(folder: Path) -> list[SiteProblem]:
    """All problems of a site folder in the order of its files; empty where there is none.

    Printed with `str`, one a line, each reads `file:line: error: field: message`. The check has
    failed when one of them is an error (`problem.severity`).
    """
    try:
        _site, problems = examine_site(read_site_folder(folder))
    except SiteError as error:
        return error.problems
    return problems
