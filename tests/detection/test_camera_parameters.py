"""Thresholds of camera rules: a site's own over the defaults; what cannot be used says so."""

from __future__ import annotations

import pytest

from config.rule_parameters import ParameterError
from detection.parameters import CameraParameters, read_camera_parameters


def test_a_site_overrides_one_by_one() -> None:
    read = read_camera_parameters(
        {
            "spillage": {"same_spill_s": 12, "severity": "high"},
            "open_load": {"enabled": False},
            "overspeed": {"tolerance_kmh": 5},  # of another part
        }
    )
    assert read.spillage.same_spill_s == 12.0
    assert not read.open_load.enabled
    assert read.illegal_dumping == CameraParameters().illegal_dumping


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ({"spillage": {"sames": 1}}, r"rules\.spillage\.sames: no such parameter"),
        ({"open_load": {"votes": 2.5}}, r"rules\.open_load\.votes: 2\.5 is not a whole number"),
        ({"open_load": {"votes": True}}, "is not a number"),
        ({"open_load": {"enabled": 1}}, "is not true or false"),
        ({"illegal_dumping": {"confidence": -0.1}}, "0 or more"),
    ],
)
def test_what_cannot_be_used_says_so(rules, told: str) -> None:
    with pytest.raises(ParameterError, match=told):
        read_camera_parameters(rules)
