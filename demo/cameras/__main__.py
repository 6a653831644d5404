"""`python -m demo.cameras`: streams rendered clips over RTSP, sends frames over MQTT."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from pathlib import Path

import msgspec
import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.enums import CallbackAPIVersion

from config.camera import Camera, CameraRole
from config.site_files import SiteError, load_site, read_site_folder
from demo.cameras.clips import PICTURE_FPS, make_pictures, make_video
from demo.cameras.rtsp import ClipServer

log = structlog.get_logger()

ANNOUNCE_EVERY_S = 30


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m demo.cameras", description=__doc__)
    parser.add_argument("--rtsp-port", type=int, default=8554)
    parser.add_argument("--mqtt-host", default="127.0.0.1")
    parser.add_argument("--mqtt-port", type=int, default=1883)
    parser.add_argument("--root", default="muckwatch/v1")
    parser.add_argument("--site", type=Path, required=True)
    parser.add_argument("--clips", type=Path, required=True, help="rendered clips are kept here")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        site = load_site(read_site_folder(given.site))
    except SiteError as error:
        print(error, file=sys.stderr)
        return 2
    client = _client()
    client.connect_async(given.mqtt_host, given.mqtt_port, keepalive=30)
    client.loop_start()
    try:
        with ClipServer(given.clips, given.rtsp_port) as server:
            _Cameras(client, given.root, server, given.clips, seed=given.seed, stop=stop).run(
                list(site.cameras.values())
            )
    except OSError as error:
        print(f"RTSP port {given.rtsp_port}: {error}", file=sys.stderr)
        return 1
    finally:
        client.disconnect()
        client.loop_stop()
    return 0


def _client() -> mqtt.Client:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="muckwatch-demo-cameras")
    client.reconnect_delay_set(min_delay=1, max_delay=5)
    client.max_queued_messages_set(200)
    return client


class _Cameras:
    """Renders what is missing, then announces and sends until told to stop."""

    def __init__(
        self,
        client: mqtt.Client,
        root: str,
        server: ClipServer,
        clips: Path,
        *,
        seed: int,
        stop: threading.Event,
    ) -> None:
        self._client, self._root, self._server = client, root, server
        self._clips, self._seed, self._stop = clips, seed, stop
        self._said: dict[str, bytes] = {}

    def run(self, cameras: list[Camera]) -> None:
        """Renders pictures first, as they are few, then hotspots, as something happens there."""
        senders: list[threading.Thread] = []
        try:
            self._begin(cameras, senders)
        except InterruptedError as error:
            log.info("stopped", detail=str(error))
        while not self._stop.wait(ANNOUNCE_EVERY_S):
            for camera_id in self._said:
                self._announce(camera_id)
        for sender in senders:
            sender.join(timeout=2)

    def _begin(self, cameras: list[Camera], senders: list[threading.Thread]) -> None:
        order = sorted(
            cameras, key=lambda c: (bool(c.stream_url), c.role is not CameraRole.HOTSPOT)
        )
        for camera in order:
            if camera.stream_url:
                url = self._server.url_of(
                    make_video(camera, self._clips, self._seed, self._goes_on)
                )
            else:
                url = ""
                pictures = make_pictures(camera, self._clips, self._seed)
                sender = threading.Thread(
                    target=self._send_pictures, args=(camera.id, pictures), daemon=True
                )
                sender.start()
                senders.append(sender)
            self._said[camera.id] = _status(camera, url)
            self._announce(camera.id)

    def _goes_on(self) -> bool:
        return not self._stop.is_set()

    def _announce(self, camera_id: str) -> None:
        topic = f"{self._root}/cameras/{camera_id}/status"
        self._client.publish(topic, self._said[camera_id], qos=1)

    def _send_pictures(self, camera_id: str, pictures: list[bytes]) -> None:
        """Two frames a second by the clock, from the first, over and over."""
        begun = time.monotonic()
        number = 0
        while not self._stop.wait(max(0.0, begun + number / PICTURE_FPS - time.monotonic())):
            captured_ms = time.time_ns() // 1_000_000
            topic = f"{self._root}/cameras/{camera_id}/frame/{captured_ms}"
            if self._client.is_connected():  # a late picture is worth nothing
                self._client.publish(topic, pictures[number % len(pictures)], qos=0)
                number += 1
            else:
                begun, number = time.monotonic() + 0.2, 0


def _status(camera: Camera, stream_url: str) -> bytes:
    """The payload of `cameras/<camera>/status`; a camera without a heading does not say one."""
    said: dict[str, str | float] = {
        "stream_url": stream_url,
        "lon": camera.lon,
        "lat": camera.lat,
        "place": camera.name,
    }
    if camera.heading_deg is not None:
        said["heading_deg"] = camera.heading_deg
    return msgspec.json.encode(said)


if __name__ == "__main__":
    sys.exit(main())
