"""A town's working days for a thousand trucks: one labelled set, thinned and copied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from config.site import Site
from demo.fleet.labelled.labelled_set import make_set
from demo.fleet.labelled.terminal import Columns
from ingest.fixes import COLUMNS, Fixes
from ingest.position import Quality
from ingest.position_columns import PositionColumns

DAY_S = 86_400.0
APART_S = 7.3  # between the days of two copies of one truck


@dataclass(frozen=True, slots=True)
class TownFleet:
    """`site` has every copy registered, with the permits of its original; quotas are left out."""

    site: Site
    vehicle_ids: tuple[str, ...]
    day: Fixes
    hours: float

    @classmethod
    def of(cls, vehicles: int, every_s: float, seed: int = 0) -> TownFleet:
        """At least so many vehicles, each fix at least `every_s` after its vehicle's last."""
        labelled = make_set(seed, DAY_S / 3600)
        originals = labelled.vehicle_ids
        copies = -(-vehicles // len(originals))
        ids = tuple(_copy(v, k) for k in range(copies) for v in originals)
        one = _thinned(labelled.columns, labelled.begin.timestamp(), every_s)
        columns = {name: np.concatenate([column] * copies) for name, column in one.items()}
        shift = np.repeat(np.arange(copies), len(one["t"]))
        columns["vehicle"] = (columns["vehicle"] + shift * len(originals)).astype(np.intp)
        columns["t"] = columns["t"] + shift * APART_S
        order = np.argsort(columns["t"], kind="stable")
        columns = {name: column[order] for name, column in columns.items()}
        columns["received_t"] = columns["t"]
        columns["quality"] = np.full(len(order), Quality.GOOD, dtype=np.int8)
        first = [columns.pop(name) for name in ("vehicle", "t", "lon", "lat")]
        day = Fixes.plain(ids, *first, **columns)
        return cls(_registered(labelled.site, copies), ids, day, DAY_S / 3600)

    def batches(self, days: range, size: int) -> Iterator[PositionColumns]:
        """The days one after the other, `size` fixes at a time."""
        ids = tuple(f"t-{v}" for v in self.vehicle_ids)
        for number in days:
            later = number * DAY_S
            day = replace(self.day, t=self.day.t + later, received_t=self.day.received_t + later)
            for begin in range(0, len(day), size):
                fixes = day.take(slice(begin, begin + size))
                nothing = np.full(len(fixes), np.nan)
                yield PositionColumns(fixes, ids, fixes.vehicle, nothing, nothing)


def _copy(name: str, number: int) -> str:
    return name if number == 0 else f"{name}~{number}"


def _thinned(columns: Columns, begin: float, every_s: float) -> Columns:
    """One day of true places in the order of their times, none too close to the one before."""
    order = np.lexsort((columns["t"], columns["vehicle"]))
    ordered = {name: columns[name][order] for name in COLUMNS if name in columns}
    t = ordered["t"].astype(float)
    fine = (t >= begin) & (t < begin + DAY_S) & (ordered["lon"].astype(float) > 1)
    kept, last = np.zeros(len(t), dtype=bool), (-1, 0.0)
    for i in np.nonzero(fine)[0].tolist():
        if ordered["vehicle"][i] != last[0] or t[i] - last[1] >= every_s - 0.5:
            kept[i], last = True, (int(ordered["vehicle"][i]), float(t[i]))
    return {name: column[kept] for name, column in ordered.items()}


def _registered(site: Site, copies: int) -> Site:
    vehicles = {}
    for vehicle in site.vehicles.values():
        for k in range(copies):
            name = _copy(vehicle.vehicle_id, k)
            terminal = _copy(vehicle.terminal_id, k)
            vehicles[name] = replace(vehicle, vehicle_id=name, terminal_id=terminal)
    permits = {
        permit.permit_id: replace(
            permit,
            vehicle_ids=tuple(_copy(v, k) for k in range(copies) for v in permit.vehicle_ids),
            daily_trips=None,
        )
        for permit in site.permits.values()
    }
    return replace(site, vehicles=vehicles, permits=permits)
