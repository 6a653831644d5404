"""`permits.csv`: what each truck may do."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from config.csv_file import read_rows
from config.fields import Fields
from config.map_files import ROUTES, ZONES
from config.permit import Permit
from config.permit_doubts import PermitDoubts
from config.problem import ProblemList
from config.register_files import VEHICLES, row_fields
from config.route import Route
from config.zone import Zone, ZoneKind

PERMITS = "permits.csv"

_OPTIONAL = (
    "site_zone",
    "ground_zone",
    "route_ids",
    "vehicle_ids",
    "valid_from",
    "valid_to",
    "hours",
    "speed_limit_kmh",
    "daily_trips",
)
_BEGINS = (ZoneKind.SITE, ZoneKind.WORK_AREA, ZoneKind.TRANSFER_STATION)
_ENDS = (ZoneKind.GROUND, ZoneKind.TRANSFER_STATION)


def read_permits(
    content: bytes,
    timezone: ZoneInfo,
    *,
    zones: Mapping[str, Zone],
    routes: Mapping[str, Route],
    vehicles: Collection[str],
    problems: ProblemList,
    at: datetime | None,
) -> dict[str, Permit]:
    """`at` is the time by which a permit has run out, None: not looked at."""
    doubts = PermitDoubts(zones, routes, at)
    permits: dict[str, Permit] = {}
    for row in read_rows(PERMITS, content, ("permit_id",), _OPTIONAL, problems):
        fields = row_fields(PERMITS, row, problems)
        permit_id = fields.identifier("permit_id")
        route_ids, vehicle_ids = row.list("route_ids"), row.list("vehicle_ids")
        _check_known(fields, "route_ids", route_ids, routes, ROUTES)
        _check_known(fields, "vehicle_ids", vehicle_ids, vehicles, VEHICLES)
        valid_from, valid_to = fields.validity(timezone)
        permit = Permit(
            permit_id=permit_id or "",
            site_zone=_zone(fields, "site_zone", zones, _BEGINS),
            ground_zone=_zone(fields, "ground_zone", zones, _ENDS),
            route_ids=route_ids,
            vehicle_ids=vehicle_ids,
            valid_from=valid_from,
            valid_to=valid_to,
            hours=fields.hours("hours"),
            speed_limit_kmh=fields.number("speed_limit_kmh", required=False, above=0),
            daily_trips=fields.whole_number("daily_trips", at_least=1),
        )
        if permit_id is None:
            continue
        if permit_id in permits:
            fields.error("permit_id", f"{permit_id!r} is there twice")
            continue
        permits[permit_id] = permit
        doubts.tell(permit, fields)
    return permits


def _check_known(
    fields: Fields, field: str, ids: tuple[str, ...], known: Collection[str], file: str
) -> None:
    for one in ids:
        if one not in known:
            fields.error(field, f"{one!r} is not in {file}")
        elif ids.count(one) > 1:
            fields.warning(field, f"{one!r} is named twice")


def _zone(
    fields: Fields, field: str, zones: Mapping[str, Zone], kinds: tuple[ZoneKind, ...]
) -> str | None:
    zone_id = fields.identifier(field, required=False)
    if zone_id is None:
        return None
    zone = zones.get(zone_id)
    if zone is None:
        fields.error(field, f"{zone_id!r} is not in {ZONES}")
    elif zone.kind not in kinds:
        fields.error(field, f"{zone_id!r} is a {zone.kind}, not a {' or '.join(kinds)}")
    return zone_id
