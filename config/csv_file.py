"""Reads a CSV of a site: a header, then one record a row; lists in a cell are separated by `|`."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from config.problem import ProblemList


@dataclass(frozen=True, slots=True)
class Row:
    """One record; `line` is the line of the file where it begins. Cells are stripped."""

    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    def list(self, column: str) -> tuple[str, ...]:
        return tuple(p for p in (part.strip() for part in self[column].split("|")) if p)


def decode_text(file: str, content: bytes, problems: ProblemList) -> str | None:
    """The text of a file in UTF-8, with or without the byte order mark that Excel writes."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problems.error(file, line, "", "not UTF-8 (in Excel: save as 'CSV UTF-8', not plain CSV)")
        return None


def read_rows(
    file: str,
    content: bytes,
    required: Sequence[str],
    optional: Sequence[str],
    problems: ProblemList,
) -> list[Row]:
    """The records of a CSV; blank lines are skipped.

    A column that is missing is an error, one that is unknown a warning, a row of another length
    than the header an error that leaves the row out.
    """
    text = decode_text(file, content, problems)
    if text is None:
        return []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] | None = None
    rows = []
    begins = 1
    try:
        for record in reader:
            line, begins = begins, reader.line_num + 1
            if not any(cell.strip() for cell in record):
                continue
            if header is None:
                header = [cell.strip() for cell in record]
                if not _header_fits(
                    file, line, header, required=required, optional=optional, problems=problems
                ):
                    return []
            elif len(record) != len(header):
                message = f"{len(record)} cells where the header has {len(header)}"
                problems.error(file, line, "", message)
            else:
                cells = (cell.strip() for cell in record)
                rows.append(Row(line, dict(zip(header, cells, strict=True))))
    except csv.Error as error:
        problems.error(file, reader.line_num, "", f"not CSV: {error}")
    if header is None:
        problems.error(file, 1, "", f"no header; it must be {','.join(required)}")
    return rows


def _header_fits(
    file: str,
    line: int,
    header: Sequence[str],
    *,
    required: Sequence[str],
    optional: Sequence[str],
    problems: ProblemList,
) -> bool:
    missing = [column for column in required if column not in header]
    twice = sorted({column for column in header if header.count(column) > 1})
    for column in missing:
        problems.error(file, line, column, "the header lacks this column")
    for column in twice:
        problems.error(file, line, column, "the header has this column twice")
    for column in header:
        if column not in required and column not in optional and column not in twice:
            problems.warning(file, line, column, "unknown column, not read")
    return not missing and not twice
