"""`companies.csv` and `vehicles.csv`: who may drive what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from config.csv_file import Row, read_rows
from config.fields import Fields
from config.plate import doubt_of_plate, normal_plate
from config.problem import ProblemList
from config.validity import overlap
from config.vehicle import Company, PlateColor, Vehicle, VehicleKind

COMPANIES, VEHICLES = "companies.csv", "vehicles.csv"


_VEHICLE_COLUMNS = ("vehicle_id", "plate", "plate_color", "kind", "company_id", "terminal_id")
_VEHICLE_OPTIONAL = ("sealed_certificate", "certificate_to", "valid_from", "valid_to")


def row_fields(file: str, row: Row, problems: ProblemList) -> Fields:
    return Fields(file, row.cells, lambda _field: row.line, problems)


def read_companies(content: bytes, timezone: ZoneInfo, problems: ProblemList) -> dict[str, Company]:
    companies: dict[str, Company] = {}
    columns = ("company_id", "name")
    for row in read_rows(COMPANIES, content, columns, ("valid_from", "valid_to"), problems):
        fields = row_fields(COMPANIES, row, problems)
        company_id = fields.identifier("company_id")
        name = fields.text("name")
        valid_from, valid_to = fields.validity(timezone)
        if company_id is None or name is None:
            continue
        if company_id in companies:
            fields.error("company_id", f"{company_id!r} is there twice")
            continue
        companies[company_id] = Company(company_id, name, valid_from, valid_to)
    return companies


def read_vehicles(
    content: bytes,
    timezone: ZoneInfo,
    *,
    companies: Mapping[str, Company],
    problems: ProblemList,
    at: datetime | None,
) -> dict[str, Vehicle]:
    """Vehicles; ids and terminals are each there once, a plate with its colour once at a time.

    `at` is the time by which a certificate has run out, None: not looked at.
    """
    vehicles: dict[str, Vehicle] = {}
    plates: defaultdict[tuple[str, PlateColor], list[tuple[Vehicle, int]]] = defaultdict(list)
    terminals: dict[str, int] = {}
    for row in read_rows(VEHICLES, content, _VEHICLE_COLUMNS, _VEHICLE_OPTIONAL, problems):
        fields = row_fields(VEHICLES, row, problems)
        vehicle = _vehicle(fields, timezone)
        company_id = row["company_id"]
        if company_id and company_id not in companies:
            fields.error("company_id", f"{company_id!r} is not in {COMPANIES}")
        if vehicle is None:
            continue
        if vehicle.vehicle_id in vehicles:
            fields.error("vehicle_id", f"{vehicle.vehicle_id!r} is there twice")
            continue
        same_plate = plates[vehicle.plate, vehicle.plate_color]
        for other, line in same_plate:
            if overlap(vehicle, other):
                plate = f"{vehicle.plate} ({vehicle.plate_color})"
                fields.error("plate", f"{plate} is in line {line} already")
                break
        same_plate.append((vehicle, row.line))
        terminal_id = vehicle.terminal_id
        if terminal_id and terminals.setdefault(terminal_id, row.line) != row.line:
            message = f"{terminal_id!r} is in line {terminals[terminal_id]} already"
            fields.error("terminal_id", message + "; what changes in time is for terminals.csv")
        if "sealed_certificate" in row.cells:
            _doubt_certificate(fields, vehicle, at)
        vehicles[vehicle.vehicle_id] = vehicle
    return vehicles


def _vehicle(fields: Fields, timezone: ZoneInfo) -> Vehicle | None:
    vehicle_id = fields.identifier("vehicle_id")
    plate = fields.text("plate")
    color = fields.choice("plate_color", PlateColor)
    kind = fields.choice("kind", VehicleKind)
    company_id = fields.identifier("company_id", required=False) or ""
    terminal_id = fields.identifier("terminal_id", topic_level=True, required=False) or ""
    certificate = fields.text("sealed_certificate", required=False) or ""
    certificate_to = fields.instant("certificate_to", timezone, end=True)
    valid_from, valid_to = fields.validity(timezone)
    if vehicle_id is None or plate is None or color is None or kind is None:
        return None
    plate = normal_plate(plate)
    doubt = doubt_of_plate(plate, color)
    if doubt:
        fields.warning("plate", doubt)
    return Vehicle(
        vehicle_id=vehicle_id,
        plate=plate,
        plate_color=color,
        kind=kind,
        company_id=company_id,
        terminal_id=terminal_id,
        sealed_certificate=certificate,
        certificate_to=certificate_to,
        valid_from=valid_from,
        valid_to=valid_to,
    )


def _doubt_certificate(fields: Fields, vehicle: Vehicle, at: datetime | None) -> None:
    """Of muck trucks still registered, in a file that has certificates at all."""
    if vehicle.kind is not VehicleKind.MUCK or (at is not None and not vehicle.in_force(at)):
        return
    until = vehicle.certificate_to
    if not vehicle.sealed_certificate:
        fields.warning("sealed_certificate", f"{vehicle.vehicle_id!r} has none")
    elif at is not None and until is not None and until <= at:
        given = fields.values["certificate_to"]
        fields.warning("certificate_to", f"{vehicle.vehicle_id!r}: ran out, {given}")
