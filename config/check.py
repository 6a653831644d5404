"""What `muckwatch check SITE` finds."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from config.problem import SiteError, SiteProblem
from config.site_files import examine_site, read_site_folder


def check_site(folder: Path, at: datetime | None = None) -> list[SiteProblem]:
    """All problems of a site folder in the order of its files; empty where there is none.

    Printed with `str`, one a line, each reads `file:line: error: field: message`. The check has
    failed when one of them is an error (`problem.severity`). `at` (aware) is when what has run out
    is warned of; by default now.
    """
    try:
        _site, problems = examine_site(read_site_folder(folder), at or datetime.now(UTC))
    except SiteError as error:
        return error.problems
    return problems
