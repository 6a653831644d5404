"""Each table of thresholds is read by somebody, who refuses what he does not know."""

from __future__ import annotations

import pytest

from app.thresholds import check_thresholds
from config.names import ALERT_KINDS, OTHER_RULES
from config.rule_parameters import ParameterError


@pytest.mark.parametrize("table", sorted(ALERT_KINDS | OTHER_RULES))
def test_a_key_that_nobody_knows_is_refused(table: str) -> None:
    with pytest.raises(ParameterError, match=rf"rules\.{table}\.more"):
        check_thresholds({table: {"more": 1}})
    check_thresholds({table: {"severity": "notice"}})


def test_what_a_value_may_not_be() -> None:
    with pytest.raises(ParameterError, match=r"gate_findings\.sure: 90"):
        check_thresholds({"gate_findings": {"sure": 90}})
    with pytest.raises(ParameterError, match=r"unknown_truck\.enabled: 1"):
        check_thresholds({"unknown_truck": {"enabled": 1}})
    check_thresholds({"gate_findings": {"sure": 0.8}, "terminal_silent": {"enabled": False}})
