"""`site.toml`: name, time zone, datum and the thresholds of the rules."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from config.datum import Datum
from config.fields import Fields
from config.names import ALERT_KINDS, OTHER_RULES, SEVERITIES
from config.problem import ProblemList
from config.site import RuleParameters
from config.toml_file import TomlFile, read_toml

FILE = "site.toml"


@dataclass(frozen=True, slots=True)
class SiteHead:
    name: str
    timezone: ZoneInfo
    datum: Datum
    rules: dict[str, RuleParameters]


def read_head(content: bytes, problems: ProblemList) -> SiteHead | None:
    """The head of a site, or None where one of its required fields is missing or wrong."""
    toml = read_toml(FILE, content, problems)
    if toml is None:
        return None
    fields = Fields(FILE, toml.data, lambda field: toml.line_of("", 0, field), problems)
    for key in toml.data:
        if key not in ("name", "timezone", "datum", "rules"):
            line = toml.line_of("", 0, key) or toml.line_of(key)
            problems.warning(FILE, line, key, "unknown field, not read")
    name = fields.text("name")
    timezone = _timezone(fields)
    datum = fields.choice("datum", Datum)
    rules = _rules(toml, problems)
    if name is None or timezone is None or datum is None:
        return None
    return SiteHead(name, timezone, datum, rules)


def _timezone(fields: Fields) -> ZoneInfo | None:
    name = fields.text("timezone")
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        fields.error("timezone", f"{name!r} is no time zone such as 'Asia/Shanghai'")
        return None


def _rules(toml: TomlFile, problems: ProblemList) -> dict[str, RuleParameters]:
    raw = toml.data.get("rules", {})
    if not isinstance(raw, dict):
        problems.error(FILE, toml.line_of("", 0, "rules"), "rules", "must be tables [rules.<kind>]")
        return {}
    rules: dict[str, RuleParameters] = {}
    for kind, parameters in raw.items():
        table = f"rules.{kind}"
        if not isinstance(parameters, dict):
            problems.error(FILE, toml.line_of("rules", 0, kind), table, "must be a table")
            continue
        if kind not in ALERT_KINDS | OTHER_RULES:
            problems.warning(FILE, toml.line_of(table), table, "no rule has this name")
        for key, value in parameters.items():
            wrong = _wrong_parameter(key, value)
            if wrong:
                problems.error(FILE, toml.line_of(table, 0, key), f"{table}.{key}", wrong)
        rules[kind] = parameters
    return rules


def _wrong_parameter(key: str, value: object) -> str | None:
    if key == "severity" and value not in SEVERITIES:
        return f"{value!r} is none of {', '.join(SEVERITIES)}"
    if not isinstance(value, float | int | str | bool):
        return f"must be a number, text, true or false, not {value!r}"
    measured = key.endswith(("_s", "_m", "_kmh"))
    if measured and (isinstance(value, bool | str)):
        return f"must be a number, not {value!r}"
    if isinstance(value, float | int) and not abs(value) <= sys.float_info.max:
        return f"{value} is not a finite number"
    if measured and isinstance(value, float | int) and value < 0:
        return f"{value} must be at least 0"
    return None
