"""Reels that are played while they are still being drawn: each shot before its time comes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from config.camera import Camera
from config.site import Site
from demo.cameras.clips import make_video, video_path
from demo.cameras.programme import Programme
from demo.cameras.reel import Reel, Shot, reel_of
from demo.cameras.rtp_packets import Piece, read_piece
from demo.timetable import timetable_of

AHEAD_S = 240.0
"""So long before its time a shot is drawn, which takes some seconds."""


class Playing:
    """One camera's reel as a programme; what is not drawn yet shows nobody."""

    def __init__(
        self, camera: Camera, reel: Reel, folder: Path, seed: int, go_on: Callable[[], bool]
    ) -> None:
        """Draws what stands in.

        Raises:
            InterruptedError: `go_on` said no while it was rendered.
        """
        self._camera, self._reel, self._folder, self._seed = camera, reel, folder, seed
        self._go_on = go_on
        self._starts_s = reel.starts_s()
        self._cycle_s = sum(shot.seconds for shot in reel.shots)
        self._drawn: dict[str, Piece] = {reel.still.name: self._draw(reel.still)}
        self._pieces = [self._stand_in(shot) for shot in reel.shots]
        self.programme = Programme(self._pieces)

    def next_due(self, now_s: float) -> tuple[float, int] | None:
        """In how many seconds the next shot is due that is not drawn, and its number."""
        missing = (
            ((start - now_s) % self._cycle_s, number)
            for number, (start, shot) in enumerate(
                zip(self._starts_s, self._reel.shots, strict=True)
            )
            if shot.name not in self._drawn
        )
        return min(missing, default=None)

    def draw(self, number: int) -> None:
        """Draws one shot, and puts it wherever it plays.

        Raises:
            InterruptedError: `go_on` said no while it was rendered.
        """
        shot = self._reel.shots[number]
        piece = self._drawn[shot.name] = self._draw(shot)
        for n, other in enumerate(self._reel.shots):
            if other.name == shot.name:
                self._pieces[n] = piece

    def take_up(self) -> None:
        """Plays what another process has drawn meanwhile."""
        for number, shot in enumerate(self._reel.shots):
            path = video_path(self._camera, shot, self._folder, self._seed)
            if shot.name not in self._drawn and path.is_file():
                self.draw(number)

    def _draw(self, shot: Shot) -> Piece:
        path = make_video(
            self._camera, self._reel, shot, self._folder, seed=self._seed, go_on=self._go_on
        )
        return read_piece(path)

    def _stand_in(self, shot: Shot) -> Piece:
        """As long as the shot."""
        still = self._drawn[self._reel.still.name]
        if shot.name == self._reel.still.name:
            return still
        count = round(shot.seconds * self._reel.fps)
        times = -(-count // len(still.pictures))
        return Piece((still.pictures * times)[:count], still.fps, still.sprop)


def draw_due(playing: Iterable[Playing], now_s: float, ahead_s: float) -> None:
    """Draws all shots that are due within `ahead_s`, the next one first.

    Raises:
        InterruptedError: told to stop while it rendered.
    """
    playing = list(playing)
    while True:
        due = [(d, one) for one in playing if (d := one.next_due(now_s)) is not None]
        if not due:
            return
        (in_s, number), one = min(due, key=lambda pair: pair[0])
        if in_s > ahead_s:
            return
        one.draw(number)


def playing_of(
    site: Site, folder: Path, seed: int, go_on: Callable[[], bool]
) -> dict[str, Playing]:
    """All cameras that stream, by id.

    Raises:
        InterruptedError: `go_on` said no while it rendered.
    """
    timetable = timetable_of(site)
    return {
        camera.id: Playing(camera, reel_of(camera, site, timetable, seed), folder, seed, go_on)
        for camera in site.cameras.values()
        if camera.stream_url
    }
