"""Daily hours such as `19:00-06:00`, in the site's time zone (时段)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

_SPAN = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")


@dataclass(frozen=True, slots=True)
class DailyHours:
    """Spans of minutes after local midnight, `[from, to)`.

    One that ends before it begins crosses midnight. No spans at all means the whole day.
    """

    spans_min: tuple[tuple[int, int], ...] = ()

    @classmethod
    def parse(cls, text: str) -> DailyHours:
        """Read `07:00-09:00|17:00-19:00`; empty text is the whole day.

        Raises:
            ValueError: naming the span that is not of this form.
        """
        spans = []
        for part in filter(None, (p.strip() for p in text.split("|"))):
            match = _SPAN.fullmatch(part)
            if match is None:
                raise ValueError(f"{part!r} is not a span of hours such as 19:00-06:00")
            h1, m1, h2, m2 = map(int, match.groups())
            if h1 > 23 or h2 > 24 or m1 > 59 or m2 > 59 or (h2 == 24 and m2):
                raise ValueError(f"{part!r} names a time that no day has")
            spans.append((h1 * 60 + m1, h2 * 60 + m2))
        return cls(tuple(spans))

    def __str__(self) -> str:
        return "|".join(
            f"{a // 60:02d}:{a % 60:02d}-{b // 60:02d}:{b % 60:02d}" for a, b in self.spans_min
        )

    @property
    def day_begins_min(self) -> int:
        """The minute at which a day of work begins: midnight, unless a span crosses it.

        Then the begin of the day's first span: with `19:00-06:00` what is done at 02:00 still
        belongs to the evening before, with `09:00-11:00|19:00-06:00` the day runs from 09:00.
        """
        if all(a < b for a, b in self.spans_min):
            return 0
        return min(a for a, _b in self.spans_min)

    def meets(self, other: DailyHours) -> bool:
        """Whether there is a minute of the day in both."""
        return any(
            a < d and c < b for a, b in self._within_a_day() for c, d in other._within_a_day()
        )

    def overlaps_itself(self) -> bool:
        """Whether two of its spans share a minute."""
        parts = sorted(self._within_a_day())
        return any(begin < end for (_, end), (begin, _) in pairwise(parts))

    def _within_a_day(self) -> list[tuple[int, int]]:
        """The spans, those that cross midnight cut at it."""
        parts = []
        for a, b in self.spans_min or ((0, 1440),):
            parts += [(a, b)] if a < b else [(a, 1440), (0, b)]
        return [(a, b) for a, b in parts if a < b]

    def contains(self, minute_of_day: float) -> bool:
        """Whether a local minute of the day, in [0, 1440), falls into one of the spans."""
        if not self.spans_min:
            return True
        return any(
            a <= minute_of_day < b if a < b else minute_of_day >= a or minute_of_day < b
            for a, b in self.spans_min
        )
