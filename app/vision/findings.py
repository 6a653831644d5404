"""What becomes of what a process's cameras see: recorded, laid at trucks, with evidence."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from app.attributor import Attributor
from app.clip_taker import ClipOf
from app.event_recorder import EventRecorder
from app.evidence_desk import EvidenceDesk
from app.patient_store import PatientStore
from app.placement_listener import PlacementListener
from config.camera import Camera
from config.settings import Settings
from config.site import Site
from store.outbox_entry import DestinationsOf


class Findings:
    """Of the cameras `mine`; `name` is what the process is called in evidence.

    `store` is the recorder's alone from now on; the others have connections of their own.
    """

    def __init__(  # noqa: PLR0917  each is what its name says
        self,
        settings: Settings,
        site: Site,
        store: PatientStore,
        told_to: DestinationsOf,
        mine: Sequence[str],
        name: str,
        stop: threading.Event,
    ) -> None:
        self._store, self._stop = store, stop
        self.desk = EvidenceDesk(settings, told_to, name, stop)
        self.recorder = EventRecorder(settings, site, store, self.desk)
        own_store = PatientStore(settings.database, told_to, stop)
        self._attributor = Attributor(settings, site, self.recorder, own_store, mine, stop)
        self._on_placed: Callable[[Camera], None] = lambda _camera: None
        self._placements = PlacementListener(settings.database, site.cameras, self._placed, stop)

    def start(self, clip_of: ClipOf, placed: Callable[[Camera], None]) -> None:
        """`clip_of` gives the packets of a camera, `placed` is told of a new placement first."""
        self._on_placed = placed
        self.desk.start(clip_of)
        self._attributor.start()
        self._placements.start()

    def _placed(self, camera: Camera) -> None:
        self._on_placed(camera)
        self.recorder.placed(camera)
        self._attributor.placed(camera)

    def close(self) -> None:
        """Write what waits, as far as the database takes it; sets `stop`."""
        self._stop.set()
        self._attributor.join()
        self._placements.join()
        self.recorder.close()
        self.desk.stop()
        self._store.close()
