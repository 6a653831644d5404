"""The table of docs/rules.md: every kind that the engine raises, every threshold, every default."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from alerts.kind import ALERT_KINDS
from config.site_files import load_site, read_site_folder
from geofence.engine import Engine
from geofence.parameters import Parameters
from geofence.rule_list import make_rules

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
CELLS = [[c.strip() for c in line.strip("|").split("|")] for line in TEXT.splitlines()
         if line.startswith("| `") and line.count("|") == 7]  # fmt: skip
ROWS = {cells[0].strip("`"): cells for cells in CELLS}
DEFAULT = re.compile(r"`(\w+)` (true|false|none|[\d.]+\d|\d)")
VALUES = {"true": True, "false": False, "none": None}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(load_site(read_site_folder(ROOT / "config" / "demo_district")))


def test_every_kind_that_the_engine_raises_has_its_row_and_its_chinese_name(engine):
    assert len(ROWS) == len(CELLS)
    for kind in engine.kinds:
        assert ROWS[kind][1] == ALERT_KINDS[kind].zh
    assert {row for row in ROWS if row in ALERT_KINDS} == set(engine.kinds)


def test_every_rule_of_the_list_has_its_row(engine):
    # Stands of sanitation trucks are a rule of their own, told as long stops.
    names = {rule.name for rule in make_rules(engine._ground)} - {"round_stop"}
    assert names <= set(ROWS)


@pytest.mark.parametrize("name", [f.name for f in dataclasses.fields(Parameters)])
def test_defaults_are_those_of_the_code(name):
    told = {
        key: VALUES[v] if v in VALUES else float(v) for key, v in DEFAULT.findall(ROWS[name][3])
    }
    known = dataclasses.asdict(getattr(Parameters(), name))
    known.pop("enabled", None)
    assert told == known


def test_every_threshold_named_in_the_text_exists(engine):
    """Whatever looks like a threshold (a name that ends with a unit) is one, or a value told."""
    known = {"speed_limit_kmh", "half_width_m", "max_speed_kmh", "weight_kg"}
    for field in dataclasses.fields(Parameters):
        known |= dataclasses.asdict(getattr(Parameters(), field.name)).keys()
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)*_(?:s|m|kmh|c|kg|fixes|share|weight))`", TEXT))
    assert named
    assert named <= known
