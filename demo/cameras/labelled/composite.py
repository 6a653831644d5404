"""`python -m demo.cameras.labelled.composite --real DIR --out DIR`: matter laid into real clips.

Each round of each clip has drops of rendered matter with the clip's own blur, grain and exposure;
whoever passes before a drop hides it. The camera's whole picture is one no-dump zone.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import av
import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from demo.cameras.labelled.film import write_video
from demo.cameras.labelled.folder import write_tables
from demo.cameras.labelled.matter import MATTER, Matter, render_matter
from demo.cameras.labelled.truth import ClipRow, ClipTruth, EventRow
from demo.scenes.backdrop import Picture

SUFFIXES = (".mp4", ".avi", ".mkv", ".mov")
OPACITIES = (1.0, 0.8, 0.65, 0.5)
LEAST_CONTRAST = 12.0
"""Levels that a drop must differ from the ground by over what it covers (as the benchmark's)."""
_MOVER_LEVELS = 22
_SAMPLES = 40
_BEGIN = datetime(2026, 1, 1, tzinfo=ZoneInfo("Asia/Shanghai"))


@dataclass(frozen=True, eq=False)
class RealClip:
    """What was measured of a real clip; `empty` is its median picture."""

    path: Path
    fps: Fraction
    frames: int
    empty: Picture
    grain: float
    blur_px: float

    @property
    def seconds(self) -> float:
        return float(self.frames / self.fps)


@dataclass(frozen=True, eq=False)
class Drop:
    """Matter whose top left corner is at `x`, `y`; there from `at_s` on."""

    what: str
    matter: Matter
    x: int
    y: int
    at_s: float
    opacity: float

    @property
    def window(self) -> tuple[slice, slice]:
        high, wide = self.matter.cover.shape
        return np.s_[self.y : self.y + high, self.x : self.x + wide]

    @property
    def box(self) -> tuple[int, int, int, int]:
        x1, y1, x2, y2 = self.matter.box
        return self.x + x1, self.y + y1, self.x + x2, self.y + y2


def read_frames(path: Path) -> Iterator[Picture]:
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield np.asarray(frame.to_ndarray(format="bgr24"), dtype=np.uint8)


def measure(path: Path) -> RealClip:
    """Two passes: length and rate, then the empty scene, grain and sharpness."""
    with av.open(str(path)) as container:
        fps = Fraction(container.streams.video[0].average_rate or 25)
    count = sum(1 for _ in read_frames(path))
    step = max(1, count // _SAMPLES)
    kept, differences, last = [], [], None
    for number, frame in enumerate(read_frames(path)):
        if number % step == 0:
            kept.append(frame)
        elif number % step == 1 and last is not None:
            apart = frame.astype(np.int16) - last
            differences.append(float(np.median(np.abs(apart))))
        last = frame.astype(np.int16) if number % step == 0 else None
    empty = np.median(kept, axis=0).astype(np.uint8)
    # Median of the absolute difference of two normal values: 0.6745 x sqrt(2) deviations.
    grain = float(np.mean(differences)) / 0.954 if differences else 0.0
    return RealClip(path, fps, count, empty, max(grain, 0.6), _blur_of(empty))


def _blur_of(picture: Picture) -> float:
    """How soft the sharpest edges are, as a deviation in pixels; ours: what an edge of that
    deviation leaves of its gradient when it is blurred by one pixel more.
    """  # fmt: skip
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32)
    soft = cv2.GaussianBlur(grey, (0, 0), 1.0)
    sharp, dull = (
        np.hypot(cv2.Sobel(g, cv2.CV_32F, 1, 0), cv2.Sobel(g, cv2.CV_32F, 0, 1))
        for g in (grey, soft)
    )
    edges = sharp > np.quantile(sharp, 0.99)
    ratio = float(np.median(dull[edges] / np.maximum(sharp[edges], 1e-3)))
    ratio = min(max(ratio, 0.2), 0.97)
    return float(np.clip(np.sqrt(ratio**2 / (1 - ratio**2)), 0.4, 2.0))


def exposure(frame: Picture, empty: Picture) -> float:
    return float(np.median((frame[::8, ::8] + 1.0) / (empty[::8, ::8] + 1.0)))


def movers(frame: Picture, empty: Picture, gain: float) -> NDArray[np.float32]:
    """(h, w) 0 to 1: what is not the empty scene, whatever the exposure."""
    apart = np.abs(cv2.GaussianBlur(frame.astype(np.float32) - empty * gain, (5, 5), 0)).max(axis=2)
    mask = cv2.morphologyEx(
        (apart > _MOVER_LEVELS).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((7, 7))
    )
    return np.asarray(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.8), dtype=np.float32)


