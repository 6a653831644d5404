"""One camera's own condition from its pictures and its stream (探头健康)."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta

import cv2
import msgspec
import numpy as np

from config.camera import Camera
from detection.background import Look
from detection.health.blinded import Blinded
from detection.health.blocked import Blocked
from detection.health.dark import Dark
from detection.health.fault import Fault, Values
from detection.health.focus import OutOfFocus
from detection.health.look import HealthLook, look_at
from detection.health.moved import Aim, Moved
from detection.health.scene_memory import SceneMemory
from detection.health.stream import StreamFaults
from detection.parameters import CameraParameters
from detection.placement import announced_placement
from detection.registration import View
from detection.scene_event import SceneEvent, Snapshot
from ingest.camera_announcement import CameraAnnouncement
from ingest.frame import Frame, Image
from ingest.stream_health import StreamHealth

QUIET_EVERY = timedelta(seconds=2)
DOUBT_EVERY = timedelta(seconds=0.5)
"""How often it looks while all is well, and while something may be wrong."""
CALM_EVERY = timedelta(seconds=20)
"""The same while the background says that nothing changed: a look costs some 14 ms."""
SUDDEN_SHARE = 0.2
"""So much more of the picture changed since the last look: it looks at once..."""
CALM_SHARE = 0.03
"""...and with so much more it looks as often as while all is well."""
ELSEWHERE_S, HIDDEN_S = 0.4, 1.4
"""Zones are suspended when the scene was found elsewhere, or not at all, for so long: longer than a
truck takes to pass close by, far shorter than anything must lie to be told (ours)."""
DRIFTS_KEPT = 5
TRUSTED = 2
"""So many looks in a row must be sound before zones hold again."""
_JPEG_QUALITY = 85


class CameraHealth:
    """Shown every analysed frame; works on few of them. Reads no clock.

    A new placement is a new camera: end this one's events with `replaced`, then make another.
    """

    def __init__(
        self,
        camera: Camera,
        parameters: CameraParameters | None = None,
        reference: bytes | None = None,
    ) -> None:
        """`reference`: the placement's picture as `reference_jpeg` once gave it."""
        self.camera = camera
        limits = parameters or CameraParameters()
        self._limits = limits
        self._memory = SceneMemory.given(reference)
        self._stream = StreamFaults(camera, limits)
        self._dark, self._blinded = Dark(limits.camera_dark), Blinded(limits.camera_blinded)
        self._focus, self._blocked = (
            OutOfFocus(limits.camera_out_of_focus),
            Blocked(limits.camera_blocked),
        )
        self._moved = Moved(limits.camera_moved)
        self._dark_fault = Fault(camera, "camera_dark", limits.camera_dark)
        self._blinded_fault = Fault(camera, "camera_blinded", limits.camera_blinded)
        self._focus_fault = Fault(camera, "camera_out_of_focus", limits.camera_out_of_focus)
        self._blocked_fault = Fault(camera, "camera_blocked", limits.camera_blocked)
        self._moved_fault = Fault(camera, "camera_moved", limits.camera_moved)
        self._carried_fault = Fault(camera, "camera_moved", limits.camera_moved)
        self._due: datetime | None = None
        self._looked_at: datetime | None = None
        self._changed = 0.0
        self._sound = TRUSTED
        self._bad_since: datetime | None = None
        self._drifts: deque[tuple[float, float]] = deque(maxlen=DRIFTS_KEPT)
        self._size_px = (0, 0)
        self._frame: Frame | None = None
        self._last_sound: tuple[datetime, Image, tuple[int, int]] | None = None
        self._carried = False
        self.reference_learnt = False

    @property
    def suspended(self) -> bool:
        """Zones mean nothing now: the picture is another one, or shows nothing."""
        told = (self._dark_fault, self._blinded_fault, self._blocked_fault, self._moved_fault)
        return self._carried or self._sound < TRUSTED or any(fault.told for fault in told)

    @property
    def faults(self) -> tuple[str, ...]:
        """Kinds that were told of the picture and are not over."""
        every = (
            self._dark_fault,
            self._blinded_fault,
            self._focus_fault,
            self._blocked_fault,
            self._moved_fault,
            self._carried_fault,
        )
        return tuple(dict.fromkeys(fault.kind for fault in every if fault.told))

    @property
    def needs_placement(self) -> bool:
        """The camera looks or stands elsewhere and did not come back: zones are to be drawn."""
        return self._carried or self._moved_fault.told

    @property
    def shift(self) -> tuple[float, float]:
        """(x, y) that the scene drifted within its limits, in fractions of the picture.

        Add it to what is drawn in the placement's picture. (0, 0) while nothing is known.
        """
        if not self._drifts or self.suspended:
            return 0.0, 0.0
        x, y = np.median(np.array(self._drifts), axis=0)
        return float(x), float(y)

    @property
    def shift_px(self) -> tuple[float, float]:
        """`shift` in pixels of the frame."""
        return self.shift[0] * self._size_px[0], self.shift[1] * self._size_px[1]

    @property
    def reference_jpeg(self) -> bytes | None:
        """The placement's reference picture, to be stored; None until it is learnt."""
        return self._memory.jpeg()

    def advance(self, frame: Frame, look: Look | None = None) -> list[SceneEvent]:
        """What this frame begins or ends; most frames are not looked at."""
        changed = look.fraction if look is not None else self._changed
        if not self._wanted(frame.captured_at, changed):
            return []
        self._changed, self._looked_at = changed, frame.captured_at
        self._size_px, self._frame = frame.size_px, frame
        seen = look_at(frame, self._memory, self.shift)
        events = self._judge(seen)
        calm = look is not None and look.ready and changed < CALM_SHARE and self._memory.settled
        self._due = seen.at + (CALM_EVERY if calm else QUIET_EVERY)
        if self._sound < TRUSTED or self._bad_since is not None or self._pending():
            self._due = seen.at + DOUBT_EVERY
        return events

    @property
    def newest(self) -> Frame | None:
        """The frame last looked at."""
        return self._frame

    def hold_to(self, reference: bytes | None) -> None:
        """Take a placement's stored picture for its reference; from any thread, at the start."""
        if reference is not None:
            self._memory = SceneMemory.given(reference)

    def stream_state(self, health: StreamHealth, at: datetime) -> list[SceneEvent]:
        """What the stream's state begins or ends; ask it also while no picture comes."""
        return self._stream.advance(health, at, self._size_px)

    def announced(self, announcement: CameraAnnouncement) -> list[SceneEvent]:
        """What an announcement says against the placement: carried elsewhere, or back again."""
        doubt = announced_placement(self.camera, announcement, self._limits.camera_moved)
        if doubt.distance_m is None and doubt.turned_deg is None:
            return []
        self._carried = doubt.asks
        values: Values = {
            "by": "announcement",
            "distance_m": None if doubt.distance_m is None else round(doubt.distance_m, 1),
            "turned_deg": None if doubt.turned_deg is None else round(doubt.turned_deg, 1),
        }
        if not doubt.asks:
            return self._carried_fault.end(announcement.received_at)
        return self._carried_fault.advance(
            True, announcement.received_at, after_s=0, size_px=self._size_px, values=values
        )

    def replaced(self, at: datetime) -> list[SceneEvent]:
        """Ends what a new placement ends; the others go on with their own pictures."""
        self._carried = False
        picture = (self._moved_fault, self._carried_fault, self._blocked_fault, self._focus_fault)
        others = (self._dark_fault, self._blinded_fault)
        return [event for fault in (*picture, *others) for event in fault.end(at)]

    def _wanted(self, at: datetime, changed: float) -> bool:
        if self._looked_at is None or self._due is None or at >= self._due:
            return True
        since, more = at - self._looked_at, changed - self._changed
        return (since >= DOUBT_EVERY and more > SUDDEN_SHARE) or (
            since >= QUIET_EVERY and more > CALM_SHARE
        )

    def _pending(self) -> bool:
        faults = (self._dark_fault, self._blinded_fault, self._blocked_fault, self._moved_fault)
        return any(fault.pending for fault in faults)

    def _judge(self, seen: HealthLook) -> list[SceneEvent]:
        """Dark and blinded come first: of such a picture nothing else can be said."""
        limits = self._limits
        lightless = self._dark.lightless(seen)
        dark, blinded = self._dark.holds(seen), not lightless and self._blinded.holds(seen)
        shown = not lightless and not blinded
        whole = shown and self._blocked.whole(seen)
        part = shown and not whole and self._blocked.part(seen)
        aim = self._moved.aim(seen) if shown and not whole else Aim.UNKNOWN
        soft = shown and not whole and aim is not Aim.ELSEWHERE and self._focus.holds(seen)
        if soft and aim is Aim.LOST:
            aim = Aim.UNKNOWN  # too blurred to be found
        sound = shown and not whole and aim is Aim.HOLDS
        known = _known(seen)
        events = [
            *self._tell(self._dark_fault, dark, seen, limits.camera_dark.after_s, known),
            *self._tell(self._blinded_fault, blinded, seen, limits.camera_blinded.after_s, known),
            *self._tell(
                self._blocked_fault,
                whole or (part and aim is not Aim.LOST),
                seen,
                limits.camera_blocked.after_s if whole else limits.camera_blocked.part_after_s,
                known,
            ),
            *self._focus_events(soft, seen, known),
            *self._move_events(aim, seen),
        ]
        hidden = lightless or blinded or whole or aim in (Aim.ELSEWHERE, Aim.LOST)
        self._trust(hidden, aim, seen.at)
        if sound and not soft:
            self._learn(seen, part=part)
        return events

    def _trust(self, hidden: bool, aim: Aim, at: datetime) -> None:
        if not hidden:
            self._bad_since = None
            self._sound = min(self._sound + 1, TRUSTED)
            return
        self._bad_since = self._bad_since or at
        wait_s = ELSEWHERE_S if aim is Aim.ELSEWHERE else HIDDEN_S
        if at - self._bad_since >= timedelta(seconds=wait_s):
            self._sound = 0

    def _learn(self, seen: HealthLook, *, part: bool) -> None:
        found = seen.registration
        self._drifts.append(found.shift)
        self._last_sound = (seen.at, seen.image, seen.size_px)
        if part or self.suspended:
            return
        self._blinded.learn(seen)
        self._focus.learn(seen)
        learnt = self._memory.learn(seen.image, found, seen.lit, seen.at)
        self.reference_learnt = self.reference_learnt or learnt

    def _focus_events(self, soft: bool, seen: HealthLook, known: Values) -> list[SceneEvent]:
        sharpness = self._focus.sharpness
        values: Values = {
            **known,
            "sharpness": None if sharpness is None else round(sharpness, 3),
        }
        after_s = self._limits.camera_out_of_focus.after_s
        return self._tell(self._focus_fault, soft, seen, after_s, values)

    def _move_events(self, aim: Aim, seen: HealthLook) -> list[SceneEvent]:
        limits = self._limits.camera_moved
        found = seen.registration
        positive = aim is Aim.ELSEWHERE
        values: Values = {
            "by": "picture",
            "aim": aim.value,
            "shift_x_share": round(found.shift[0], 4) if positive else None,
            "shift_y_share": round(found.shift[1], 4) if positive else None,
            "rotation_deg": round(found.rotation_deg, 2) if positive else None,
            "scale": round(found.scale, 3) if positive else None,
            "moved_share": round(found.moved_share, 4) if positive else None,
            "agreement": round(found.agreement, 3),
        }
        gone = self._moved_fault.told and aim is Aim.UNKNOWN  # hidden now: it did not come back
        holds = gone or aim in (Aim.ELSEWHERE, Aim.LOST)
        after_s = limits.after_s if positive else limits.lost_after_s
        return self._tell(
            self._moved_fault, holds, seen, after_s, values, 0.95 if positive else 0.7
        )

    def _tell(  # noqa: PLR0917  one call a fault
        self,
        fault: Fault,
        holds: bool,
        seen: HealthLook,
        after_s: float,
        values: Values,
        confidence: float = 0.9,
    ) -> list[SceneEvent]:
        events = fault.advance(
            holds,
            seen.at,
            after_s=after_s,
            size_px=seen.size_px,
            values=values,
            confidence=confidence,
        )
        if not events or events[0].ended_at is not None:
            return events
        return [_with_pictures(events[0], self._snapshots(seen))]

    def _snapshots(self, seen: HealthLook) -> list[Snapshot]:
        now = _snapshot("after", seen.at, seen.image)
        if self._last_sound is None:
            return [now]
        at, image, _size = self._last_sound
        return [_snapshot("before", at, image), now]


def _known(seen: HealthLook) -> Values:
    found = seen.registration
    return {
        "brightness": round(seen.light.mean, 1),
        "brightness_p90": round(seen.light.p90, 1),
        "spread": round(seen.light.spread, 1),
        "white_share": round(seen.light.white, 3),
        "hidden_share": None if seen.hidden is None else round(seen.hidden, 3),
        "edges_share": round(found.texture, 3),
        "likeness": round(seen.likeness, 3),
        "same_view": found.view is View.SAME,
    }


def _with_pictures(event: SceneEvent, pictures: Sequence[Snapshot]) -> SceneEvent:
    return msgspec.structs.replace(event, snapshots=tuple(pictures))


def _snapshot(moment: str, at: datetime, image: Image) -> Snapshot:
    _, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return Snapshot(
        moment=moment,
        captured_at=at,
        width_px=int(image.shape[1]),
        height_px=int(image.shape[0]),
        jpeg=np.asarray(jpeg).tobytes(),
    )
