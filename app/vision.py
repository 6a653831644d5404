"""The vision role: cameras to scene events to the database. One thread a camera, one detector."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace

import structlog

from app.event_recorder import EventRecorder
from app.patient_store import PatientStore, Stopped
from config.camera import Camera
from config.settings import Settings, VisionSettings
from detection.detector import Detector, load_detector
from detection.watch import CameraWatch
from exchange.routing import destinations_of
from ingest.camera_announcement import CameraAnnouncement, decode_announcement
from ingest.mqtt import Message, MqttSource
from ingest.rejected_message import RejectedMessage
from ingest.stream import CameraStream
from ingest.stream_mqtt import MqttFrameStream
from store.site import read_site

log = structlog.get_logger()

STATE_EVERY_S = 5.0


class CameraWorker:
    """Watches one camera until stopped, on the stream that the camera last announced."""

    def __init__(
        self,
        camera: Camera,
        detector: Detector,
        settings: VisionSettings,
        recorder: EventRecorder,
    ) -> None:
        self.camera = camera
        self._settings = settings
        self._recorder = recorder
        self._watch = CameraWatch(camera, detector, settings)
        self._stopping = threading.Event()
        self.stream = self._open(camera)
        self._thread = threading.Thread(target=self._run, name=f"watch-{camera.id}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def _open(self, camera: Camera) -> CameraStream | MqttFrameStream:
        if camera.stream_url:
            return CameraStream(camera, self._settings)
        return MqttFrameStream(camera.id)

    def announced(self, announcement: CameraAnnouncement) -> None:
        """Go over to the stream that the camera now names."""
        url = announcement.stream_url
        if url is None or url == self.camera.stream_url:
            return
        log.info("camera.announced", camera=self.camera.id, stream_url=url)
        self.camera = replace(self.camera, stream_url=url)
        old, self.stream = self.stream, self._open(self.camera)
        old.stop()

    def stop(self) -> None:
        self._stopping.set()
        self.stream.stop()
        self._thread.join(timeout=self._settings.read_timeout_s + 1)

    def note_state(self) -> None:
        self._recorder.note_state(self.camera.id, self.stream.health, self._watch.frames_detected)

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                for frame in self.stream.frames():
                    try:
                        events = self._watch.advance(frame)
                    except Exception:  # one bad picture must not blind the camera
                        log.exception("frame.failed", camera=self.camera.id, number=frame.number)
                        continue
                    if events:
                        self._recorder.record(self.camera.id, events)
        except Stopped:
            log.info("camera.stopped", camera=self.camera.id, unrecorded=True)


def run(settings: Settings, stop: threading.Event, only: Sequence[str] = ()) -> None:
    """Watch the site's cameras, or those named in `only`, until `stop`.

    Raises:
        Stopped: asked to stop while the database was away.
    """
    store = PatientStore(settings.database, destinations_of(settings.delivery), stop)
    site = store.ask(read_site)
    vision = settings.vision
    detector = load_detector(vision.model, vision.runtime, vision.confidence)
    recorder = EventRecorder(settings, site, store)
    workers = {
        camera_id: CameraWorker(camera, detector, vision, recorder)
        for camera_id, camera in site.cameras.items()
        if not only or camera_id in only
    }
    log.info("vision.started", cameras=list(workers))
    client_id = "-".join([settings.mqtt.client_id, "vision", *sorted(only)])
    root = settings.mqtt.root
    source = MqttSource(
        settings.mqtt.model_copy(update={"client_id": client_id}),
        [f"{root}/cameras/+/status", (f"{root}/cameras/+/frame/+", 0)],
    )
    for worker in workers.values():
        worker.start()
    reporter = threading.Thread(target=_report, args=(workers, stop), name="report", daemon=True)
    reporter.start()
    try:
        while not stop.is_set():
            messages = source.take(16, 0.1)
            for message in messages:
                rejected = _dispatch(workers, message)
                if rejected is not None:
                    recorder.reject(rejected)
            source.acknowledge(messages)
    finally:
        source.close()
        for worker in workers.values():
            worker.stop()
        store.close()


def _dispatch(workers: Mapping[str, CameraWorker], message: Message) -> RejectedMessage | None:
    """Hand a camera's message to its worker; a camera that another worker minds is left to it."""
    if "/frame/" in message.topic:
        worker = workers.get(message.topic.split("/")[-3])
        stream = worker.stream if worker else None
        if isinstance(stream, MqttFrameStream):
            return stream.offer(message.topic, message.payload, message.received_at)
        return None
    announcement = decode_announcement(message.topic, message.payload, message.received_at)
    if isinstance(announcement, RejectedMessage):
        return announcement
    if announcement.camera_id in workers:
        workers[announcement.camera_id].announced(announcement)
    return None


def _report(workers: Mapping[str, CameraWorker], stop: threading.Event) -> None:
    try:
        while not stop.wait(STATE_EVERY_S):
            for worker in workers.values():
                worker.note_state()
    except Stopped:
        return
