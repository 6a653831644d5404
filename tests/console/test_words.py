"""What operators read of alerts and passages stands in words, Chinese first."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from detection.detections import PERSON_CLASSES, VEHICLE_CLASSES
from detection.light import Light

pytestmark = pytest.mark.servers

WEB = Path(__file__).parents[2] / "console/web"


def test_who_passed_and_what_of_is_told_in_words(client: TestClient) -> None:
    """No English name of ours stands before operators where there is a word for it."""
    for language in ("zh-CN", "en"):
        own = json.loads((WEB / f"i18n/{language}.json").read_text("utf-8"))
        seen = VEHICLE_CLASSES | PERSON_CLASSES
        assert {f"class.{name}" for name in seen - {"train"}} <= own.keys()
        answer = client.get(f"/i18n/alerts/{language}.json")
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")
        both = answer.json() | own
        values = ("reason", "nobody", "silent_trucks", "reliability", "plate_read", "gap_s", "sure")
        assert {f"value.{name}" for name in values} <= both.keys()
        reasons = ("no_truck_near", "plate_not_registered", "no_terminal", "silent", "elsewhere")
        ends = ("removed", "stayed", "view_changed", "no_longer_seen")
        words = (*reasons, "none", "expired", *ends, *Light)
        assert {f"word.{name}" for name in words} <= both.keys()
