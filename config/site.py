"""A site: everything the rules need to know of one district (辖区)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from config.camera import Camera
from config.permit import Permit
from config.road import Road
from config.round_plan import RoundPlan
from config.route import Route
from config.terminal_register import TerminalRegister
from config.vehicle import Company, Mounting, Vehicle
from config.zone import Zone

RuleParameters = Mapping[str, float | int | str | bool]


@dataclass(frozen=True, slots=True)
class Site:
    """All geometry in WGS-84. `rules[kind]` are the thresholds set for a kind of alert.

    Mappings are keyed by the id of what they hold and keep the order of the files. `mountings` are
    those of terminals.csv; a vehicle's own terminal is with the vehicle.
    """

    name: str
    timezone: ZoneInfo
    zones: Mapping[str, Zone] = field(default_factory=dict)
    routes: Mapping[str, Route] = field(default_factory=dict)
    companies: Mapping[str, Company] = field(default_factory=dict)
    vehicles: Mapping[str, Vehicle] = field(default_factory=dict)
    permits: Mapping[str, Permit] = field(default_factory=dict)
    cameras: Mapping[str, Camera] = field(default_factory=dict)
    rules: Mapping[str, RuleParameters] = field(default_factory=dict)
    rounds: Mapping[str, RoundPlan] = field(default_factory=dict)
    roads: Mapping[str, Road] = field(default_factory=dict)
    mountings: tuple[Mounting, ...] = ()

    def terminal_register(self) -> TerminalRegister:
        """Which vehicle a terminal was in, and when; made anew by each call."""
        return TerminalRegister(self.vehicles.values(), self.mountings)
