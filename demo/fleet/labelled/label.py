"""Labels: what a truck truly did, with the kind of alert that ought to say so (标注)."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

COLUMNS = (
    "kind", "vehicle_id", "subject", "started_at", "ended_at", "evident_at", "lon", "lat",
    "required", "detail",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One act, or one that lies between an offence and none.

    Attributes:
        subject: a round plan's id, the id of a place, or ''.
        started, ended: of the act itself; seconds since 1970.
        evident: from then on the fixes show it: a dumping without sensors, say, only when the
            truck loads again.
        lon, lat: where; NaN where it has no place.
        required: True for an offence that must be found. False for what is near a threshold, or
            cannot be known for sure: an alert on it is neither right nor wrong.
        detail: which way it was done, in a word or two.
    """

    kind: str
    vehicle_id: str
    started: float
    ended: float
    evident: float
    subject: str = ""
    lon: float = float("nan")
    lat: float = float("nan")
    required: bool = True
    detail: str = ""


def write_labels(path: Path, labels: Iterable[Label]) -> None:
    """`labels.csv`: times in RFC 3339, `required` as true or false."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for label in labels:
            times = (label.started, label.ended, label.evident)
            rows.writerow(
                (label.kind, label.vehicle_id, label.subject, *map(_time, times),
                 f"{label.lon:.6f}", f"{label.lat:.6f}", str(label.required).lower(), label.detail)
            )  # fmt: skip


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
