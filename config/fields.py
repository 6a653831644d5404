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


_FLAGS = {
    **dict.fromkeys(("true", "yes", "1", "1.0", "是"), True),
    **dict.fromkeys(("false", "no", "0", "0.0", "否"), False),
}


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

    def choice(self, field: str, kind: type[AnyEnum], *, required: bool = True) -> AnyEnum | None:
        value = self.text(field, required=required)
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

    def flag(self, field: str) -> bool:
        """True or false; absent: false. CSV and some GIS programs have words or digits for it."""
        value = self._given(field, required=False)
        if value is None or isinstance(value, bool):
            return bool(value)
        known = _FLAGS.get(str(value).strip().lower())
        if known is None:
            self.error(field, f"{value!r} is neither true nor false")
        return bool(known)

    def texts(self, field: str) -> tuple[str, ...]:
        """A list of texts, or one text in which `|` separates them; absent: none."""
        value = self._given(field, required=False)
        if isinstance(value, str):
            value = value.split("|")
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
            self.error(field, f"must be a list of texts, not {value!r}")
            return ()
        return tuple(part.strip() for part in value)

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
                at = datetime.combine(date.fromisoformat(value), time(), timezone)
            else:
                at, end = datetime.fromisoformat(value), False
        except ValueError:
            self.error(field, f"{value!r} is neither a date (2026-01-31) nor a time (RFC 3339)")
            return None
        if not 1900 <= at.year < 9999:  # beyond, it could not be told in every time zone
            self.error(field, f"{value!r}: no such year; empty is without limit")
            return None
        if end:
            at += timedelta(days=1)
        return at if at.tzinfo else at.replace(tzinfo=timezone)

    def validity(self, timezone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
        """`valid_from` and `valid_to`; a date alone in `valid_to` is the last day."""
        begin = self.instant("valid_from", timezone)
        end = self.instant("valid_to", timezone, end=True)
        if begin and end and end <= begin:
            self.error(
                "valid_to", f"{self.values['valid_to']} is not after {self.values['valid_from']}"
            )
        return begin, end
