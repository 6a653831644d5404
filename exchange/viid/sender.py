"""Pushes passing vehicles of camera alerts to a GA/T 1400 platform (机动车推送)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from config.settings import ViidSettings
from exchange.outcome import Outcome, Refused
from exchange.routing import shows_passing_vehicle
from exchange.sender import EvidenceOf
from exchange.viid.codes import load_codes
from exchange.viid.motor_vehicle import Plate, motor_vehicle_object
from exchange.viid.reply import outcomes, statuses
from exchange.viid.session import CallError, ViidSession
from exchange.webhook_body import EVIDENCE_PATH
from store.outbox import OutboxEntry

MOTOR_VEHICLES = "/VIID/MotorVehicles"
RAISED = "alert.raised"

Method = Literal["POST", "PUT"]


class ViidSender:
    """One batch is one POST of what is new and one PUT of what is laid at a truck since; the
    platform answers object by object.

    Raises:
        ValueError: the codes file is not sound.
    """

    batch = 4  # objects of perhaps 0.5 MB each, in base64

    def __init__(self, settings: ViidSettings, timeout_s: float, public_url: str = "") -> None:
        self.destination = settings.id
        self._settings = settings
        self._public_url = public_url.rstrip("/")
        self._codes = load_codes(settings.codes)
        self._session = ViidSession(settings, timeout_s)

    def open(self) -> None:
        """Register, and keep alive in a thread of its own."""
        self._session.open()

    def close(self) -> None:
        """Unregister."""
        self._session.close()

    def send(self, entries: Sequence[OutboxEntry], evidence_of: EvidenceOf) -> list[Outcome]:
        """An entry without a usable picture is refused here and does not hold up the others."""
        results: dict[int, Outcome] = {}
        objects: dict[Method, dict[int, dict[str, Any]]] = {"POST": {}, "PUT": {}}
        for number, entry in enumerate(entries):
            # What is told after the raising replaces what was told with it.
            method: Method = "POST" if entry.event == RAISED else "PUT"
            try:
                objects[method][number] = self._object(entry, evidence_of)
            except ValueError as error:
                results[number] = Refused(f"cannot be rendered: {error}")
        for method, some in objects.items():
            if some:
                pushed = self._push(list(some.values()), method)
                results.update(zip(some, pushed, strict=True))
        return [results[number] for number in range(len(entries))]

    def _object(self, entry: OutboxEntry, evidence_of: EvidenceOf) -> dict[str, Any]:
        picture = next((p for p in evidence_of(entry) if shows_passing_vehicle(p)), None)
        if picture is None:
            raise ValueError("no picture of a vehicle passing")
        camera_id = str(entry.payload.get("camera_id"))
        plate = entry.payload.get("plate")
        return motor_vehicle_object(
            entry.alert_id,
            picture,
            self._settings.devices.get(camera_id, self._settings.device_id),
            f"{self._public_url}{EVIDENCE_PATH}{picture.evidence_id}",
            self._codes,
            Plate(plate, entry.payload.get("plate_color")) if plate else None,
        )

    def _push(self, objects: list[dict[str, Any]], method: Method) -> list[Outcome]:
        ids = [str(item["MotorVehicleID"]) for item in objects]
        try:
            send = self._session.post if method == "POST" else self._session.put
            reply = send(
                MOTOR_VEHICLES, {"MotorVehicleListObject": {"MotorVehicleObject": objects}}
            )
        except CallError as failure:
            if isinstance(failure.outcome, Refused) and len(objects) > 1:
                # The whole call was refused, perhaps for one object or for its size.
                return [outcome for item in objects for outcome in self._push([item], method)]
            return [failure.outcome] * len(objects)
        return outcomes(ids, statuses(reply), self._codes.reply)
