"""All that the report's page shows, as one JSON object. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from alerts.alert import Alert, Value
from alerts.kind import ALERT_KINDS
from alerts.why import LANGUAGES, Wording
from app.backtest import Backtest
from app.backtest_compare import Comparison
from app.backtest_summary import by_kind, compared
from app.report.base_map import base_map
from app.report.choice import Shown
from app.report.deciding import histograms
from app.report.differences import registers, thresholds
from config.site import Site

Json = dict[str, Any]
Track = list[list[int]]


@dataclass(frozen=True, slots=True)
class Side:
    """One configuration: what people call it, the site, and what came of it."""

    name: str
    site: Site
    result: Backtest


def all_shown(a: Backtest, comparison: Comparison | None) -> list[Shown]:
    """Every alert of either configuration, once."""
    if comparison is None:
        return [Shown(alert) for alert in a.alerts]
    found = []
    for alert in a.alerts:
        other = comparison.a_in_b.get(alert.alert_id)
        found.append(Shown(alert, "a" if other is None else "both", other))
    return found + [Shown(alert, "b") for alert in comparison.only_b]


def report_data(
    source: str,
    a: Side,
    b: Side | None,
    *,
    comparison: Comparison | None,
    shown: Sequence[Shown],
    tracks: Mapping[UUID, Track],
) -> Json:
    """The page's data.

    Args:
        source: what the tracks are called.
        a, b: the configurations; b and `comparison` are None where there is one.
        shown: the alerts to embed (`app.report.choice`).
        tracks: alert id -> its piece of track (`app.report.pieces.drawn`).
    """
    result = a.result
    found = all_shown(result, comparison)
    left_out = Counter(s.alert.kind for s in found) - Counter(s.alert.kind for s in shown)
    told = _Told(a.site, b.site if b else None)
    return {
        "site": a.site.name,
        "timezone": a.site.timezone.key,
        "source": source,
        "names": {"a": a.name, "b": b.name if b else None},
        "first": result.first_at.timestamp() if result.first_at else None,
        "last": result.last_at.timestamp() if result.last_at else None,
        "fixes": result.fixes,
        "qualities": result.qualities,
        "vehicles": result.vehicles,
        "truck_days": result.truck_days,
        "trips": {"a": result.trips, "b": b.result.trips if b else {}},
        "rounds": {"a": result.rounds, "b": b.result.rounds if b else {}},
        "kinds": {k.id: {"zh-CN": k.zh, "en": k.en} for k in ALERT_KINDS.values()},
        "summary": {
            "a": [asdict(row) for row in by_kind(result)],
            "b": [asdict(row) for row in by_kind(b.result)] if b else None,
        },
        "comparison": [asdict(row) for row in compared(comparison)] if comparison else None,
        "thresholds": thresholds(a.site, b.site) if b else [],
        "registers": registers(a.site, b.site) if b else [],
        "total": len(found),
        "left_out": dict(left_out),
        "histograms": histograms(found),
        "map": base_map(a.site, b.site if b else None),
        "alerts": [told.alert(s, tracks.get(s.alert.alert_id, [])) for s in shown],
        "parameters": told.parameters,
    }


class _Told:
    """Alerts in both languages; sets of thresholds that many share are told once."""

    def __init__(self, site: Site, other: Site | None) -> None:
        names = _names(site) if other is None else _names(other) | _names(site)
        self._wordings = [Wording(language, names, site.timezone) for language in LANGUAGES]
        self._numbers: dict[tuple[tuple[str, Value], ...], int] = {}
        self.parameters: list[list[list[str]]] = []

    def alert(self, shown: Shown, track: Track) -> Json:
        alert = shown.alert
        other = shown.other
        return {
            **self._facts(alert),
            "kind": alert.kind,
            "severity": alert.severity.value,
            "vehicle": alert.vehicle_id,
            "plate": alert.plate,
            "color": alert.plate_color,
            "company": alert.company,
            "subject": [wording.tell("subject", alert.subject) for wording in self._wordings],
            "permit": alert.permit_id,
            "at": [round(alert.lon, 6), round(alert.lat, 6)],
            "confidence": alert.confidence,
            "occurrences": alert.occurrences,
            "by": shown.raised_by,
            "why": [wording.why(alert) for wording in self._wordings],
            "track": track,
            "other": self._facts(other) if other is not None else None,
        }

    def _facts(self, alert: Alert) -> Json:
        """What two configurations may say differently of the same trouble."""
        return {
            "id": str(alert.alert_id),
            "started": alert.started_at.timestamp(),
            "raised": alert.raised_at.timestamp(),
            "ended": alert.ended_at.timestamp() if alert.ended_at else None,
            "values": self._table(alert.values),
            "parameters": self._number(alert.parameters),
        }

    def _number(self, parameters: Mapping[str, Value]) -> int:
        key = tuple(parameters.items())
        if key not in self._numbers:
            self._numbers[key] = len(self.parameters)
            self.parameters.append(self._table(parameters))
        return self._numbers[key]

    def _table(self, facts: Mapping[str, Value]) -> list[list[str]]:
        """[label, text] in one language, then in the other."""
        zh, en = (wording.table(facts) for wording in self._wordings)
        return [[*first, *second] for first, second in zip(zh, en, strict=True)]


def _names(site: Site) -> dict[str, str]:
    return (
        {vehicle.vehicle_id: vehicle.plate for vehicle in site.vehicles.values()}
        | {company.company_id: company.name for company in site.companies.values()}
        | {zone.id: zone.name for zone in site.zones.values()}
        | {route.id: route.name for route in site.routes.values()}
        | {camera.id: camera.name for camera in site.cameras.values()}
        | {plan.plan_id: plan.name for plan in site.rounds.values()}
    )
