"""The examples of docs/site.md are what the loader reads."""

from __future__ import annotations

import json
import re
from pathlib import Path

from config.problem import Severity
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
