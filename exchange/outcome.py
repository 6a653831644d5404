"""What became of one attempt to deliver, and whether to try again (投递结果)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Delivered:
    """The receiver took it. `response` is the start of its answer, for the record."""

    response: str = ""


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not delivered, worth trying again.

    Attributes:
        reached: False when the receiver could not be reached or said that it is down: the fault is
            the destination's, so all of it rests and the entry's limit of attempts waits.
        retry_after_s: how long the receiver asked to be left alone.
    """

    error: str
    reached: bool = True
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Not delivered, and the same entry would be refused again.

    `gone` says that the receiver wants nothing more at all.
    """

    error: str
    gone: bool = False


Outcome = Delivered | Deferred | Refused
