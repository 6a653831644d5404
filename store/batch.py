"""What goes into the database together."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

import msgspec

from alerts.alert import AlertChange
from alerts.attribution import Attribution
from detection.sighting import Sighting
from geofence.finding import Round, Trip, ZoneVisit
from ingest.position import Position
from ingest.rejected_message import RejectedMessage


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """One micro-batch: all of it is stored, or none.

    Attributes:
        positions: in the order in which they were judged, which is kept; best as
            `PositionColumns`.
        visits, trips, rounds: as they now stand; those that were withdrawn go.
        changes: steps in the life of alerts, in the order in which they were told.
        sightings: as cameras now tell them.
        attributions: whom the rules take tracks for.
        worker: who writes; names the row of the snapshot.
        snapshot: the worker's state after this batch, or None when none was taken.
        snapshots: (worker, state) of others whose work is in the batch too.
        key: by it the same batch, written again when the outcome of a commit was lost, is known.
    """

    positions: Sequence[Position] = ()
    rejected: tuple[RejectedMessage, ...] = ()
    visits: tuple[ZoneVisit, ...] = ()
    trips: tuple[Trip, ...] = ()
    rounds: tuple[Round, ...] = ()
    changes: tuple[AlertChange, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    attributions: tuple[Attribution, ...] = ()
    worker: str = ""
    snapshot: bytes | None = None
    snapshots: tuple[tuple[str, bytes], ...] = ()
    key: UUID = msgspec.field(default_factory=uuid4)


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of what a batch became. `batch` is its number, 0 when it had been written before.

    `duplicates` are positions that were there already; of visits, trips, rounds, sightings and
    attributions the rows that changed are counted; a change of an alert that changed nothing is
    counted nowhere.
    """

    batch: int = 0
    positions: int = 0
    duplicates: int = 0
    rejected: int = 0
    visits: int = 0
    trips: int = 0
    rounds: int = 0
    sightings: int = 0
    attributions: int = 0
    raised: int = 0
    amended: int = 0
    ended: int = 0
    withdrawn: int = 0
    evidence: int = 0
    outbox: int = 0

    def __add__(self, other: Written) -> Written:
        """The sum of both; `batch` is the higher number."""
        summed = {
            name: getattr(self, name) + getattr(other, name)
            for name in self.__struct_fields__
            if name != "batch"
        }
        return Written(batch=max(self.batch, other.batch), **summed)
