"""Room for evidence: what is used, what goes first when it runs short, what nobody names (清理)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from prometheus_client import Counter

from store.database import Connection
from store.errors import translated
from store.evidence_objects import EvidenceObjects, ObjectStoreError, key_of
from store.sql import query

log = structlog.get_logger()

DROPPED = Counter("muckwatch_evidence_dropped_total", "Clips given up to make room")
SWEEP_AFTER = timedelta(days=7)
"""So old must an object be that no row names: a database put back from yesterday finds its own."""

_LOT = 20
_MOVED_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Used:
    """In bytes: of the objects that rows name, and of what waits in the database."""

    objects_bytes: int
    in_database_bytes: int


def used(conn: Connection) -> Used:
    with translated("counting evidence"):
        row = conn.execute(query("evidence_used")).fetchone()
    return Used(0, 0) if row is None else Used(int(row[0]), int(row[1]))


def make_room(conn: Connection, objects: EvidenceObjects, need_bytes: int) -> int:
    """Give up clips, oldest first, until so many bytes are free; returns how many became so.

    First those of false alarms and of what was withdrawn, then of acknowledged alerts, then of
    those that are over. Never those of an alert that goes on and that nobody has looked at, and
    never pictures or tracks. The row says when and why, and keeps the hash.

    Raises:
        StoreUnavailable: the database cannot be asked.
    """
    freed = 0
    with translated("making room for evidence"):
        while freed < need_bytes:
            lot = conn.execute(query("clips_to_drop"), {"limit": _LOT}).fetchall()
            if not lot:
                break
            sizes = {str(row[2]): int(row[3] or 0) for row in lot}
            for key, size_bytes in sizes.items():
                freed += _drop(conn, objects, key, size_bytes)
                if freed >= need_bytes:
                    break
    return freed


def sweep(conn: Connection, objects: EvidenceObjects, now: datetime) -> int:
    """Delete objects that no row names and that are older than `SWEEP_AFTER`; returns how many.

    They are left by a process that was killed between the object and its row, and by retention.
    Where not one object is named, nothing is deleted: it may be another installation's database.

    Raises:
        StoreUnavailable, ObjectStoreError
    """
    before = now - SWEEP_AFTER
    swept = objects.sweep_half_written(before)
    nameless: list[str] = []
    named_any = False
    for lot in objects.objects():
        keys = [o.key for o in lot]
        with translated("sweeping evidence"):
            found = conn.execute(query("objects_named"), {"keys": keys}).fetchall()
        named = {row[0] for row in found}
        named_any = named_any or bool(named)
        nameless += [o.key for o in lot if o.last_modified < before and o.key not in named]
    if nameless and not named_any:
        log.warning("evidence.not_swept", nameless=len(nameless), why="no object is named")
        return swept
    for key in nameless:
        objects.delete(key)
        swept += 1
    if swept:
        log.info("evidence.swept", objects=swept)
    return swept


def move_into_store(conn: Connection, objects: EvidenceObjects, at_most: int = 1000) -> int:
    """Move contents that wait in the database into the object store; returns how many.

    They are there from before there was one, and from when it took nothing.

    Raises:
        StoreUnavailable, ObjectStoreError: the rest waits on.
    """
    moved = 0
    while moved < at_most:
        with translated("moving evidence"):
            lot = conn.execute(query("evidence_to_move"), {"limit": _MOVED_AT_ONCE}).fetchall()
        for evidence_id, media_type, sha256, content in lot:
            key = key_of(bytes(sha256), media_type)
            objects.put(key, bytes(content))
            with translated("moving evidence"):
                conn.execute(
                    query("evidence_moved"), {"evidence_id": evidence_id, "object_key": key}
                )
            moved += 1
        if len(lot) < _MOVED_AT_ONCE:
            break
    return moved


def put_state(
    conn: Connection,
    objects: EvidenceObjects,
    worker: str,
    trouble: ObjectStoreError | None,
    used_bytes: int,
) -> None:
    """Tell the console how this process finds the object store."""
    with translated("writing a state"):
        conn.execute(
            query("put_evidence_storage"),
            {
                "worker": worker,
                "state": "ok" if trouble is None else trouble.word,
                "detail": None if trouble is None else str(trouble)[:500],
                "used_bytes": used_bytes,
                "free_bytes": objects.free_bytes(),
            },
        )


def _drop(conn: Connection, objects: EvidenceObjects, key: str, size_bytes: int) -> int:
    """The rows first: none may name what is gone. Returns the bytes that became free."""
    told = conn.execute(query("drop_object"), {"object_key": key, "why": "room"}).fetchall()
    if not told:
        return 0  # another process was quicker
    DROPPED.inc()
    log.warning(
        "evidence.dropped",
        object=key,
        bytes=size_bytes,
        alerts=sorted({str(alert_id) for _, alert_id in told}),
        why="room",
    )
    try:
        objects.delete(key)
    except ObjectStoreError as error:  # the sweep finds it
        log.warning("evidence.not_deleted", object=key, error=str(error))
        return 0
    return size_bytes
