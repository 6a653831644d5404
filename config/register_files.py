"""`companies.csv` and `vehicles.csv`: who may drive what."""

from __future__ import annotations

from config.csv_file import Row, read_rows
from config.fields import Fields
from config.plate import doubt_of_plate, normal_plate
from config.problem import ProblemList
from config.vehicle import Company, PlateColor, Vehicle, VehicleKind

COMPANIES, VEHICLES = "companies.csv", "vehicles.csv"


def row_fields(file: str, row: Row, problems: ProblemList) -> Fields:
    return Fields(file, row.cells, lambda _field: row.line, problems)


def read_companies(content: bytes, problems: ProblemList) -> dict[str, Company]:
    companies: dict[str, Company] = {}
    for row in read_rows(COMPANIES, content, ("company_id", "name"), (), problems):
        fields = row_fields(COMPANIES, row, problems)
        company_id = fields.identifier("company_id")
        name = fields.text("name")
        if company_id is None or name is None:
            continue
        if company_id in companies:
            fields.error("company_id", f"{company_id!r} is there twice")
            continue
        companies[company_id] = Company(company_id, name)
    return companies


def read_vehicles(
    content: bytes, companies: dict[str, Company], problems: ProblemList
) -> dict[str, Vehicle]:
    """Vehicles; id, terminal, and plate with its colour are each there once."""
    columns = ("vehicle_id", "plate", "plate_color", "kind", "company_id", "terminal_id")
    vehicles: dict[str, Vehicle] = {}
    plates: dict[tuple[str, PlateColor], int] = {}
    terminals: dict[str, int] = {}
    for row in read_rows(VEHICLES, content, columns, (), problems):
        fields = row_fields(VEHICLES, row, problems)
        vehicle_id = fields.identifier("vehicle_id")
        plate = fields.text("plate")
        color = fields.choice("plate_color", PlateColor)
        kind = fields.choice("kind", VehicleKind)
        company_id = fields.identifier("company_id", required=False) or ""
        terminal_id = fields.identifier("terminal_id", topic_level=True, required=False) or ""
        if company_id and company_id not in companies:
            fields.error("company_id", f"{company_id!r} is not in {COMPANIES}")
        if vehicle_id is None or plate is None or color is None or kind is None:
            continue
        plate = normal_plate(plate)
        doubt = doubt_of_plate(plate, color)
        if doubt:
            fields.warning("plate", doubt)
        if vehicle_id in vehicles:
            fields.error("vehicle_id", f"{vehicle_id!r} is there twice")
            continue
        if (plate, color) in plates:
            fields.error("plate", f"{plate} ({color}) is in line {plates[plate, color]} already")
        if terminal_id and terminal_id in terminals:
            message = f"{terminal_id!r} is in line {terminals[terminal_id]} already"
            fields.error("terminal_id", message)
        plates.setdefault((plate, color), row.line)
        terminals.setdefault(terminal_id, row.line)
        vehicles[vehicle_id] = Vehicle(vehicle_id, plate, color, kind, company_id, terminal_id)
    return vehicles
