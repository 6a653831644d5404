"""Named queries: each lives in a .sql file of `store/queries`, below a line `-- name: NAME`."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import LiteralString

_HEADING = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


@cache
def _queries() -> dict[str, str]:
    found: dict[str, str] = {}
    for file in sorted(files("store").joinpath("queries").iterdir(), key=lambda f: f.name):
        if not file.name.endswith(".sql"):
            continue
        _, *parts = _HEADING.split(file.read_text("utf-8"))
        for name, text in zip(parts[::2], parts[1::2], strict=True):
            if name in found:
                raise ValueError(f"{file.name}: a query called {name} exists already")
            found[name] = text.strip()
    return found


def query(name: str) -> LiteralString:
    """The text of a named query; KeyError when there is none of that name."""
    return _queries()[name]
