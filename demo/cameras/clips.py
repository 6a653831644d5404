"""Renders the clips once and keeps them in a folder."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import structlog

import demo.cameras
import demo.scenes
from config.camera import Camera, CameraRole
from demo.cameras.crossing import crossing
from demo.cameras.hotspot import hotspot
from demo.cameras.places import HEIGHT_PX, WIDTH_PX
from demo.cameras.quiet_gate import quiet_gate
from demo.cameras.script import Script
from demo.cameras.spilling_gate import spilling_gate

log = structlog.get_logger()

VIDEO_FPS = 10
PICTURE_FPS = 2
_KEY_FRAME_EVERY_S = 2
_UNUSED_S = 7 * 86400

_BY_CAMERA: dict[str, Callable[[int], Script]] = {"gate-south": spilling_gate}
_BY_ROLE: dict[CameraRole, Callable[[int], Script]] = {
    CameraRole.GATE: quiet_gate,
    CameraRole.HOTSPOT: hotspot,
    CameraRole.INTERSECTION: crossing,
}


def script_of(camera: Camera, seed: int) -> Script:
    """What plays before a camera: by its id in the demo district, else by its role."""
    return _BY_CAMERA.get(camera.id, _BY_ROLE[camera.role])(seed)


_DRAWS_NOTHING = frozenset({"__main__.py", "rtsp.py", "dataset.py", "random_scene.py"})


def fingerprint(seed: int) -> str:
    """Changes with the seed and with the code that draws, so that old clips are made anew."""
    digest = hashlib.sha256(str(seed).encode())
    for package in (demo.scenes, demo.cameras):
        for source in sorted(Path(package.__path__[0]).glob("*.py")):
            if source.name not in _DRAWS_NOTHING:
                digest.update(source.read_bytes())
    return digest.hexdigest()[:12]


def make_video(
    camera: Camera, folder: Path, seed: int, go_on: Callable[[], bool] = lambda: True
) -> Path:
    """The camera's loop as `folder/<id>-<fingerprint>.mp4`; kept if it is there already.

    H.264, yuv420p, no B frames, a key frame every 2 s, 10 frames/s, 640 x 360.

    Raises:
        InterruptedError: `go_on` said no while it was rendered.
    """
    made = folder / f"{camera.id}-{fingerprint(seed)}.mp4"
    if made.is_file():
        os.utime(made)
        return made
    folder.mkdir(parents=True, exist_ok=True)
    _clear_old(folder)
    part = made.with_suffix(f".{os.getpid()}.part")  # two demonstrations may share the folder
    with av.open(str(part), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=VIDEO_FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
        stream.gop_size = VIDEO_FPS * _KEY_FRAME_EVERY_S
        stream.thread_count = 1
        stream.options = {"preset": "veryfast", "crf": "24", "bf": "0"}
        for picture in script_of(camera, seed).frames(VIDEO_FPS, seed):
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