def choose(clip: RealClip, count: int, seed: int) -> list[Drop]:
    """Drops away from each other, appearing between 30 % and 65 % of the clip."""
    rng = np.random.default_rng((seed, 72))
    high, wide = clip.empty.shape[:2]
    light = float(np.median(clip.empty)) / 118
    drops: list[Drop] = []
    for attempt in range(600):
        if len(drops) == count:
            break
        what = MATTER[(len(drops) + seed) % len(MATTER)]
        row = float(rng.uniform(0.4, 0.9))
        size = max(20, round(float(rng.uniform(22, 60)) * wide / 768 * (0.6 + 0.7 * row)))
        matter = _fitted(render_matter(what, size, 28, seed * 1000 + attempt), clip, light)
        x1, y1, x2, y2 = matter.box
        x = int(rng.uniform(0.06, 0.94) * wide) - (x1 + x2) // 2
        y = int(row * high) - (y1 + y2) // 2
        tall, broad = matter.cover.shape
        if x < 0 or y < 0 or x + broad > wide or y + tall > high or x2 - x1 < 20:
            continue
        at_s = float(rng.uniform(0.3, 0.65)) * clip.seconds
        drop = Drop(what, matter, x, y, at_s, float(rng.choice(OPACITIES)))
        if all(_apart(drop, other) > 0.16 * wide for other in drops) and (
            contrast(drop, clip.empty) >= LEAST_CONTRAST
        ):
            drops.append(drop)
    return drops


def _fitted(matter: Matter, clip: RealClip, light: float) -> Matter:
    """With the clip's level of light and blur."""
    soft = clip.blur_px
    cover = cv2.GaussianBlur(matter.cover, (0, 0), soft)
    color = cv2.GaussianBlur(matter.color * matter.cover[..., None], (0, 0), soft)
    color = color / np.maximum(cover, 1e-3)[..., None] * min(max(light, 0.35), 1.35)
    shade = cv2.GaussianBlur(matter.shade, (0, 0), soft)
    return Matter(
        np.asarray(np.clip(color, 0, 255), dtype=np.float32),
        np.asarray(cover, dtype=np.float32),
        np.asarray(shade, dtype=np.float32),
    )


def _apart(one: Drop, other: Drop) -> float:
    a, b = one.box, other.box
    return float(np.hypot(a[0] + a[2] - b[0] - b[2], a[1] + a[3] - b[1] - b[3]) / 2)


def _laid(ground: Picture, drop: Drop, gain: float) -> NDArray[np.float32]:
    """The drop's window of a picture with the drop in it, nothing before it."""
    part = ground[drop.window].astype(np.float32)
    part *= (1 - drop.opacity * (1 - drop.matter.shade))[..., None]
    cover = (drop.matter.cover * drop.opacity)[..., None]
    return part * (1 - cover) + drop.matter.color * gain * cover


def contrast(drop: Drop, empty: Picture) -> float:
    """Levels by which the drop differs from the empty scene, over what it covers or darkens."""
    matter = drop.matter
    there = matter.cover > 0.3 if matter.cover.max() > 0.3 else matter.shade < 0.9
    apart = np.abs(_laid(empty, drop, 1.0) - empty[drop.window]).max(axis=2)
    return float(apart[there].mean()) if there.any() else 0.0


