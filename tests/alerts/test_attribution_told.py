"""What of an attribution is told again: names at once, suspects after a while, settled quietly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from alerts.attribution import Attribution, Candidate
from alerts.attribution_told import worth_telling


def answer(vehicle: str | None, *confidences: float, final: bool = False) -> Attribution:
    return Attribution(
        camera_id="c",
        track_uid=UUID(int=1),
        at=datetime(2026, 11, 1, tzinfo=UTC),
        candidates=tuple(
            Candidate(vehicle_id=f"V{n}", confidence=c) for n, c in enumerate(confidences)
        ),
        nobody=1 - sum(confidences),
        vehicle_id=vehicle,
        final=final,
    )


@pytest.mark.parametrize(
    ("before", "now", "age_s", "told"),
    [
        (None, answer("V0", 0.99), 5, "now"),
        (None, answer(None, 0.6, 0.3), 5, None),
        (None, answer(None, 0.6, 0.3), 30, "now"),
        (None, answer(None), 60, None),
        (None, answer(None, final=True), 5, "now"),
        (answer(None, 0.6, 0.3), answer(None, 0.63, 0.28), 60, None),
        (answer(None, 0.6, 0.3), answer(None, 0.66, 0.24), 60, "now"),
        (answer(None, 0.6, 0.3), answer("V0", 0.99, final=True), 60, "now"),
        (answer("V0", 0.98), answer("V0", 0.99, final=True), 60, "as before, settled"),
        (answer("V0", 0.98), answer(None, 0.5, final=True), 60, "now"),
        (answer("V0", 0.98, final=True), answer("V1", 0.99, final=True), 60, None),
    ],
)
def test_what_is_told(
    before: Attribution | None, now: Attribution, age_s: float, told: str | None
) -> None:
    expected = {None: None, "now": now}
    if before is not None:
        expected["as before, settled"] = msgspec.structs.replace(before, final=True)
    assert worth_telling(before, now, timedelta(seconds=age_s)) == expected[told]
