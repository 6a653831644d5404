"""The rules, in the order in which they judge. To add one: a file in `rules/`, and a place here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from geofence.ground import Ground
from geofence.rules.off_route import OffRoute, OffRouteState
from geofence.rules.overspeed import Overspeed, OverspeedState
from geofence.rules.restricted_zone import RestrictedZone, RestrictedZoneState
from geofence.rules.rule import Rule
from geofence.rules.zone_visits import VisitState, ZoneVisits

# What a snapshot may hold: every rule's state, told apart by its tag.
RuleState: TypeAlias = VisitState | OffRouteState | OverspeedState | RestrictedZoneState

RULES: tuple[Callable[[Ground], Rule], ...] = (
    ZoneVisits,  # first: later rules read the visits that it puts into the sight
    OffRoute,
    Overspeed,
    RestrictedZone,
)


def make_rules(ground: Ground) -> tuple[Rule, ...]:
    """All rules that the site has not switched off (`enabled = false`), in order."""
    rules = (make(ground) for make in RULES)
    return tuple(r for r in rules if getattr(getattr(ground.parameters, r.name), "enabled", True))
