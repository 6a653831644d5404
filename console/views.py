"""From what the store holds to what the API answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from shapely.geometry import mapping

from config.road import Road
from config.site import Site
from console.responses import (
    AlertEntry,
    AlertResponse,
    EvidenceEntry,
    Feature,
    FeatureCollection,
    LogEntry,
    PositionEntry,
    RoundPlanEntry,
    SiteResponse,
    VehicleEntry,
)
from ingest.position import Position
from store.alert_reader import AlertPage
from store.alert_row import StoredAlert


def site_response(site: Site, roads: Mapping[str, Road]) -> SiteResponse:
    return SiteResponse(
        name=site.name,
        timezone=site.timezone.key,
        zones=_collection(
            _feature(zone, kind=zone.kind.value, hours=str(zone.hours))
            for zone in site.zones.values()
        ),
        routes=_collection(
            _feature(route, kind=route.kind.value, half_width_m=route.half_width_m)
            for route in site.routes.values()
        ),
        roads=_collection(_feature(road) for road in roads.values()),
        cameras=_collection(
            Feature(
                geometry={"type": "Point", "coordinates": [camera.lon, camera.lat]},
                properties={
                    "id": camera.id,
                    "name": camera.name,
                    "role": camera.role.value,
                    "heading_deg": camera.heading_deg,
                },
            )
            for camera in site.cameras.values()
        ),
        vehicles=[
            VehicleEntry(
                vehicle_id=vehicle.vehicle_id,
                plate=vehicle.plate,
                plate_color=vehicle.plate_color.value,
                kind=vehicle.kind.value,
                company=site.companies[vehicle.company_id].name
                if vehicle.company_id in site.companies
                else vehicle.company_id,
            )
            for vehicle in site.vehicles.values()
        ],
        plans=[
            RoundPlanEntry(
                plan_id=plan.plan_id,
                name=plan.name,
                route_id=plan.route_id,
                work=plan.work.value,
                window=str(plan.window),
                coverage=plan.coverage,
            )
            for plan in site.rounds.values()
        ],
    )


def position_entry(position: Position) -> PositionEntry:
    return PositionEntry.model_validate(_plain(position))


def alert_entry(stored: StoredAlert) -> AlertEntry:
    shown = stored.shown
    laid = {
        "passers": msgspec.to_builtins(shown.passers),
        "candidates": msgspec.to_builtins(shown.candidates),
        "attributed_by": stored.attributed_by,
        "attributed_at": stored.choice.at if stored.choice else None,
        "attribution_note": stored.choice.note if stored.choice else None,
        "verdict": stored.verdict.true if stored.verdict else None,
        "verdict_by": stored.verdict.by if stored.verdict else None,
        "verdict_at": stored.verdict.at if stored.verdict else None,
    }
    return AlertEntry.model_validate(_plain(shown) | _plain(stored) | laid)


def alert_response(page: AlertPage) -> AlertResponse:
    alert = alert_entry(page.stored)
    return AlertResponse(
        alert=alert.model_copy(update={"pictures": len(page.evidence)}),
        evidence=[
            EvidenceEntry.model_validate(_plain(entry) | {"sha256": entry.sha256.hex()})
            for entry in page.evidence
        ],
        log=[LogEntry.model_validate(_plain(entry)) for entry in page.log],
    )


def _plain(struct: msgspec.Struct) -> dict[str, Any]:
    return msgspec.structs.asdict(struct)


def _feature(thing: Any, **properties: object) -> Feature:  # noqa: ANN401  Zone, Route or Road
    return Feature(
        geometry=mapping(thing.geometry),
        properties={"id": thing.id, "name": thing.name, **properties},
    )


def _collection(features: Iterable[Feature]) -> FeatureCollection:
    return FeatureCollection(features=list(features))
