"""Which vehicle a terminal was in, and when (终端安装登记)."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime

from config.vehicle import Mounting, Vehicle

_EVER = datetime.min.replace(tzinfo=UTC)


class TerminalRegister:
    """Answers for one site; built once, does not change.

    A vehicle's own `terminal_id` is in it without limits; a mounting takes its terminal out of
    there for its time. Mountings of one terminal must not overlap (a site's files are checked).
    """

    __slots__ = ("_always", "_changes")

    def __init__(self, vehicles: Iterable[Vehicle], mountings: Iterable[Mounting]) -> None:
        self._always = {v.terminal_id: v.vehicle_id for v in vehicles if v.terminal_id}
        self._changes: dict[str, tuple[list[datetime], list[str | None]]] = {}
        of_terminal: defaultdict[str, list[Mounting]] = defaultdict(list)
        for mounting in mountings:
            of_terminal[mounting.terminal_id].append(mounting)
        for terminal_id, mounted in of_terminal.items():
            times, vehicle_ids = _timeline(mounted, self._always.get(terminal_id))
            if len(set(vehicle_ids)) == 1 and vehicle_ids[0] is not None:
                self._always[terminal_id] = vehicle_ids[0]
            else:
                self._always.pop(terminal_id, None)
                self._changes[terminal_id] = times, vehicle_ids

    def vehicle_at(self, terminal_id: str, at: datetime) -> str | None:
        """The vehicle that the terminal was in at `at` (aware), None where no register knows.

        A terminal that never changes its vehicle, which nearly all do, costs one look-up.
        """
        vehicle_id = self._always.get(terminal_id)
        if vehicle_id is not None:
            return vehicle_id
        found = self._changes.get(terminal_id)
        if found is None:
            return None
        times, vehicle_ids = found
        return vehicle_ids[bisect_right(times, at)]


def _timeline(
    mounted: Iterable[Mounting], otherwise: str | None
) -> tuple[list[datetime], list[str | None]]:
    """Times of change in order, and who has the terminal before, between and after them."""
    times: list[datetime] = []
    vehicle_ids = [otherwise]
    for mounting in sorted(mounted, key=lambda m: m.valid_from or _EVER):
        if mounting.valid_from is None or (times and times[-1] == mounting.valid_from):
            vehicle_ids[-1] = mounting.vehicle_id
        else:
            times.append(mounting.valid_from.astimezone(UTC))
            vehicle_ids.append(mounting.vehicle_id)
        if mounting.valid_to is not None:
            times.append(mounting.valid_to.astimezone(UTC))
            vehicle_ids.append(otherwise)
    return times, vehicle_ids
