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
from demo.cameras import clips, playing
from demo.cameras.playing import Playing
from demo.cameras.programme import Programme
from demo.cameras.reel import Reel, Shot, reel_of
from demo.cameras.renderer import Renderer
from demo.cameras.rtp_packets import read_piece
from demo.cameras.rtsp import ThreadedServer
from demo.cameras.script import Actor, Path, Script
from demo.scenes.ground import Road
from demo.timetable import timetable_of

SITE = load_site(read_site_folder(folder()))
CAMERAS, TIMETABLE = SITE.cameras, timetable_of(SITE)


def shot_of(camera_id: str, name: str) -> Shot:
    reel = reel_of(CAMERAS[camera_id], SITE, TIMETABLE, 1)
    return next(shot for shot in reel.shots if shot.name.startswith(name))


@pytest.fixture(scope="module")
def short() -> Script:
    """Two seconds in which a truck moves."""
    whole = shot_of("hotspot-canal", "tips").script()
    mover = next(a for a in whole.actors if a.path.at(13))
    ahead = Path(whole.road, (0, -9, -1.75, 180), (2, -25, -1.75, 180))
    return Script(2, whole.stage, whole.road, [Actor(ahead, mover.shape_at)])


@pytest.fixture
def reel(short) -> Reel:
    """Quiet, moving, quiet: 2 s each."""
    shot = Shot("moves", 2.0, lambda: short)
    still = Shot("still", 2.0, lambda: Script(2, short.stage, short.road, []))
    return Reel(10, (640, 360), still, (still, shot, still))


@pytest.fixture
def _short_clips(short, reel, monkeypatch):
    monkeypatch.setattr(clips, "script_of", lambda camera, seed: short)
    monkeypatch.setattr(playing, "reel_of", lambda *_: reel)
    monkeypatch.setattr(Renderer, "keep_running", lambda self: None)


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


def test_every_reel_fills_the_cycle():
    for camera in CAMERAS.values():
        reel = reel_of(camera, SITE, TIMETABLE, 1)
        seconds = sum(shot.seconds for shot in reel.shots)
        if camera.stream_url:
            assert seconds == TIMETABLE.cycle_s
        names = {shot.name for shot in reel.shots}
        assert reel.still.name in names  # there are quiet times


@pytest.mark.parametrize(
    ("camera_id", "name", "at_s", "kind"),
    [
        ("hotspot-canal", "tips", 45, CameraZoneKind.NO_DUMP),
        ("crossing-24", "crossing", 37, CameraZoneKind.NO_DUMP),
        ("gate-south", "soiled", 10, CameraZoneKind.ROAD),
    ],
)
def test_what_is_left_lies_in_a_zone_of_its_camera(camera_id, name, at_s, kind):
    camera = CAMERAS[camera_id]
    before = clips.script_of(camera, 1).compose(1).image
    after = shot_of(camera_id, name).script().compose(at_s).image
    changed = np.abs(after.astype(int) - before).max(axis=2) > 12
    rows, columns = np.nonzero(changed)
    high, wide = changed.shape
    found = box(columns.min() / wide, rows.min() / high, columns.max() / wide, rows.max() / high)
    zones = [Polygon(z.points) for z in camera.zones if z.kind is kind]
    assert 0.002 < found.area < 0.2
    assert any(zone.intersection(found).area > 0.8 * found.area for zone in zones)


@pytest.mark.parametrize(("camera_id", "name"), [("hotspot-canal", "tips"), ("crossing-24", "")])
def test_the_object_stays_to_the_end_of_the_loop(camera_id, name):
    script = shot_of(camera_id, name).script()
    left = [item for item in script.lying if item.until_s > script.seconds]
    assert left
    assert all(item.since_s <= 27 for item in left)
    # A few quiet seconds first, for the background.
    assert np.array_equal(script.compose(0).image, script.compose(4).image)


def test_what_was_lost_at_the_gate_is_the_same_heaps_until_they_are_swept():
    left, lies, goes = (
        shot_of("gate-south", name).script() for name in ("out-v21", "soiled", "swept")
    )
    assert np.array_equal(left.compose(19.9).image, lies.compose(0).image)
    assert np.array_equal(lies.compose(19.9).image, goes.compose(0).image)
    assert all(item.until_s < 17 for item in goes.lying)


