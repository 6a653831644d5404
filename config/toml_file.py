"""Reads a TOML file of a site; tells in which line a table or a key stands.

`tomllib` keeps no positions, so lines are found in the text by the headers of tables. A table
written inline is reported at its file only.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import Any

from config.csv_file import decode_text
from config.problem import ProblemList

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")


@dataclass(frozen=True, slots=True)
class TomlFile:
    """A parsed file and its lines."""

    data: dict[str, Any]
    lines: tuple[str, ...]

    def line_of(self, table: str, number: int = 0, key: str = "") -> int | None:
        """The line of a key in the table with this header (`""`: the top), the `number`-th such.

        Falls back to the line of the header, then to None.
        """
        at, seen, header = (table == ""), -1, (1 if not table else None)
        for line, text in enumerate(self.lines, 1):
            found = _HEADER.match(text)
            if found:
                if at:
                    break
                if re.sub(r"[\s\"']", "", found[2]) == table:
                    seen += 1
                    if seen == number:
                        at, header = True, line
            elif at and key and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", text):
                return line
        return header


def read_toml(file: str, content: bytes, problems: ProblemList) -> TomlFile | None:
    """The file, or None where it is no TOML (an error then)."""
    text = decode_text(file, content, problems)
    if text is None:
        return None
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # TOMLDecodeError is a ValueError
        line = re.search(r"at line (\d+)", str(error))
        problems.error(file, int(line[1]) if line else None, "", f"not TOML: {error}")
        return None
    return TomlFile(data, tuple(text.splitlines()))
