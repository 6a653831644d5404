"""The demonstration's cameras: their scripts, clips, RTSP and MQTT."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from pathlib import Path as FilePath

import av
import cv2
import numpy as np
import pytest
from shapely import Polygon, box

from config.camera import CameraZoneKind
from config.demo_district import folder
from config.site_files import load_site, read_site_folder
from demo.cameras import __main__ as command
from demo.cameras import clips
from demo.cameras.crossing import crossing
from demo.cameras.hotspot import hotspot
from demo.cameras.quiet_gate import quiet_gate
from demo.cameras.rtsp import ClipServer
from demo.cameras.script import Path, Script
from demo.scenes.ground import Road

CAMERAS = load_site(read_site_folder(folder())).cameras


@pytest.fixture(scope="module")
def short() -> Script:
    """Two seconds in which a truck moves."""
    whole = quiet_gate(1)
    return Script(2, whole.stage, whole.road, [a for a in whole.actors if a.path.at(11)][:1])


@pytest.fixture
def _short_clips(short, monkeypatch):
    monkeypatch.setattr(clips, "script_of", lambda camera, seed: short)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_path_is_there_from_first_to_last_key_only():
    path = Path(Road(0, 10, 90, 7), (2, -10, 1, 0), (4, 10, 1, 0))
    assert path.at(1.9) is None
    assert path.at(4.1) is None
    x, y, heading = path.at(3)
    assert (x, y, heading) == (pytest.approx(0), pytest.approx(9), pytest.approx(90))


def test_every_camera_of_the_district_has_a_script():
    for camera in CAMERAS.values():
        assert clips.script_of(camera, 1).seconds >= 60


@pytest.mark.parametrize(
    ("camera_id", "label", "at_s", "kind"),
    [
        ("hotspot-canal", "waste_pile", 25, CameraZoneKind.NO_DUMP),
        ("crossing-24", "bag", 37, CameraZoneKind.NO_DUMP),
        ("gate-south", None, 20, CameraZoneKind.ROAD),
    ],
)
def test_what_is_left_lies_in_a_zone_of_its_camera(camera_id, label, at_s, kind):
    script = clips.script_of(CAMERAS[camera_id], 1)
    before, after = script.compose(4).image, script.compose(at_s).image
    boxes = [b for b in script.compose(at_s).boxes if b.label == label]
    assert bool(boxes) == (label is not None)  # what is painted on the ground has no box
    changed = np.abs(after.astype(int) - before).max(axis=2) > 12
    rows, columns = np.nonzero(changed)
    found = box(columns.min() / 640, rows.min() / 360, columns.max() / 640, rows.max() / 360)
    zones = [Polygon(z.points) for z in CAMERAS[camera_id].zones if z.kind is kind]
    assert any(zone.intersection(found).area > 0.8 * found.area for zone in zones)


@pytest.mark.parametrize("make", [hotspot, crossing])
def test_the_object_stays_to_the_end_of_the_loop(make):
    script = make(1)
    left = [item for item in script.lying if item.until_s > script.seconds]
    assert left
    assert all(5 < item.since_s <= 16 for item in left)
    # A few quiet seconds first, for the background.
    assert np.array_equal(script.compose(0).image, script.compose(4).image)


def test_nothing_is_left_at_the_quiet_gate():
    script = quiet_gate(1)
    assert script.lying == ()
    assert np.array_equal(script.compose(0).image, script.compose(74.9).image)


@pytest.mark.usefixtures("_short_clips")
def test_a_clip_is_h264_and_made_once(tmp_path):
    made = clips.make_video(CAMERAS["gate-east"], tmp_path, 1)
    with av.open(str(made)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        frames = list(container.decode(stream))
    assert len(frames) == 20
    assert (frames[0].width, frames[0].height) == (640, 360)
    file = made.stat().st_ino
    assert clips.make_video(CAMERAS["gate-east"], tmp_path, 1).stat().st_ino == file
    other = clips.make_video(CAMERAS["gate-east"], tmp_path, 2)
    assert other != made
    assert made.exists()  # another demonstration may be serving it
    os.utime(made, (0, 0))
    clips.make_video(CAMERAS["gate-east"], tmp_path, 3)
    assert not made.exists()  # unused for long
    assert other.exists()


@pytest.mark.usefixtures("_short_clips")
def test_pictures_are_jpegs_two_a_second(tmp_path):
    pictures = clips.make_pictures(CAMERAS["crossing-24"], tmp_path, 1)
    assert len(pictures) == 4
    assert clips.make_pictures(CAMERAS["crossing-24"], tmp_path, 1) == pictures
    shown = cv2.imdecode(np.frombuffer(pictures[0], np.uint8), cv2.IMREAD_COLOR)
    assert shown.shape == (360, 640, 3)


@pytest.mark.servers
@pytest.mark.usefixtures("_short_clips")
def test_a_clip_is_served_over_rtsp_and_begins_anew(tmp_path):
    made = clips.make_video(CAMERAS["gate-east"], tmp_path, 1)
    with (
        ClipServer(tmp_path, _free_port()) as server,
        av.open(
            server.url_of(made), options={"rtsp_transport": "tcp"}, timeout=(10, 10)
        ) as container,
    ):
        stamps = []
        for frame in container.decode(video=0):
            stamps.append(frame.pts)
            if len(stamps) == 25:  # the clip has 20
                break
    known = [stamp for stamp in stamps if stamp is not None]  # the first may come without
    assert len(known) >= 24
    assert known == sorted(set(known))


@pytest.mark.servers
def test_a_taken_port_is_told(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="address"), ClipServer(tmp_path, taken.getsockname()[1]):
            pass


class Recorder:
    """Takes the place of an MQTT client."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []

    def is_connected(self) -> bool:
        return True

    def publish(self, topic: str, payload: bytes, qos: int) -> None:
        self.sent.append((topic, payload))


@pytest.mark.servers
@pytest.mark.usefixtures("_short_clips")
def test_every_camera_is_announced_and_frames_are_sent(tmp_path: FilePath):
    client, stop = Recorder(), threading.Event()
    with ClipServer(tmp_path, _free_port()) as server:
        cameras = command._Cameras(client, "r/v1", server, tmp_path, seed=1, stop=stop)
        worker = threading.Thread(target=cameras.run, args=(list(CAMERAS.values()),))
        worker.start()
        deadline = time.monotonic() + 60
        while len(client.sent) < len(CAMERAS) + 3 and time.monotonic() < deadline:
            time.sleep(0.05)
        stop.set()
        worker.join(timeout=10)
    said = {t.split("/")[3]: json.loads(p) for t, p in client.sent if t.endswith("/status")}
    assert set(said) == set(CAMERAS)
    assert said["crossing-24"]["stream_url"] == ""
    for camera_id in set(CAMERAS) - {"crossing-24"}:
        url = said[camera_id]["stream_url"]
        assert url.startswith(f"rtsp://127.0.0.1:{server.port}/{camera_id}-")
        assert said[camera_id]["place"] == CAMERAS[camera_id].name
    frames = [(t, p) for t, p in client.sent if "/frame/" in t]
    times = [int(t.rsplit("/", 1)[1]) for t, _ in frames]
    assert all(t.startswith("r/v1/cameras/crossing-24/frame/") for t, _ in frames)
    assert times == sorted(set(times))
    assert all(p.startswith(b"\xff\xd8") for _, p in frames)
