"""What the delivery loop needs of a destination: the port that webhooks and GA/T 1400 fill."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from alerts.alert import Evidence
from exchange.outcome import Outcome
from store.outbox import OutboxEntry

EvidenceOf = Callable[[OutboxEntry], Iterable[Evidence]]
"""The pictures that an entry's payload names, with their content (`exchange.evidence`)."""


class Sender(Protocol):
    """One destination. Used by one thread at a time; may be opened and closed repeatedly."""

    @property
    def destination(self) -> str: ...

    @property
    def batch(self) -> int:
        """How many entries, each of another alert, `send` takes at most."""

    def open(self) -> None:
        """Take up contact, if the protocol has such a thing. Doesn't raise when nobody answers."""

    def send(self, entries: Sequence[OutboxEntry], evidence_of: EvidenceOf) -> list[Outcome]:
        """Try each once; one outcome an entry, in order. Doesn't raise for a receiver's faults."""

    def close(self) -> None: ...