class Laying:
    """The clip's frames with the drops in them; `visible_s` is complete at the end."""

    def __init__(self, clip: RealClip, drops: list[Drop], seed: int) -> None:
        self._clip, self._drops = clip, drops
        self._rng = np.random.default_rng((seed, 73))
        self.visible_s: list[float | None] = [None] * len(drops)

    def frames(self) -> Iterator[Picture]:
        for number, frame in enumerate(read_frames(self._clip.path)):
            t_s = float(number / self._clip.fps)
            here = [i for i, drop in enumerate(self._drops) if t_s >= drop.at_s]
            yield self._with(frame, here, t_s) if here else frame

    def _with(self, frame: Picture, here: list[int], t_s: float) -> Picture:
        gain = exposure(frame, self._clip.empty)
        picture = frame.copy()
        for i in here:
            drop = self._drops[i]
            hidden = movers(frame[drop.window], self._clip.empty[drop.window], gain)
            laid = _laid(frame, drop, gain)
            own = np.maximum(drop.matter.cover, 1 - drop.matter.shade)
            laid += self._rng.normal(0, self._clip.grain * 0.7, (*own.shape, 1)) * own[..., None]
            open_ = (1 - hidden)[..., None]
            part = frame[drop.window] * (1 - open_) + laid * open_
            picture[drop.window] = np.clip(part, 0, 255).astype(np.uint8)
            seen = float((own * (1 - hidden)).sum() / max(own.sum(), 1e-6))
            if self.visible_s[i] is None and seen >= 0.5:
                self.visible_s[i] = t_s
        return picture


def compose(clip: RealClip, out: Path, drops: int, seed: int, condition: str) -> ClipTruth:
    """Writes one composite clip; its truth."""
    name = f"{clip.path.stem}-{seed:03d}.mp4"
    chosen = choose(clip, drops, seed)
    laying = Laying(clip, chosen, seed)
    write_video(laying.frames(), out / name, clip.fps, 23)
    high, wide = clip.empty.shape[:2]
    starts_at = _BEGIN + timedelta(hours=seed)
    row = ClipRow(
        name, camera_of(clip.path), clip.path.stem, condition, "composite",
        round(clip.seconds, 3), wide, high, starts_at,
    )  # fmt: skip
    events = [
        EventRow(
            name, "illegal_dumping", round(drop.at_s, 2), round(seen, 2), None, *drop.box, "", "",
            drop.what, None, None,
        )
        for drop, seen in zip(chosen, laying.visible_s, strict=True) if seen is not None
    ]  # fmt: skip
    events = [msgspec.structs.replace(e, visible_s=max(e.visible_s, e.started_s)) for e in events]
    return ClipTruth("composite", seed, row, tuple(events), (), (), ())


def camera_of(path: Path) -> str:
    return "".join(c if c.isalnum() else "-" for c in path.stem)


def write_site(folder: Path, clips: list[RealClip]) -> None:
    """One camera a clip, its whole picture a no-dump zone; nothing is known of its place."""
    folder.mkdir(parents=True, exist_ok=True)
    head = 'name = "合成评测"\ntimezone = "Asia/Shanghai"\ndatum = "wgs84"\n'
    (folder / "site.toml").write_text(head, "utf-8")
    cameras = [
        f'[[camera]]\nid = "{camera_of(c.path)}"\nname = "{c.path.stem}"\nstream_url = ""\n'
        'lon = 119.95\nlat = 31.7\nrole = "hotspot"\n\n'
        '[[camera.zone]]\nid = "ground"\nkind = "no_dump"\n'
        "points = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]\n"
        for c in clips
    ]
    (folder / "cameras.toml").write_text("\n".join(cameras), "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m demo.cameras.labelled.composite", description=__doc__
    )
    parser.add_argument("--real", type=Path, required=True, help="a folder of real clips")
    parser.add_argument("--out", type=Path, required=True, help="the evaluation folder")
    parser.add_argument("--only", nargs="*", help="names of clips")
    parser.add_argument("--drops", type=int, default=5, help="in one round of a clip")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--first-seed", type=int, default=0, help="tuned on 0-9; 100 on untouched")
    parser.add_argument("--condition", default="day")
    given = parser.parse_args()
    paths = sorted(p for p in given.real.iterdir() if p.suffix.lower() in SUFFIXES)
    paths = [p for p in paths if not given.only or p.name in given.only]
    if not paths:
        print(f"{given.real}: no clips here", file=sys.stderr)
        return 2
    given.out.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    clips, truths = [measure(path) for path in paths], []
    for clip in clips:
        for seed in range(given.first_seed, given.first_seed + given.rounds):
            truths.append(compose(clip, given.out, given.drops, seed, given.condition))
            print(truths[-1].clip.clip, len(truths[-1].events), "drops", flush=True)
    write_tables(given.out, truths)
    write_site(given.out / "site", clips)
    return 0


if __name__ == "__main__":
    sys.exit(main())
