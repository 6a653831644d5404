"""`terminals.csv`: which terminal was in which vehicle, and when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from zoneinfo import ZoneInfo

from config.csv_file import read_rows
from config.problem import ProblemList
from config.register_files import VEHICLES, row_fields
from config.validity import overlap
from config.vehicle import Mounting

TERMINALS = "terminals.csv"


def read_mountings(
    content: bytes, timezone: ZoneInfo, vehicles: Collection[str], problems: ProblemList
) -> tuple[Mounting, ...]:
    """Mountings in the order of the file.

    One terminal in two places at a time is an error: whose fixes would they be? Two terminals in
    one vehicle are a warning: there are spare ones, and their fixes are joined.
    """
    mountings: list[tuple[Mounting, int]] = []
    by_terminal: defaultdict[str, list[tuple[Mounting, int]]] = defaultdict(list)
    by_vehicle: defaultdict[str, list[tuple[Mounting, int]]] = defaultdict(list)
    columns = ("terminal_id", "vehicle_id")
    for row in read_rows(TERMINALS, content, columns, ("valid_from", "valid_to"), problems):
        fields = row_fields(TERMINALS, row, problems)
        terminal_id = fields.identifier("terminal_id", topic_level=True)
        vehicle_id = fields.identifier("vehicle_id")
        valid_from, valid_to = fields.validity(timezone)
        if vehicle_id is not None and vehicle_id not in vehicles:
            fields.error("vehicle_id", f"{vehicle_id!r} is not in {VEHICLES}")
        if terminal_id is None or vehicle_id is None:
            continue
        mounting = Mounting(terminal_id, vehicle_id, valid_from, valid_to)
        for other, line in by_terminal[terminal_id]:
            if overlap(mounting, other):
                message = f"{terminal_id!r} is in {other.vehicle_id} by line {line} at that time"
                fields.error("terminal_id", message)
                break
        for other, line in by_vehicle[vehicle_id]:
            if other.terminal_id != terminal_id and overlap(mounting, other):
                message = f"{vehicle_id!r} has {other.terminal_id} by line {line} at that time"
                fields.warning("vehicle_id", message)
                break
        entry = mounting, row.line
        mountings.append(entry)
        by_terminal[terminal_id].append(entry)
        by_vehicle[vehicle_id].append(entry)
    return tuple(mounting for mounting, _line in mountings)
