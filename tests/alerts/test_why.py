"""Why an alert was raised, in words: each kind, with the values that its rule gives."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from alerts.alert import Alert, Severity
from alerts.attribution import Candidate
from alerts.kind import ALERT_KINDS
from alerts.why import LANGUAGES, Wording, words
from geofence.parameters import Parameters

T0 = datetime(2026, 11, 1, 12, 0, 5, tzinfo=UTC)
NAMES = {"corridor-east": "锦绣苑—西郊", "school": "学校段", "g1": "西郊消纳场", "g2": "南环消纳场"}


def alert(kind: str, values: dict[str, Any], parameters: dict[str, Any], **more: Any) -> Alert:
    fields: dict[str, Any] = {
        "alert_id": UUID(int=1), "severity": Severity.WARNING, "vehicle_id": "v1",
        "camera_id": None, "subject": "", "started_at": T0, "raised_at": T0, "lon": 120.0,
        "lat": 31.7,
    }  # fmt: skip
    return Alert(kind=kind, values=values, parameters=parameters, **fields | more)


def told(found: Alert) -> tuple[str, str]:
    zh, en = (Wording(x, NAMES, ZoneInfo("Asia/Shanghai")).why(found) for x in LANGUAGES)
    return zh, en


OFF_ROUTE = {
    "nearest_route": "corridor-east", "half_width_m": 50.0, "distance_m": 71.0,
    "max_distance_m": 182.4, "duration_s": 204.0, "fixes": 21,
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "values", "parameters", "more", "zh", "en"),
    [
        (
            "off_route", OFF_ROUTE, {"hold_s": 180.0, "far_m": 50.0, "far_hold_s": 30.0}, {},
            "偏离核准路线 锦绣苑—西郊：最远距路线中线 182 米，核准路线半宽 50 米；连续 3 分 24 秒、"
            "21 个定位点在路线外。判定：在路线外满 3 分钟，或超出路线边缘 50 米以上满 30 秒。",
            "Off the permitted route 锦绣苑—西郊: 182 m from its line at the furthest, half-width "
            "50 m; outside for 3 min 24 s on 21 fixes. Raised after 3 min outside, or 30 s more "
            "than 50 m beyond the edge.",
        ),
        (
            "overspeed",
            {"speed_kmh": 72.0, "max_speed_kmh": 75.7, "limit_kmh": 50.0, "duration_s": 20.0,
             "fixes": 5, "derived": False},
            {"limit_kmh": 120.0, "tolerance": 0.1, "hold_s": 15.0, "min_fixes": 3}, {},
            "最高时速 75.7 km/h，限速 50 km/h；连续超速 20 秒、5 个定位点。"
            "判定：超过限速 10% 以上，满 15 秒、3 个定位点以上。",
            "75.7 km/h where 50 km/h is allowed, for 20 s on 5 fixes. "
            "Raised when 10% above the limit for 15 s on 3 fixes or more.",
        ),
        (
            "restricted_zone",
            {"hours": "06:30-19:30", "timezone": "Asia/Shanghai", "duration_s": 3600.0, "fixes": 9},
            {"hold_s": 30.0}, {"zone_id": "school"},
            "渣土车在限行时段（06:30-19:30）内驶入限行区域 学校段，停留 1 小时、9 个定位点。"
            "判定：区域内满 30 秒。",
            "A muck truck in the restricted zone 学校段 in its hours (06:30-19:30), for 1 h on "
            "9 fixes. Raised after 30 s inside.",
        ),
        (
            "wrong_ground", {"site": "s", "ground": "g1", "permitted_grounds": "g2|g3"}, {},
            {"permit_id": "P1"},
            "在消纳场 西郊消纳场 卸载，准运证 P1 未核准该消纳场，核准的是 南环消纳场、g3；"
            "装载工地 s。",
            "Unloaded at 西郊消纳场, a ground that its permit P1 does not name; "
            "it names 南环消纳场, g3; loaded at s.",
        ),
    ],
)  # fmt: skip
def test_the_sentence_of_a_kind(
    kind: str, values: dict[str, Any], parameters: dict[str, Any], more: dict[str, Any],
    zh: str, en: str,
) -> None:  # fmt: skip
    assert told(alert(kind, values, parameters, **more)) == (zh, en)


@pytest.mark.parametrize("kind", ALERT_KINDS)
def test_every_kind_says_what_it_is_given_and_what_it_is_not(kind: str) -> None:
    """A rule that is not written yet may name its values as it likes."""
    for sentence in told(alert(kind, {"odd_m": 12.0}, {"limit_odd_s": 5.0})):
        assert "12" in sentence
        assert "5" in sentence
        assert not set("{}[]") & set(sentence)
    for sentence in told(alert(kind, {}, {})):
        assert len(sentence) >= 3
        assert not set("{}[]") & set(sentence)
        assert "。。" not in sentence


@pytest.mark.parametrize(
    ("name", "value", "zh"),
    [
        ("gap_s", 0.4, "0.4 秒"),
        ("gap_s", 7260, "2 小时 1 分"),
        ("hours_since_loading", 4.25, "4.2 小时"),
        ("window_s", 14 * 86_400, "14 天"),
        ("load_before", 2, "满载"),
        ("evidence", "load+body", "载重传感器、车厢举升"),
        ("tolerance", 0.125, "12.5%"),
        ("weight_kg", 1200.0, "1200 kg"),
        ("laden", True, "是"),
        ("reason", "expired", "准运证已过期"),
        ("left_at", "2026-11-01T23:30:00+00:00", "11-02 07:30:00"),
        ("fixes", 3, "3"),
        ("odd", None, "–"),
        ("odd_m", float("nan"), "–"),
    ],
)
def test_a_value_carries_its_unit(name: str, value: Any, zh: str) -> None:
    assert Wording("zh-CN", {}, ZoneInfo("Asia/Shanghai")).tell(name, value) == zh


def test_joined_occurrences_are_counted() -> None:
    zh, en = told(alert("off_route", OFF_ROUTE, {}, occurrences=3))
    assert zh.endswith("。（共 3 次，以上为最近一次。）")
    assert en.endswith(". (3 times; this is the last.)")


def test_both_languages_have_the_same_words() -> None:
    zh, en = (words(language) for language in LANGUAGES)
    assert zh.keys() == en.keys()
    placeholders = {k: (set(_named(zh[k])), set(_named(en[k]))) for k in zh if k[:4] == "why."}
    assert {k for k, (a, b) in placeholders.items() if a != b} == set()


def test_a_template_names_thresholds_that_the_rule_has() -> None:
    parameters = Parameters()
    of_rounds = set(asdict(parameters.round))
    for kind in {f.name for f in fields(Parameters)} & ALERT_KINDS.keys():
        named = {n for n in _named(words("en")[f"why.{kind}"]) if n.startswith("threshold.")}
        known = set(asdict(getattr(parameters, kind))) | of_rounds
        assert {n.removeprefix("threshold.") for n in named} <= known, kind


def _named(template: str) -> list[str]:
    return [part.split("}")[0] for part in template.split("{")[1:]]


SILENT = {
    "vehicle": "v1", "reason": "elsewhere", "plate_read": "苏DA1234", "direction": "out",
    "distance_m": 5200.0, "gap_s": 10.0, "class_name": "muck_truck",
}  # fmt: skip
NO_PERMIT = {"reason": "not_registered", "zone_id": "g1", "load": "open", "permit": "none"}


@pytest.mark.parametrize(
    ("kind", "values", "zh", "en"),
    [
        (
            "terminal_silent", SILENT,
            "画面拍到登记车辆 v1 通过（驶出），车牌识别为 苏DA1234，其终端未反映：定位在别处，"
            "定位距此 5200 米，定位间隔 10 秒。判定：定位在 400 米以外，或无定位。",
            "The camera saw the registered truck v1 pass (out), plate read as 苏DA1234, and its "
            "terminal does not say so: its positions are elsewhere, 5200 m away, 10 s between "
            "fixes. Raised when it is more than 400 m away, or sends nothing.",
        ),
        (
            "no_permit", NO_PERMIT,
            "画面拍到重车（未密闭）驶出工地 西郊消纳场，车辆无有效准运证：车辆未登记；"
            "其定位未反映该车在此。",
            "The camera saw a laden truck (open) leave the site 西郊消纳场, without a valid "
            "permit: the vehicle is not registered; its positions do not show it there.",
        ),
    ],
)  # fmt: skip
def test_the_sentence_of_what_a_camera_saw(
    kind: str, values: dict[str, Any], zh: str, en: str
) -> None:
    found = alert(kind, values, {"elsewhere_m": 400.0}, camera_id="c", vehicle_id=None)
    assert told(found) == (zh, en)


def _candidate(vehicle_id: str, confidence: float) -> Candidate:
    return Candidate(vehicle_id=vehicle_id, confidence=confidence, values={"plate": "苏DA1234"})


@pytest.mark.parametrize(
    ("more", "chosen_by", "zh"),
    [
        ({"camera_id": None}, None, ""),
        ({"vehicle_id": None}, None, ""),
        ({"vehicle_id": None, "nobody": 1.0}, None, "没有登记车辆的定位与之相符。"),
        (
            {"candidates": (_candidate("v1", 0.983),), "nobody": 0.017, "plate": "苏DA1234"}, None,
            "归属：苏DA1234（系统判定，可信度 98.3%）。",
        ),
        (
            {
                "vehicle_id": None, "nobody": 0.1,
                "candidates": (_candidate("v1", 0.6), _candidate("g1", 0.3)),
            },
            None, "嫌疑车辆：苏DA1234 60%、西郊消纳场 30%；请人工认定。",
        ),
        ({"plate": "苏DA1234"}, "王工", "归属：苏DA1234（王工 人工认定）。"),
        ({"vehicle_id": None, "nobody": 0.1}, "王工", "王工 认定不属于登记车辆。"),
    ],
)  # fmt: skip
def test_at_whom_it_is_laid(more: dict[str, Any], chosen_by: str | None, zh: str) -> None:
    found = alert("spillage", {}, {}, **{"camera_id": "c", **more})
    wordings = [Wording(x, NAMES, ZoneInfo("Asia/Shanghai")) for x in LANGUAGES]
    assert wordings[0].who(found, chosen_by) == zh
    english = wordings[1].who(found, chosen_by)
    assert bool(english) == bool(zh)
    assert not set("{}") & set(english)
