"""All thresholds of a site, as whoever uses them reads them."""

from __future__ import annotations

from collections.abc import Mapping

from alerts.attribution_parameters import AttributionParameters
from alerts.gate_parameters import GateParameters, kinds_told
from config.site import RuleParameters
from detection.parameters import read_camera_parameters
from geofence.parameters import read_parameters


def check_thresholds(rules: Mapping[str, RuleParameters]) -> None:
    """Refuse what nobody would read.

    Raises:
        ParameterError: a key that its table does not have, or a value that cannot be used.
    """
    read_parameters(rules)
    read_camera_parameters(rules)
    AttributionParameters.of(rules)
    GateParameters.of(rules)
    kinds_told(rules)
