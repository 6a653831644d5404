"""One worker process: a share of the cameras, from their streams to the database."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import structlog

from app.event_recorder import EventRecorder
from app.patient_store import PatientStore
from app.vision.analysis import Analysis
from app.vision.camera_worker import CameraWorker, Watch
from app.vision.findings import Findings
from app.vision.health_desk import HealthDesk
from app.vision.metrics import CameraMetrics
from app.vision.share import Share
from app.vision.thread_detector import ThreadDetector
from config.camera import Camera
from config.settings import Settings
from detection.detector import load_detector
from detection.parameters import read_camera_parameters
from detection.watch import CameraWatch
from exchange.routing import destinations_of
from ingest.camera_announcement import decode_announcement
from ingest.message import Message
from ingest.mqtt import MqttSource
from ingest.packet_ring import Clip
from ingest.rejected_message import RejectedMessage
from ingest.stream_health import StreamHealth, StreamState
from store.placements import site_now
from store.site import read_site

log = structlog.get_logger()

STATE_EVERY_S = 5.0
_STATE_ASKED_EVERY_S = 0.5
"""A change of state is told at once, figures every `STATE_EVERY_S`."""


class Workers:
    """The cameras of this process, by id."""

    def __init__(self, workers: Mapping[str, CameraWorker]) -> None:
        self._workers = dict(workers)

    def __iter__(self) -> Iterator[CameraWorker]:
        return iter(self._workers.values())

    def __contains__(self, camera_id: object) -> bool:
        return camera_id in self._workers

    def clip_of(self, camera_id: str, since: datetime, until: datetime) -> Clip | None:
        """The original packets of that time; None where the camera is not ours or has none."""
        worker = self._workers.get(camera_id)
        return None if worker is None else worker.clip(since, until)

    def has_until(self, camera_id: str, at: datetime) -> bool:
        """Whether the camera's packets up to then came."""
        worker = self._workers.get(camera_id)
        return worker is not None and worker.has_until(at)

    def placed(self, camera: Camera) -> None:
        """A new placement; of another process's camera it is left to that."""
        if camera.id in self._workers:
            self._workers[camera.id].placed(camera)

    def healths(self) -> list[tuple[str, StreamHealth]]:
        return [(worker.camera.id, worker.health) for worker in self]

    def dispatch(self, message: Message) -> RejectedMessage | None:
        """Hand a camera's message to its worker; one of another process's camera is left to it."""
        if "/frame/" in message.topic:
            worker = self._workers.get(message.topic.split("/")[-3])
            if worker is None:
                return None
            said = worker.offer(message.topic, message.payload, message.received_at)
            return said if isinstance(said, RejectedMessage) else None
        announcement = decode_announcement(message.topic, message.payload, message.received_at)
        if isinstance(announcement, RejectedMessage):
            return announcement
        if announcement.camera_id in self._workers:
            self._workers[announcement.camera_id].announced(announcement)
        return None


def topics_of(root: str, share: Share, cameras: Iterable[str]) -> list[str | tuple[str, int]]:
    """The first worker hears all cameras, so that what nobody can use is kept by somebody."""
    if share.index == 0:
        return [f"{root}/cameras/+/status", (f"{root}/cameras/+/frame/+", 0)]
    topics: list[str | tuple[str, int]] = []
    for camera in cameras:
        topics += [f"{root}/cameras/{camera}/status", (f"{root}/cameras/{camera}/frame/+", 0)]
    return topics


def run_share(
    settings: Settings, stop: threading.Event, only: Sequence[str] = (), share: Share | None = None
) -> None:
    """Watch a share of the site's cameras, or of those named in `only`, until `stop`.

    Raises:
        Stopped: asked to stop while the database was away.
    """
    share = share or Share()
    told_to = destinations_of(settings.delivery)
    store = PatientStore(settings.database, told_to, stop)
    site = store.ask(lambda conn: site_now(conn, read_site(conn)))
    vision = settings.vision
    detector = ThreadDetector(
        lambda: load_detector(vision.model, vision.runtime, vision.confidence)
    )
    parameters = read_camera_parameters(site.rules)
    analysis = Analysis()
    mine = share.of(camera for camera in site.cameras if not only or camera in only)
    findings = Findings(settings, site, store, told_to, mine, f"vision {share}", stop)
    recorder = findings.recorder

    def make_watch(camera: Camera) -> Watch:
        return CameraWatch(camera, detector, vision, parameters)

    workers = Workers(
        {
            camera: CameraWorker(
                site.cameras[camera],
                vision,
                analysis,
                make_watch,
                recorder.record,
                recorder.has_room,
            )
            for camera in mine
        }
    )
    log.info("vision.started", cameras=mine, share=str(share))
    client = [settings.mqtt.client_id, "vision", *sorted(only)]
    if share.count > 1:
        client.append(f"{share.index}of{share.count}")
    source = MqttSource(
        settings.mqtt.model_copy(update={"client_id": "-".join(client)}),
        topics_of(settings.mqtt.root, share, mine),
    )
    metrics = CameraMetrics(workers.healths)
    metrics.register()
    analysis.start()
    findings.start(workers.clip_of, workers.placed)
    for worker in workers:
        worker.start()
    states = _States(workers, recorder)
    own_store = PatientStore(settings.database, told_to, stop)
    desk = HealthDesk(workers, parameters, recorder.record, own_store, stop)
    desk.start()
    try:
        while not stop.is_set():
            messages = source.take(16, 0.1, idle_s=_STATE_ASKED_EVERY_S)
            for message in messages:
                rejected = workers.dispatch(message)
                if rejected is not None:
                    recorder.reject(rejected)
            source.acknowledge(messages)
            states.tell(time.monotonic())
    finally:
        source.close()
        for worker in workers:
            worker.stop()
        analysis.stop()
        findings.close()  # sets `stop`
        desk.join()


class _States:
    """Tells the recorder how the cameras are: at once what changed, the figures now and then."""

    def __init__(self, workers: Workers, recorder: EventRecorder) -> None:
        self._workers, self._recorder = workers, recorder
        self._told: dict[str, StreamState] = {}
        self._asked_s = self._all_told_s = float("-inf")

    def tell(self, now_s: float) -> None:
        if now_s - self._asked_s < _STATE_ASKED_EVERY_S:
            return
        self._asked_s = now_s
        every = now_s - self._all_told_s >= STATE_EVERY_S
        if every:
            self._all_told_s = now_s
        for worker in self._workers:
            camera_id, health = worker.camera.id, worker.health
            if every or self._told.get(camera_id) is not health.state:
                self._recorder.note_state(camera_id, health, worker.frames_detected)
                self._told[camera_id] = health.state
