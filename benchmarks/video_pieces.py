"""Renders what the benchmark's cameras play: a gate at 1080p25, quiet, with passages, and busy.

Each piece begins with a key frame and shows the same place in the same light as the others of its
condition, so that any order of pieces is one stream.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

import demo.scenes
from demo.cameras import cast, script
from demo.cameras.cast import TRUCK_GREEN, TRUCK_ORANGE, pedestrian, traffic, truck
from demo.cameras.script import Actor, Script, always
from demo.cameras.script import Path as Way
from demo.scenes.backdrop import Surroundings, paint_backdrop
from demo.scenes.ground import Road
from demo.scenes.light import make_light
from demo.scenes.stage import Stage
from demo.scenes.view import View

FPS = 25
GOP_S = 2
QUIET_S = 20
CONDITIONS = ("day", "night")
PASSAGES = ("truck", "car", "person", "truck_in")
_ROAD = Road(0.5, 15.5, 80, 7.5, walk_m=2.2, apron_m=(-4.5, 4.5))
_CAMERA = (6.4, 16.5, 0.92)
_DRAW_NO_PIECE = frozenset({"__main__", "dataset", "random_scene"})


@dataclass(frozen=True, slots=True)
class Piece:
    """A rendered file; `kbit_s` and `key_bytes` as it turned out."""

    name: str
    path: Path
    seconds: float
    kbit_s: float
    key_bytes: float


def _leaves(at_s: float) -> Way:
    return Way(
        _ROAD,
        (at_s, 0, -24, 90), (at_s + 2.6, 0, -10, 90), (at_s + 4.0, 0, -9.4, 90),
        (at_s + 5.4, -0.5, -5.6, 100), (at_s + 6.6, -4.2, -2.4, 150), (at_s + 7.6, -9, -1.9, 178),
        (at_s + 11, -42, -1.9, 180),
    )  # fmt: skip


def _enters(at_s: float) -> Way:
    return Way(
        _ROAD,
        (at_s, 42, -1.9, 180), (at_s + 4.2, 8, -1.9, 180), (at_s + 5.6, 2.6, -3.4, 215),
        (at_s + 7, 0.2, -8, 262), (at_s + 9.6, 0, -26, 270),
    )  # fmt: skip


def _scripts(stage: Stage) -> dict[str, Script]:
    walker = Actor(Way(_ROAD, (2, 14, 5.3, 180), (18, -6, 5.3, 180)), pedestrian(7))
    busy: list[Actor] = [Actor(_leaves(4), always(truck(1, "open", TRUCK_GREEN)))]
    busy += [Actor(_enters(20), always(truck(2, "empty", TRUCK_ORANGE)))]
    busy += traffic(
        _ROAD, 9,
        *((1 + 3.1 * n, ("car", "van", "bus")[n % 3], (1, -1)[n % 2], 10) for n in range(12)),
    )  # fmt: skip
    busy += [Actor(Way(_ROAD, (1, -16, 5.3, 0), (38, 24, 5.3, 0)), pedestrian(8))]
    acts: dict[str, tuple[float, Sequence[Actor]]] = {
        "quiet": (QUIET_S, ()),
        "truck": (16, [Actor(_leaves(3), always(truck(1, "open", TRUCK_GREEN)))]),
        "truck_in": (16, [Actor(_enters(3), always(truck(2, "empty", TRUCK_ORANGE)))]),
        "car": (14, traffic(_ROAD, 5, (3, "car", 1, 12))),
        "person": (20, [walker]),
        "busy": (40, busy),
    }
    return {name: Script(seconds, stage, _ROAD, list(who)) for name, (seconds, who) in acts.items()}


def _stage(condition: str) -> Stage:
    rng = np.random.default_rng((101, 10))
    view = View(1920, 1080, *_CAMERA)
    backdrop = paint_backdrop(view, _ROAD, Surroundings("hoarding", 2.4, 2.5, 7), rng)
    return Stage(view, backdrop, make_light(condition, _ROAD, rng), rng)


def render_pieces(folder: Path, kbit_s: int) -> dict[str, Piece]:
    """All pieces, by `<condition>-<name>`; those that are there already are kept.

    H.264 (x264 veryfast), yuv420p, no B frames, a key frame every 2 s, on average `kbit_s`.
    """
    mark = _fingerprint(kbit_s)
    pieces = {}
    for condition in CONDITIONS:
        names = ("quiet", *PASSAGES, "busy")
        paths = {name: folder / f"{condition}-{name}-{mark}.mp4" for name in names}
        missing = [name for name in names if not paths[name].is_file()]
        if missing:
            folder.mkdir(parents=True, exist_ok=True)
            scripts = _scripts(_stage(condition))
            for name in missing:
                print(f"rendering {condition}-{name}", flush=True)
                _encode(scripts[name], paths[name], kbit_s)
        for name, path in paths.items():
            pieces[f"{condition}-{name}"] = _measured(f"{condition}-{name}", path)
    return pieces


def _encode(script: Script, path: Path, kbit_s: int) -> None:
    part = path.with_suffix(".part")
    gop = str(GOP_S * FPS)
    with av.open(str(part), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 1920, 1080, "yuv420p"
        stream.options = {
            **{"g": gop, "keyint_min": gop, "sc_threshold": "0", "bf": "0"},
            **{"preset": "veryfast", "b": f"{kbit_s}k"},
            **{"maxrate": f"{2 * kbit_s}k", "bufsize": f"{2 * kbit_s}k"},
        }
        for image in script.frames(FPS, 1):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())
    part.rename(path)


def _measured(name: str, path: Path) -> Piece:
    with av.open(str(path)) as container:
        sizes = [(p.size, p.is_keyframe) for p in container.demux(video=0) if p.size]
    seconds = len(sizes) / FPS
    keys = [size for size, is_key in sizes if is_key]
    return Piece(
        name, path, seconds, sum(s for s, _ in sizes) * 8 / seconds / 1000, sum(keys) / len(keys)
    )


def _fingerprint(kbit_s: int) -> str:
    digest = hashlib.sha256(f"{kbit_s}".encode())
    scenes = Path(demo.scenes.__path__[0])
    sources = [Path(__file__), Path(cast.__file__), Path(script.__file__)]
    sources += sorted(path for path in scenes.glob("*.py") if path.stem not in _DRAW_NO_PIECE)
    for source in sources:
        digest.update(source.read_bytes())
    return digest.hexdigest()[:10]
