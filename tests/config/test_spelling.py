"""Names that `config` spells out, since it may not import those who give them their meaning."""

from __future__ import annotations

from alerts.alert import Severity
from alerts.kind import ALERT_KINDS
from config.site_toml import RULE_KINDS, SEVERITIES


def test_every_alert_kind_may_have_thresholds():
    assert RULE_KINDS - {"zone_visit"} == set(ALERT_KINDS)


def test_severities_are_those_of_alerts():
    assert set(SEVERITIES) == set(Severity)
