"""Renders shots once and keeps them in a folder."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import av
import cv2
import structlog

import demo.cameras
import demo.scenes
from config.camera import Camera, CameraRole
from demo.cameras import gate_acts, hotspot
from demo.cameras.crossing import crossing
from demo.cameras.reel import Reel, Shot
from demo.cameras.script import Script

log = structlog.get_logger()

PICTURE_FPS = 2
_KEY_FRAME_EVERY_S = 2
_UNUSED_S = 7 * 86400


def script_of(camera: Camera, seed: int) -> Script:
    """What a camera sees when nothing happens, or little."""
    if camera.role is CameraRole.GATE:
        return gate_acts.still(camera)
    return hotspot.quiet(seed) if camera.role is CameraRole.HOTSPOT else crossing(seed)


_SENDS_ONLY = frozenset(
    {
        "__main__.py", "rtsp.py", "viewer.py", "programme.py", "rtp_packets.py", "playing.py",
        "renderer.py", "dataset.py", "random_scene.py",
    }
)  # fmt: skip
_ALSO = (
    "timetable.py", "fleet/path.py", "fleet/plane.py", "cameras/labelled/anchor.py",
    "cameras/labelled/place.py", "cameras/labelled/register.py",
)  # fmt: skip


@cache
def fingerprint(seed: int, placed: tuple[float, float, float | None] = (0.0, 0.0, None)) -> str:
    """Changes with seed, place and the code that draws, so that old clips are made anew."""
    digest = hashlib.sha256(f"{seed} {placed}".encode())
    sources = [Path(demo.__path__[0]) / name for name in _ALSO]
    for package in (demo.scenes, demo.cameras):
        own = sorted(Path(package.__path__[0]).glob("*.py"))
        sources += [source for source in own if source.name not in _SENDS_ONLY]
    for source in sources:
        digest.update(source.read_bytes())
    return digest.hexdigest()[:12]


def video_path(camera: Camera, shot: Shot, folder: Path, seed: int) -> Path:
    placed = (camera.lon, camera.lat, camera.heading_deg)
    return folder / f"{camera.id}-{shot.name}-{fingerprint(seed, placed)}.mp4"


def make_video(
    camera: Camera,
    reel: Reel,
    shot: Shot,
    folder: Path,
    *,
    seed: int,
    go_on: Callable[[], bool] = lambda: True,
) -> Path:
    """The shot in its file; kept if it is there already.

    H.264, yuv420p, no B frames, a key frame every 2 s.

    Raises:
        InterruptedError: `go_on` said no while it was rendered.
    """
    made = video_path(camera, shot, folder, seed)
    if made.is_file():
        os.utime(made)
        return made
    folder.mkdir(parents=True, exist_ok=True)
    _clear_old(folder)
    part = made.with_suffix(f".{os.getpid()}.part")  # two demonstrations may share the folder
    with av.open(str(part), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=reel.fps)
        stream.width, stream.height = reel.size_px
        stream.pix_fmt = "yuv420p"
        stream.gop_size = reel.fps * _KEY_FRAME_EVERY_S
        stream.thread_count = 1
        stream.options = {"preset": "veryfast", "crf": "24", "bf": "0"}
        for picture in shot.script().frames(reel.fps, seed):
            if not go_on():
                raise InterruptedError(f"clip of {camera.id} not finished")
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    part.rename(made)
    log.info("clip rendered", camera=camera.id, clip=made.name, bytes=made.stat().st_size)
    return made


def _clear_old(folder: Path) -> None:
    """Clips that nothing used for long: other seeds, earlier versions, unfinished ones."""
    for old in [*folder.glob("*.mp4"), *folder.glob("*.part")]:
        if time.time() - old.stat().st_mtime > _UNUSED_S:
            shutil.rmtree(old) if old.is_dir() else old.unlink()


def make_pictures(camera: Camera, folder: Path, seed: int) -> list[bytes]:
    """The camera's loop as JPEGs, two a second, kept in `folder/<id>-<fingerprint>/`."""
    made = folder / f"{camera.id}-{fingerprint(seed)}"
    if not made.is_dir():
        part = folder / f"{made.name}.{os.getpid()}.part"
        part.mkdir(parents=True, exist_ok=True)
        for number, picture in enumerate(script_of(camera, seed).frames(PICTURE_FPS, seed)):
            _, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 80])
            (part / f"{number:04d}.jpg").write_bytes(coded.tobytes())
        part.replace(made)
        log.info("pictures rendered", camera=camera.id, folder=made.name)
    return [path.read_bytes() for path in sorted(made.glob("*.jpg"))]
