"""At which truck a camera's finding is laid (归因): the answer, and what it rests on."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from alerts.value import Value


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A registered vehicle that may have been the one seen (嫌疑车辆).

    Attributes:
        confidence: 0 to 1, that it was this vehicle; all candidates and `Attribution.nobody`
            together make 1.
        distance_m: from where the camera saw it to where its positions put it at that time; None
            where it sent none near that time.
        gap_s: between the two fixes that the place was interpolated between, or to the nearest.
        plate_read: how the plate that was read compares: `same`, `similar`, `other`, None unread.
        values: what else was weighed.
    """

    vehicle_id: str
    confidence: float
    distance_m: float | None = None
    gap_s: float | None = None
    plate_read: str | None = None
    values: dict[str, Value] = {}


class Attribution(msgspec.Struct, frozen=True, kw_only=True):
    """Who was seen. `vehicle_id` is set only where no person needs to be asked.

    Attributes:
        track_uid: of the `Sighting` and of the `Passer`.
        at: the moment that was compared (aware).
        candidates: best first, those of 0.02 and more.
        nobody: 0 to 1, that it was no vehicle whose positions are known.
        final: no position that is still to come can change it.
    """

    camera_id: str
    track_uid: UUID
    at: datetime
    candidates: tuple[Candidate, ...] = ()
    nobody: float
    vehicle_id: str | None = None
    final: bool = False


def as_said(answer: Attribution, vehicle_id: str | None) -> Attribution:
    """The answer where a person said who it was, None: no registered vehicle. Nothing is weighed
    any more; what was measured of that vehicle stays.
    """
    if vehicle_id is None:
        return msgspec.structs.replace(answer, vehicle_id=None, candidates=(), nobody=1.0)
    measured = [each for each in answer.candidates if each.vehicle_id == vehicle_id]
    named = measured[0] if measured else Candidate(vehicle_id=vehicle_id, confidence=1.0)
    sure = msgspec.structs.replace(named, confidence=1.0)
    return msgspec.structs.replace(answer, vehicle_id=vehicle_id, candidates=(sure,), nobody=0.0)
