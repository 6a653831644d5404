"""Reads single values of site files: each gives the value, or None and a problem at its place."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from config.hours import DailyHours
from config.problem import ProblemList

AnyEnum = TypeVar("AnyEnum", bound=StrEnum)


def _as_number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


@dataclass(frozen=True, slots=True)
class Fields:
    """The values of one record and where they stand.

    `line_of(field)` gives the line. Values are strings (CSV) or what JSON and TOML know; an empty
    string is an absent value.
    """

    file: str
    values: Mapping[str, Any]
    line_of: Callable[[str], int | None]
    problems: ProblemList

    def error(self, field: str, message: str) -> None:
        self.problems.error(self.file, self.line_of(field), field, message)

    def warning(self, field: str, message: str) -> None:
        self.problems.warning(self.file, self.line_of(field), field, message)

    def warn_of_unknown(self, known: tuple[str, ...]) -> None:
        for field in self.values:
            if field not in known:
                self.warning(field, "unknown field, not read")

    def _given(self, field: str, required: bool) -> object:
        value = self.values.get(field)
        if value is None or (isinstance(value, str) and not value.strip()):
            if required:
                self.error(field, "is missing")
            return None
        return value

    def text(self, field: str, *, required: bool = True) -> str | None:
        value = self._given(field, required)
        if value is None:
            return None
        if not isinstance(value, str):
            self.error(field, f"must be text, not {value!r}")
            return None
        return value.strip()

    def identifier(
        self, field: str, *, topic_level: bool = False, required: bool = True
    ) -> str | None:
        """An id: no `|`, which separates ids in a cell, and nothing unprintable.

        With `topic_level` it must do as one level of an MQTT topic: no `/`, `+`, `#` or space.
        """
        value = self._given(field, required)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)  # GIS programs write numeric ids as numbers
        if value is None:
            return None
        if not isinstance(value, str):
            self.error(field, f"must be text, not {value!r}")
            return None
        value = value.strip()
        forbidden = "|/+# " if topic_level else "|"
        wrong = [c for c in value if c in forbidden or not c.isprintable()]
        if wrong:
            self.error(field, f"{value!r} must not contain {wrong[0]!r}")
            return None
        return value

    def choice(self, field: str, kind: type[AnyEnum]) -> AnyEnum | None:
        value = self.text(field)
        if value is None:
            return None
        try:
            return kind(value)
        except ValueError:
            known = ", ".join(kind)
            self.error(field, f"{value!r} is none of {known}")
            return None

    def number(
        self,
        field: str,
        *,
        required: bool = True,
        above: float | None = None,
        at_least: float | None = None,
        at_most: float | None = None,
        below: float | None = None,
    ) -> float | None:
        value = self._given(field, required)
        if value is None:
            return None
        number = _as_number(value)
        if number is None:
            self.error(field, f"{value!r} is not a number")
            return None
        wrong = (
            "finite"
            if not math.isfinite(number)
            else f"greater than {above:g}"
            if above is not None and number <= above
            else f"at least {at_least:g}"
            if at_least is not None and number < at_least
            else f"at most {at_most:g}"
            if at_most is not None and number > at_most
            else f"less than {below:g}"
            if below is not None and number >= below
            else None
        )
        if wrong:
            self.error(field, f"{value} must be {wrong}")
            return None
        return number

    def whole_number(self, field: str, *, at_least: int) -> int | None:
        number = self.number(field, required=False, at_least=at_least)
        if number is None:
            return None
        if not number.is_integer():
            self.error(field, f"{self.values[field]} must be a whole number")
            return None
        return int(number)

    def hours(self, field: str) -> DailyHours:
        """Hours as `19:00-06:00`, several separated by `|` or in a list; empty: the whole day."""
        value = self._given(field, required=False)
        if isinstance(value, list) and all(isinstance(part, str) for part in value):
            value = "|".join(value)
        if value is None:
            return DailyHours()
        if not isinstance(value, str):
            self.error(field, f"{value!r} is not hours such as '19:00-06:00'")
            return DailyHours()
        try:
            hours = DailyHours.parse(value)
        except ValueError as error:
            self.error(field, str(error))
            return DailyHours()
        for begin, end in hours.spans_min:
            if begin == end:
                self.error(
                    field, f"{value!r} ends when it begins; leave it empty for the whole day"
                )
        return hours

    def instant(self, field: str, timezone: ZoneInfo, *, end: bool = False) -> datetime | None:
        """A date or an RFC 3339 time; without an offset it is local.

        A date alone is its first instant, or with `end` the first instant after it: a permit that
        is valid to 31 December is valid on 31 December.
        """
        value = self.text(field, required=False)
        if value is None:
            return None
        try:
            if len(value) == len("2026-01-01"):
                day = date.fromisoformat(value) + timedelta(days=1 if end else 0)
                return datetime.combine(day, time(), timezone)
            at = datetime.fromisoformat(value)
        except (ValueError, OverflowError):
            self.error(field, f"{value!r} is neither a date (2026-01-31) nor a time (RFC 3339)")
            return None
        return at if at.tzinfo else at.replace(tzinfo=timezone)
