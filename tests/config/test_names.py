"""Names that `config` spells out, since it may not import those who give them their meaning."""

from __future__ import annotations

from alerts import alert, kind
from config.names import ALERT_KINDS, SEVERITIES


def test_alert_kinds_are_those_of_alerts():
    assert set(kind.ALERT_KINDS) == ALERT_KINDS


def test_severities_are_those_of_alerts():
    assert set(SEVERITIES) == set(alert.Severity)
