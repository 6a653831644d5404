"""A sighting as it is stored: what the camera saw, whom the rules and people take it for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from alerts.attribution import Attribution
from detection.sighting import PlateReading, Sighting


class SightingChoice(msgspec.Struct, frozen=True, kw_only=True):
    """Who a person says it was; `vehicle_id` None: no vehicle that is registered."""

    vehicle_id: str | None
    by: str
    at: datetime
    note: str | None = None


class StoredSighting(msgspec.Struct, frozen=True, kw_only=True):
    """`sighting` is without its snapshot.

    Attributes:
        attribution: None until the rules judged it.
        choice: None until a person said who it was; it wins.
        picture_at, picture_sha256: of the snapshot; None where there is none, is none any more, or
            the query did not ask.
    """

    sighting: Sighting
    attribution: Attribution | None = None
    judged_at: datetime | None = None
    choice: SightingChoice | None = None
    picture_at: datetime | None = None
    picture_sha256: bytes | None = None

    @property
    def vehicle_id(self) -> str | None:
        """Who it was: as a person says, or else the rules."""
        if self.choice is not None:
            return self.choice.vehicle_id
        return self.attribution.vehicle_id if self.attribution else None


_PLAIN = tuple(
    name for name in Sighting.__struct_fields__ if name not in {"plate", "track", "snapshot"}
)


def row_of(sighting: Sighting) -> dict[str, Any]:
    """The columns that the camera fills."""
    plate = sighting.plate
    return {
        **{name: getattr(sighting, name) for name in _PLAIN},
        "direction": sighting.direction and sighting.direction.value,
        "load": sighting.load and sighting.load.value,
        "plate": plate and plate.text,
        "plate_color": plate and plate.color,
        "plate_reliability": plate and plate.reliability,
        "plate_readings": plate and plate.readings,
        "box": [float(side) for side in sighting.box],
        "track": Jsonb(sighting.track, dumps=msgspec.json.encode),
    }


def sighting_of(row: Mapping[str, Any]) -> Sighting:
    plate = None
    if row["plate"] is not None:
        plate = PlateReading(
            text=row["plate"],
            color=row["plate_color"],
            reliability=row["plate_reliability"],
            readings=row["plate_readings"],
        )
    seen = {name: row[name] for name in (*_PLAIN, "track")}
    return msgspec.structs.replace(msgspec.convert(seen, Sighting), plate=plate)


def stored_sighting_of(row: Mapping[str, Any]) -> StoredSighting:
    """The whole row of the table `sighting`."""
    attribution = choice = None
    if row["judged_at"] is not None:
        said = {name: row[name] for name in Attribution.__struct_fields__}
        attribution = msgspec.convert(said, Attribution)
    if row["chosen_at"] is not None:
        choice = SightingChoice(
            vehicle_id=row["chosen_vehicle_id"],
            by=row["chosen_by"],
            at=row["chosen_at"],
            note=row["chosen_note"],
        )
    return StoredSighting(
        sighting=sighting_of(row),
        attribution=attribution,
        judged_at=row["judged_at"],
        choice=choice,
        picture_at=row.get("picture_at"),
        picture_sha256=row.get("picture_sha256"),
    )
