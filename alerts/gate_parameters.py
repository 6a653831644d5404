"""What a passage must show before anything is told of it (过车研判参数). All ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from config.rule_parameters import ParameterError, override
from config.site import RuleParameters
from geofence.parameters import read_parameters

KIND = "gate_findings"
"""Its table in site.toml: `[rules.gate_findings]`."""
UNKNOWN_TRUCK = "unknown_truck"
TERMINAL_SILENT = "terminal_silent"
NO_PERMIT = "no_permit"


@dataclass(frozen=True, slots=True)
class GateParameters:
    """Thresholds of the three kinds; shares are of 1.

    Attributes:
        class_confidence: of a truck, below which nothing is said.
        reliability: of a plate, from which on the register is asked for it.
        sure: of what is told, 0 to 1.
        likely: of an unknown truck without a plate that was read: suspected.
        load_confidence: of a load that shows.
        elsewhere_m: a truck whose own fixes put it farther away than this was not here.
    """

    class_confidence: float = 0.4
    reliability: float = 0.9
    sure: float = 0.9
    likely: float = 0.9
    load_confidence: float = 0.6
    elsewhere_m: float = 400.0

    @classmethod
    def of(cls, rules: Mapping[str, RuleParameters]) -> GateParameters:
        """The defaults with what `[rules.gate_findings]` sets over them.

        Raises:
            ParameterError: a key that is not one of these, or a value that cannot be used.
        """
        parameters = override(KIND, cls(), rules.get(KIND, {}))
        for key in ("class_confidence", "reliability", "sure", "likely", "load_confidence"):
            share = getattr(parameters, key)
            if share > 1:
                raise ParameterError(KIND, key, f"{share!r} is more than 1")
        return parameters


@dataclass(frozen=True, slots=True)
class _Switch:
    enabled: bool = True


def kinds_told(rules: Mapping[str, RuleParameters]) -> frozenset[str]:
    """Those of the three kinds that a site leaves on: `enabled` under `[rules.<kind>]`, which the
    fleet's own rule reads too for `no_permit`.

    Raises:
        ParameterError: another key there, or no true or false.
    """
    own = (UNKNOWN_TRUCK, TERMINAL_SILENT)
    told = {kind for kind in own if override(kind, _Switch(), rules.get(kind, {})).enabled}
    if read_parameters(rules).enabled(NO_PERMIT):
        told.add(NO_PERMIT)
    return frozenset(told)
