"""The ids of GA/T 1400, as inferred from real ones: pure.

Device 20 digits; image and source 41 = device + `02` + time 14 + sequence 5; motor vehicle 48 =
source + `02` + sequence 5.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from exchange.viid.local_time import viid_time

_SEQUENCES = 100_000


def image_id(device_id: str, at: datetime, alert_id: UUID, number: int = 0) -> str:
    """41 digits, a function of the alert, so that a retry names the same object.

    `number` tells apart the pictures of one alert. The sequence is drawn from the alert's id, for
    there is no counter that survives a restart without being stored.
    """
    sequence = (alert_id.int + number) % _SEQUENCES
    return f"{device_id}02{viid_time(at)}{sequence:05d}"


def motor_vehicle_id(source_id: str, alert_id: UUID) -> str:
    """48 digits. The second sequence takes other digits of the alert's id than the first."""
    sequence = alert_id.int // _SEQUENCES % _SEQUENCES
    return f"{source_id}02{sequence:05d}"
