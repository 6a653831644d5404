"""The MQTT topics of the public interface, below a configurable root (default `muckwatch/v1`)."""

from __future__ import annotations

from functools import lru_cache


def position_filter(root: str) -> str:
    return f"{root}/vehicles/+/position"


def position_topic(root: str, terminal_id: str) -> str:
    return f"{root}/vehicles/{terminal_id}/position"


def camera_status_filter(root: str) -> str:
    return f"{root}/cameras/+/status"


def frame_filter(root: str) -> str:
    """The frames of all cameras; for one camera replace `+` by its id."""
    return f"{root}/cameras/+/frame/+"


class TopicError(ValueError):
    """A topic that is none of ours, or whose id cannot be used."""


@lru_cache(maxsize=65536)
def terminal_of(topic: str) -> str:
    """The terminal of `…/vehicles/<terminal>/position`; raises TopicError."""
    match topic.rsplit("/", 3)[-3:]:
        case ["vehicles", terminal_id, "position"]:
            return _usable("terminal", terminal_id)
    raise TopicError("topic: expected …/vehicles/<terminal>/position")


@lru_cache(maxsize=4096)
def camera_of_status(topic: str) -> str:
    """The camera of `…/cameras/<camera>/status`; raises TopicError."""
    match topic.rsplit("/", 3)[-3:]:
        case ["cameras", camera_id, "status"]:
            return _usable("camera", camera_id)
    raise TopicError("topic: expected …/cameras/<camera>/status")


def storable(topic: str) -> str:
    """The topic with what a database's text cannot hold written as escapes."""
    if "\0" in topic:
        topic = topic.replace("\0", "\\x00")
    return topic.encode("utf-8", "backslashreplace").decode()


def _usable(what: str, identifier: str) -> str:
    if not identifier.strip():
        raise TopicError(f"topic: the {what} is empty")
    if len(identifier) > 128:
        raise TopicError(
            f"topic: the {what} has {len(identifier)} characters, at most 128 are allowed"
        )
    if storable(identifier) != identifier:
        raise TopicError(f"topic: the {what} has characters that no text may have")
    return identifier
