"""Why an alert was raised, in words: one sentence template a kind (告警理由). Pure.

The templates are `alerts/i18n/<language>.json`, keys `why.<kind>`, or `why.<kind>.camera` where a
camera says it of what positions can show too. `{name}` is a value of the
alert or one of `FACTS`, `{threshold.name}` a parameter; the unit is the end of the name (`hours_…`
are hours); ids in a text, several separated by `|`, become names. A part in square brackets is left
out where the alert lacks something that it names. A sentence that tells none of the alert's values
is followed by all of them, and by the parameters.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cache
from importlib.resources import files

from alerts.alert import Alert, Value
from alerts.kind import ALERT_KINDS

LANGUAGES = ("zh-CN", "en")
"""Chinese first."""
FACTS = ("subject", "zone_id", "permit_id", "camera_id", "started_at", "ended_at")
"""What a template may name besides values and parameters."""

_PART = re.compile(r"\[([^\[\]]*)\]|([^\[\]]+)")
_NAME = re.compile(r"\{([\w.]+)\}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
_LIST = re.compile(r"[|+]")
_NOTHING = "–"
_UNITS = ("kmh", "kg", "deg", "px", "km", "m", "c")
_SHARES = ("tolerance", "coverage", "share", "reliability", "sure", "sharpness", "edges")
_STOPS = re.compile(r"([。.])(?:\s*[。.])+")
"""Where all that stood between two full stops was left out."""


@dataclass(frozen=True, slots=True)
class Wording:
    """How to say it.

    Attributes:
        language: one of `LANGUAGES`.
        names: id -> name, of zones, routes, permits, cameras, vehicles.
        timezone: whose wall clock times are told by.
    """

    language: str
    names: Mapping[str, str]
    timezone: tzinfo = UTC

    def why(self, alert: Alert) -> str:
        """The sentence for an alert. It never raises, whatever the values."""
        known = self._known(alert)
        seen = alert.camera_id and self._word(f"why.{alert.kind}.camera")
        sentence, named = self._fill(seen or self._word(f"why.{alert.kind}"), known)
        if sentence and (not alert.values or named & alert.values.keys()):
            if alert.occurrences == 1:
                return sentence
            joined = self._word("why.occurrences").format(count=alert.occurrences)
            return sentence + self._word("mark.space") + joined
        parts = [sentence or self._kind(alert.kind) + self._word("mark.stop")]
        for heading, facts in (("values", alert.values), ("parameters", alert.parameters)):
            if facts:
                told = (f"{label} {text}" for label, text in self.table(facts))
                parts.append(
                    self._word(f"why.{heading}")
                    + self._word("mark.comma").join(told)
                    + self._word("mark.stop")
                )
        return self._word("mark.space").join(parts)

    def who(self, alert: Alert, chosen_by: str | None = None) -> str:
        """At whom a camera's alert is laid, or who it may have been; "" before that was judged.

        `alert` as it is shown; `chosen_by` is the person who laid it, None: the rules.
        """
        vehicle = alert.vehicle_id and self._vehicle(alert.vehicle_id, alert.plate)
        if alert.camera_id is None:
            return ""
        if chosen_by is not None:
            key = "why.laid.person" if vehicle else "why.laid.nobody.person"
            return self._word(key).format(vehicle=vehicle, by=chosen_by)
        if vehicle:
            found = (c.confidence for c in alert.candidates if c.vehicle_id == alert.vehicle_id)
            sure = self.tell("confidence_share", next(found, 1.0))
            return self._word("why.laid.rules").format(vehicle=vehicle, confidence_share=sure)
        if alert.candidates:
            named = (
                f"{self._vehicle(c.vehicle_id, c.values.get('plate'))}"
                f" {self.tell('confidence_share', c.confidence)}"
                for c in alert.candidates
            )
            return self._word("why.suspects").format(candidates=self._word("mark.list").join(named))
        return "" if alert.nobody is None else self._word("why.laid.nobody")

    def _vehicle(self, vehicle_id: str, plate: Value) -> str:
        return self.names.get(vehicle_id) or (plate if isinstance(plate, str) else vehicle_id)

    def table(self, facts: Mapping[str, Value]) -> list[tuple[str, str]]:
        """(label, text) of each value or parameter, in order."""
        return [(self.label(name), self.tell(name, value)) for name, value in facts.items()]

    def label(self, name: str) -> str:
        """The name of a value or parameter; one that is not translated is its own, readable."""
        return self._word(f"value.{name}") or name.replace("_", " ")

    def tell(self, name: str, value: Value | datetime) -> str:
        """A value with its unit."""
        match value:
            case None:
                return _NOTHING
            case bool():
                return self._word("word.yes" if value else "word.no")
            case datetime():
                return f"{value.astimezone(self.timezone):%m-%d %H:%M:%S}"
            case str():
                return self._text(name, value)
            case _:
                return self._number(name, value)

    def _number(self, name: str, value: float) -> str:
        if not math.isfinite(value):
            return _NOTHING
        if word := self._word(f"word.{name}.{value:g}"):
            return word
        if name.endswith("_s"):
            return self._duration(value)
        if name.startswith("hours_"):
            return self._word("duration.hours").format(h=_short(value))
        if name in _SHARES or name.endswith("_share"):
            return f"{round(value * 100, 1):g}%"
        unit = next((unit for unit in _UNITS if name.endswith(f"_{unit}")), None)
        return _short(value) if unit is None else f"{_short(value)} {self._word(f'unit.{unit}')}"

    def _kind(self, kind: str) -> str:
        known = ALERT_KINDS.get(kind)
        if known is None:
            return kind
        return known.zh if self.language == LANGUAGES[0] else known.en

    def _known(self, alert: Alert) -> dict[str, Value | datetime]:
        facts: dict[str, Value | datetime] = {name: getattr(alert, name) for name in FACTS}
        thresholds = {f"threshold.{name}": value for name, value in alert.parameters.items()}
        known = facts | thresholds | alert.values
        return {name: value for name, value in known.items() if value not in (None, "")}

    def _fill(self, template: str, known: Mapping[str, Value | datetime]) -> tuple[str, set[str]]:
        """The template filled in, "" where it must lack something; the names in it."""
        told: list[str] = []
        names: set[str] = set()
        for optional, fixed in _PART.findall(template):
            wanted = _NAME.findall(optional or fixed)
            if all(name in known for name in wanted):
                names.update(wanted)
                told.append(_NAME.sub(self._teller(known), optional or fixed))
            elif fixed:
                return "", set()
        return _STOPS.sub(r"\1", "".join(told)).strip(), names

    def _teller(self, known: Mapping[str, Value | datetime]) -> Callable[[re.Match[str]], str]:
        return lambda found: self.tell(found[1].rpartition(".")[2], known[found[1]])

    def _text(self, name: str, value: str) -> str:
        if value in self.names:
            return self.names[value]
        if _MOMENT.match(value):
            at = datetime.fromisoformat(value)
            local = at.astimezone(self.timezone) if at.tzinfo else at
            return f"{local:%m-%d %H:%M:%S}" if name.endswith("_at") else f"{local:%Y-%m-%d %H:%M}"
        if word := self._word(f"word.{value}"):
            return word
        parts = _LIST.split(value)
        if len(parts) == 1:
            return value
        return self._word("mark.list").join(self._text(name, part) for part in parts)

    def _duration(self, seconds: float) -> str:
        whole = max(0, round(seconds))
        if whole < 60:
            return self._word("duration.s").format(s=_short(max(0.0, seconds)))
        if whole >= 2 * 86_400:
            days, hours = divmod(round(whole / 3600), 24)
            return self._word("duration.d" if hours else "duration.d.whole").format(d=days, h=hours)
        hours, rest = divmod(whole, 3600)
        minutes, left = divmod(rest, 60)
        key = "duration.h" if hours else "duration.min"
        if not (minutes if hours else left):
            key += ".whole"
        return self._word(key).format(h=hours, min=minutes, s=left)

    def _word(self, key: str) -> str:
        return words(self.language).get(key, "")


@cache
def words(language: str) -> Mapping[str, str]:
    """Every text of one language, by key."""
    text = files("alerts").joinpath(f"i18n/{language}.json").read_text("utf-8")
    found: dict[str, str] = json.loads(text)
    return found


def _short(value: float) -> str:
    digits = 0 if abs(value) >= 100 else 1
    return f"{round(value, digits):.{digits}f}".removesuffix(".0")
