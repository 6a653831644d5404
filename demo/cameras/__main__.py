"""`python -m demo.cameras`: streams rendered clips over RTSP, sends frames over MQTT.

What the clips show goes by the timetable (`demo.timetable`), from the moment in `--began-file` on.
"""

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

from config.camera import Camera
from config.site import Site
from config.site_files import SiteError, load_site, read_site_folder
from demo.cameras.clips import PICTURE_FPS, make_pictures
from demo.cameras.playing import draw_due, playing_of
from demo.cameras.renderer import Renderer
from demo.cameras.rtsp import ThreadedServer

log = structlog.get_logger()

ANNOUNCE_EVERY_S = 10
AT_FIRST_S = 100.0  # of the timetable is rendered before it begins


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m demo.cameras", description=__doc__)
    parser.add_argument("--rtsp-port", type=int, default=8554)
    parser.add_argument("--mqtt-host", default="127.0.0.1")
    parser.add_argument("--mqtt-port", type=int, default=1883)
    parser.add_argument("--root", default="muckwatch/v1")
    parser.add_argument("--site", type=Path, required=True)
    parser.add_argument("--clips", type=Path, required=True, help="rendered clips are kept here")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--ready-file", type=Path, default=None, help="written when what plays first is rendered"
    )
    parser.add_argument(
        "--began-file", type=Path, default=None,
        help="when the timetable begins, in unix time: waited for and read; else once it is ready",
    )  # fmt: skip
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
    cameras = _Cameras(client, given.root, (given.site, given.clips), seed=given.seed, stop=stop)
    try:
        cameras.run(site, given.rtsp_port, given.ready_file, given.began_file)
    except InterruptedError as error:
        log.info("stopped", detail=str(error))
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
        folders: tuple[Path, Path],
        *,
        seed: int,
        stop: threading.Event,
    ) -> None:
        """`folders` are of the site and of the clips."""
        self._client, self._root = client, root
        self._site_folder, clips = folders
        self._clips, self._seed, self._stop = clips, seed, stop
        self._said: dict[str, bytes] = {}

    def run(
        self, site: Site, rtsp_port: int, ready_file: Path | None, began_file: Path | None
    ) -> None:
        """Pictures first, as they are few; streams begin when their first shots are rendered.

        Raises:
            InterruptedError: told to stop before that.
            OSError: the port is taken.
        """
        cameras = site.cameras.values()
        senders = [self._send(camera) for camera in cameras if not camera.stream_url]
        playing = playing_of(site, self._clips, self._seed, self._goes_on)
        draw_due(playing.values(), 0.0, AT_FIRST_S)
        if ready_file is not None:
            ready_file.touch()
        began_at = self._wait_for(began_file)
        programmes = {camera_id: one.programme for camera_id, one in playing.items()}
        with (
            ThreadedServer(programmes, rtsp_port, began_at) as server,
            Renderer(self._site_folder, self._clips, self._seed, began_at) as renderer,
        ):
            for camera_id in programmes:
                self._said[camera_id] = _status(site.cameras[camera_id], server.url(camera_id))
            while not self._stop.is_set():
                for camera_id in list(self._said):
                    self._announce(camera_id)
                renderer.keep_running()
                for one in playing.values():
                    one.take_up()
                self._stop.wait(ANNOUNCE_EVERY_S)
        for sender in senders:
            sender.join(timeout=2)

    def _wait_for(self, began_file: Path | None) -> float:
        while began_file is not None and not began_file.is_file():
            if self._stop.wait(0.1):
                raise InterruptedError("the timetable never began")
        return time.time() if began_file is None else float(began_file.read_text("ascii"))

    def _send(self, camera: Camera) -> threading.Thread:
        pictures = make_pictures(camera, self._clips, self._seed)
        self._said[camera.id] = _status(camera, "")
        self._announce(camera.id)
        sender = threading.Thread(
            target=self._send_pictures, args=(camera.id, pictures), daemon=True
        )
        sender.start()
        return sender

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
