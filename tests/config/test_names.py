"""Names that `config` spells out, since it may not import those who give them their meaning."""

from __future__ import annotations

import dataclasses

from alerts import alert, attribution_parameters, gate_parameters, kind
from config.names import ALERT_KINDS, OTHER_RULES, SEVERITIES
from detection.parameters import CameraParameters
from geofence.parameters import Parameters


def test_alert_kinds_are_those_of_alerts():
    assert set(kind.ALERT_KINDS) == ALERT_KINDS


def test_severities_are_those_of_alerts():
    assert set(SEVERITIES) == set(alert.Severity)


def test_other_rules_are_all_that_have_thresholds_and_are_no_alert():
    tables = {f.name for of in (Parameters, CameraParameters) for f in dataclasses.fields(of)}
    tables |= {attribution_parameters.KIND, gate_parameters.KIND}
    assert tables - ALERT_KINDS == OTHER_RULES
