"""Training, validation and test, split by scene and camera, never by frame (按场景划分).

Pictures of one scene resemble each other: a model that has seen some knows the rest. So a scene
goes to one split as a whole, by a hash of its name, the same on every machine and for ever.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

TRAIN, VAL, TEST = "train", "val", "test"
SPLITS = (TRAIN, VAL, TEST)
SHARES = {TRAIN: 0.7, VAL: 0.15, TEST: 0.15}
"""Ours: a seventh each to tune on and to be measured on, about as COCO and VOC did."""


class SplitError(ValueError):
    """A scene or a camera lies in two splits; the message names it."""


@dataclass(frozen=True, slots=True)
class Membership:
    """Which split a picture or clip is in, and what it must not share with another split."""

    split: str
    scene: str
    camera_id: str = ""


def split_of(scene: str) -> str:
    """The split of a scene: a function of its name alone."""
    digest = hashlib.sha256(scene.encode()).digest()
    share = int.from_bytes(digest[:8], "big") / 2**64
    for name in SPLITS:
        share -= SHARES[name]
        if share < 0:
            return name
    return TEST


def check_splits(members: Iterable[Membership]) -> None:
    """Refuse a division in which pictures of one scene or camera are told apart.

    An empty scene or camera is unknown and is not checked.

    Raises:
        SplitError: names the first scene or camera that is in two splits.
    """
    found: dict[tuple[str, str], str] = {}
    for member in members:
        for what, name in (("scene", member.scene), ("camera", member.camera_id)):
            if not name:
                continue
            other = found.setdefault((what, name), member.split)
            if other != member.split:
                raise SplitError(
                    f"{what} {name!r} is in the splits {other!r} and {member.split!r}: "
                    "what is measured would have been seen in training"
                )
