"""How the processes find the object store of evidence: the worst of what they told lately."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from store.database import Connection
from store.evidence_reader import storage_states

WITHIN = timedelta(minutes=10)


def worst_storage(conn: Connection, now: datetime) -> Literal["ok", "full", "away"]:
    """`ok` too where nobody told anything: then no camera is watched.

    Raises:
        StoreError: the database does not answer.
    """
    words = {state.state for state in storage_states(conn, now - WITHIN)}
    if "away" in words:
        return "away"
    return "full" if "full" in words else "ok"