def test_a_clip_is_h264_and_made_once(tmp_path, reel):
    def make(seed: int) -> FilePath:
        return clips.make_video(CAMERAS["gate-east"], reel, reel.shots[1], tmp_path, seed=seed)

    made = make(1)
    with av.open(str(made)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        frames = list(container.decode(stream))
    assert len(frames) == 20
    assert (frames[0].width, frames[0].height) == (640, 360)
    file = made.stat().st_ino
    assert make(1).stat().st_ino == file
    other = make(2)
    assert other != made
    assert made.exists()  # another demonstration may be serving it
    os.utime(made, (0, 0))
    make(3)
    assert not made.exists()  # unused for long
    assert other.exists()


def test_what_is_not_drawn_yet_shows_nobody(tmp_path, reel):
    plays = Playing(CAMERAS["gate-east"], reel, tmp_path, 1, lambda: True)
    assert plays.programme.length == 60
    assert plays.next_due(0.5) == (1.5, 1)
    assert plays.next_due(2.5) == (5.5, 1)  # of the next round
    assert plays.programme.picture(20).content == plays.programme.picture(0).content
    plays.draw(1)
    assert plays.next_due(0.0) is None
    assert plays.programme.length == 60
    assert plays.programme.picture(20).content != plays.programme.picture(0).content


def test_a_long_shot_is_stood_in_for_by_several_quiet_ones(tmp_path, reel):
    long = Shot("long", 5.0, reel.shots[1].script)
    other = Reel(10, (640, 360), reel.still, (reel.still, long))
    plays = Playing(CAMERAS["gate-east"], other, tmp_path, 1, lambda: True)
    assert plays.programme.length == 70
    assert plays.programme.picture(40).is_key  # the third time round


@pytest.mark.usefixtures("_short_clips")
def test_pictures_are_jpegs_two_a_second(tmp_path):
    pictures = clips.make_pictures(CAMERAS["crossing-24"], tmp_path, 1)
    assert len(pictures) == 4
    assert clips.make_pictures(CAMERAS["crossing-24"], tmp_path, 1) == pictures
    shown = cv2.imdecode(np.frombuffer(pictures[0], np.uint8), cv2.IMREAD_COLOR)
    assert shown.shape == (360, 640, 3)


def _mean_levels(url: str, count: int) -> list[float]:
    with av.open(url, options={"rtsp_transport": "tcp"}, timeout=(10, 10)) as container:
        pictures = (f.to_ndarray(format="gray") for f in container.decode(video=0))
        return [float(next(pictures).mean()) for _ in range(count)]


def _grey(path: FilePath, level: int) -> FilePath:
    """2 s of one grey, with a key frame every second."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.gop_size = 10
        stream.options = {"preset": "ultrafast", "bf": "0"}
        for _ in range(20):
            image = np.full((48, 64, 3), level, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())
    return path


@pytest.mark.servers
def test_who_joins_late_sees_what_is_on_now(tmp_path):
    """Of 100 s of dark and 100 of bright, that began 150 s ago."""
    dark, bright = (read_piece(_grey(tmp_path / f"{level}.mp4", level)) for level in (40, 200))
    programme = Programme([*[dark] * 50, *[bright] * 50])
    with ThreadedServer({"c": programme}, 0, time.time() - 150) as server:
        assert min(_mean_levels(server.url("c"), 5)) > 150
    with ThreadedServer({"c": programme}, 0, time.time() - 250) as server:  # and begins anew
        assert max(_mean_levels(server.url("c"), 5)) < 90


@pytest.mark.servers
def test_a_taken_port_is_told():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="address"), ThreadedServer({}, taken.getsockname()[1]):
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
    client, stop, port = Recorder(), threading.Event(), _free_port()
    ready, began = tmp_path / "ready", tmp_path / "began"
    cameras = command._Cameras(client, "r/v1", (folder(), tmp_path), seed=1, stop=stop)
    worker = threading.Thread(target=cameras.run, args=(SITE, port, ready, began))
    worker.start()
    deadline = time.monotonic() + 150  # of which a free machine needs three
    while not ready.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(b"rtsp" in said for _, said in client.sent)  # nothing plays before its time
    part = tmp_path / "part"
    part.write_text(str(time.time()))
    part.replace(began)
    while sum(b"stream_url" in said for _, said in client.sent) < len(CAMERAS) + 1:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    stop.set()
    worker.join(timeout=10)
    said = {t.split("/")[3]: json.loads(p) for t, p in client.sent if t.endswith("/status")}
    assert set(said) == set(CAMERAS)
    assert said["crossing-24"]["stream_url"] == ""
    for camera_id in set(CAMERAS) - {"crossing-24"}:
        url = said[camera_id]["stream_url"]
        assert url == f"rtsp://127.0.0.1:{port}/{camera_id}"
        assert said[camera_id]["place"] == CAMERAS[camera_id].name
    frames = [(t, p) for t, p in client.sent if "/frame/" in t]
    times = [int(t.rsplit("/", 1)[1]) for t, _ in frames]
    assert all(t.startswith("r/v1/cameras/crossing-24/frame/") for t, _ in frames)
    assert times == sorted(set(times))
    assert all(p.startswith(b"\xff\xd8") for _, p in frames)
