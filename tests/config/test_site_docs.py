"""The examples of docs/site.md are what the loader reads."""

from __future__ import annotations

import json
import re
from pathlib import Path

from config.problem import Severity
from config.road import LIMIT_KMH
from config.site_files import FILES, examine_site

DOCS = (Path(__file__).parents[2] / "docs" / "site.md").read_text(encoding="utf-8")


def block(heading: str, language: str) -> str:
    section = DOCS.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return re.search(rf"```{language}\n(.*?)```", section, re.DOTALL)[1]


def test_every_file_has_its_section():
    assert all(f"\n## {file}\n" in DOCS for file in FILES)


def test_the_examples_are_right():
    feature = json.loads(block("zones.geojson", "json"))
    zones = {"type": "FeatureCollection", "features": [feature]}
    site, problems = examine_site(
        {
            "site.toml": block("site.toml", "toml").encode(),
            "zones.geojson": json.dumps(zones).encode(),
            "cameras.toml": block("cameras.toml", "toml").encode(),
        }
    )
    assert problems == []
    assert list(site.zones) == ["school"]
    assert list(site.cameras) == ["gate-east"]
    assert site.rules["overspeed"]["severity"] == "notice"


def test_the_permits_example_has_all_columns_and_names_only_what_is_not_there():
    _site, problems = examine_site(
        {
            "site.toml": block("site.toml", "toml").encode(),
            "permits.csv": block("permits.csv", "csv").encode(),
        }
    )
    assert problems
    assert all("is not in" in p.message and p.severity is Severity.ERROR for p in problems)


def test_the_examples_of_terminals_and_rounds_have_all_columns():
    """Vehicles and routes are not there; nothing else is wrong."""
    _site, problems = examine_site(
        {
            "site.toml": block("site.toml", "toml").encode(),
            "terminals.csv": block("terminals.csv", "csv").encode(),
            "rounds.csv": block("rounds.csv", "csv").encode(),
        }
    )
    assert {p.file for p in problems} == {"terminals.csv", "rounds.csv"}
    assert all("is not in" in p.message for p in problems)


def test_the_limits_of_road_classes_are_as_written():
    section = DOCS.split("\n## roads.geojson\n", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| (\d+) \|", section, re.MULTILINE)
    assert {name: float(limit) for name, limit in rows} == LIMIT_KMH
