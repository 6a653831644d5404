"""Watches the database and publishes what changes: one connection, however many look."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import structlog

from config.problem import SiteError
from config.settings import DatabaseSettings
from config.site import Site
from console.cameras import read_cameras
from console.hub import Hub
from console.responses import VehiclesResponse
from console.status import read_status
from console.views import alert_entry, position_entry
from ingest.position import Position
from store.alert_reader import stored_alert
from store.database import Connection, connect
from store.errors import StoreError
from store.position_reader import latest_positions
from store.site import read_site

log = structlog.get_logger()

POSITIONS_EVERY_S = 1.0
STATUS_EVERY_S = 5.0
TRIPS_EVERY_S = 2.0  # trips and rounds: at most so often
SIGHTINGS_EVERY_S = 1.0  # likewise
REMEMBERED = timedelta(days=1)  # how long ago a vehicle may have been heard to be shown at first
# Transactions commit in another order than they begin: look back a little and drop what is known.
OVERLAP = timedelta(seconds=10)
RETRY_S = 2.0
_CHANNELS = ("alert", "camera", "placement", "sighting", "site", "trip")


class Feed:
    """Publishes `alert`, `vehicles`, `trips`, `sightings`, `placements`, `cameras`, `status`; after
    an outage `snapshot`.
    """

    def __init__(self, settings: DatabaseSettings, hub: Hub) -> None:
        self._settings = settings
        self._hub = hub
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="console-feed", daemon=True)
        self._positions: dict[str, Position] = {}
        self._heard: datetime | None = None
        self._site: Site | None = None
        self._trips_changed = False
        self._sighted: set[str] = set()  # cameras whose sightings changed

    def start(self) -> None:
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether it watches, or tries to."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Stop; returns when the thread has ended."""
        self._stop.set()
        self._thread.join(timeout=15)

    def _run(self) -> None:
        outage = False
        while not self._stop.is_set():
            try:
                with connect(self._settings, "muckwatch-console-feed") as conn:
                    for channel in _CHANNELS:
                        conn.execute(f"LISTEN {channel}")
                    self._site = None  # it may have changed unheard
                    if outage:
                        self._hub.publish("snapshot", "{}", numbered=True)
                    outage = False
                    self._watch(conn)
            except (StoreError, SiteError, psycopg.Error) as error:
                outage = True
                log.warning("console feed interrupted", error=str(error))
                self._stop.wait(RETRY_S)

    def _watch(self, conn: Connection) -> None:
        due: list[tuple[float, float, Callable[[Connection], None]]] = [
            (0.0, POSITIONS_EVERY_S, self._tell_positions),
            (0.0, STATUS_EVERY_S, self._tell_status),
            (0.0, STATUS_EVERY_S, self._tell_cameras),
            (0.0, TRIPS_EVERY_S, self._tell_trips),
            (0.0, SIGHTINGS_EVERY_S, self._tell_sightings),
        ]
        while not self._stop.is_set():
            now = time.monotonic()
            for i, (at, every_s, tell) in enumerate(due):
                if at <= now:
                    tell(conn)
                    due[i] = (now + every_s, every_s, tell)
            wait_s = max(0.01, min(at for at, _, _ in due) - time.monotonic())
            self._hear(conn, wait_s)

    def _hear(self, conn: Connection, wait_s: float) -> None:
        # stop_after=1: what came together is given together, and then the clock is looked at again.
        notes = list(conn.notifies(timeout=wait_s, stop_after=1))
        for alert_id in dict.fromkeys(n.payload for n in notes if n.channel == "alert"):
            stored = stored_alert(conn, UUID(alert_id))
            if stored is not None:
                entry = alert_entry(stored).model_dump_json()
                self._hub.publish("alert", f'{{"alert":{entry}}}', numbered=True)
        placed = sorted({note.payload for note in notes if note.channel == "placement"})
        if placed:
            self._hub.publish("placements", _of_cameras(placed))
        if placed or any(note.channel == "camera" for note in notes):
            self._tell_cameras(conn)
        self._trips_changed |= any(note.channel == "trip" for note in notes)
        self._sighted |= {note.payload for note in notes if note.channel == "sighting"}
        if any(note.channel == "site" for note in notes):
            self._site = None
            self._hub.publish("site", "{}", numbered=True)

    def _tell_positions(self, conn: Connection) -> None:
        since = datetime.now(UTC) - REMEMBERED if self._heard is None else self._heard - OVERLAP
        moved = []
        for position in latest_positions(conn, since):
            known = self._positions.get(position.vehicle_id)
            if known is None or position.fix_time > known.fix_time:
                self._positions[position.vehicle_id] = position
                moved.append(position)
            if self._heard is None or position.received_at > self._heard:
                self._heard = position.received_at
        if moved:
            answer = VehiclesResponse(vehicles=[position_entry(p) for p in moved])
            self._hub.publish("vehicles", answer.model_dump_json())

    def _site_now(self, conn: Connection) -> Site:
        if self._site is None:
            self._site = read_site(conn)
        return self._site

    def _tell_status(self, conn: Connection) -> None:
        self._hub.publish("status", read_status(conn, self._site_now(conn)).model_dump_json())

    def _tell_trips(self, _conn: Connection) -> None:
        if self._trips_changed:
            self._trips_changed = False
            self._hub.publish("trips", "{}")

    def _tell_sightings(self, _conn: Connection) -> None:
        if self._sighted:
            told, self._sighted = sorted(self._sighted), set()
            self._hub.publish("sightings", _of_cameras(told))

    def _tell_cameras(self, conn: Connection) -> None:
        cameras = read_cameras(conn, self._site_now(conn))
        self._hub.publish("cameras", cameras.model_dump_json())


def _of_cameras(camera_ids: list[str]) -> str:
    return json.dumps({"cameras": camera_ids})
