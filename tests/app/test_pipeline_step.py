"""One batch through the pipeline: what one bad message may and may not do."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from app.judge import Judge, JudgeState
from app.patient_store import PatientStore, Stopped
from app.pipeline import Pipeline, restore
from config.demo_district import folder
from config.settings import DatabaseSettings, PipelineSettings
from config.site_files import load_site, read_site_folder
from ingest.message import Message, Token
from store.batch import Batch, Written
from store.errors import StoreRefused, StoreUnavailable
from store.snapshot import WorkerSnapshot

T0 = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
SITE = load_site(read_site_folder(folder()))
JUDGE = Judge.of(SITE, PipelineSettings())
TERMINAL = next(iter(SITE.vehicles.values())).terminal_id


class RecordingStore:
    """Takes what it is given unless `fault` objects."""

    def __init__(self, fault: Callable[[Batch], None] = lambda _batch: None) -> None:
        self.batches: list[Batch] = []
        self._fault = fault

    def write(self, batch: Batch) -> Written:
        self._fault(batch)
        self.batches.append(batch)
        return Written(positions=len(batch.positions), rejected=len(batch.rejected))


def message(second: int, **fields: object) -> Message:
    at = T0 + timedelta(seconds=second)
    payload = {"time": at.isoformat(), "lon": 119.95, "lat": 31.70, "speed_kmh": 20} | fields
    return Message(
        f"muckwatch/v1/vehicles/{TERMINAL}/position",
        json.dumps(payload).encode(),
        at + timedelta(seconds=1),
        Token(1, second, 1),
    )


def pipeline(store: RecordingStore) -> Pipeline:
    return Pipeline(JUDGE, JUDGE.initial(), cast("PatientStore", store), snapshot_every_s=1e9)


def test_a_batch_is_one_write() -> None:
    store = RecordingStore()
    written = pipeline(store).step([message(s) for s in range(5)])
    assert (len(store.batches), written.positions) == (1, 5)


def test_what_cannot_be_decoded_is_kept_beside_what_can() -> None:
    store = RecordingStore()
    pipeline(store).step([message(0), message(1, lat="north"), message(2)])
    (batch,) = store.batches
    assert len(batch.positions) == 2
    assert "lat" in batch.rejected[0].reason


def test_a_message_that_the_store_refuses_does_not_stop_the_others() -> None:
    def refuse(batch: Batch) -> None:
        if any(p.speed_kmh == 99 for p in batch.positions):
            raise StoreRefused("a value that no column takes")

    store = RecordingStore(refuse)
    written = pipeline(store).step([message(0), message(1, speed_kmh=99), message(2)])
    assert (written.positions, written.rejected) == (2, 1)
    (rejected,) = [r for batch in store.batches for r in batch.rejected]
    assert rejected.payload == message(1, speed_kmh=99).payload
    assert "no column takes" in rejected.reason


def test_state_moves_only_with_a_commit() -> None:
    fail: list[type[Exception]] = [Stopped]

    def stop_once(_batch: Batch) -> None:
        if fail:
            raise fail.pop()

    store = RecordingStore(stop_once)
    worker = pipeline(store)
    batch = [message(s) for s in range(3)]
    with pytest.raises(Stopped):
        worker.step(batch)
    worker.step(batch)
    (stored,) = store.batches
    assert [p.quality.name for p in stored.positions] == ["GOOD"] * 3  # not known already


def test_the_next_batch_is_judged_while_one_is_committed() -> None:
    """And acknowledged after its own commit, in order."""
    judged, committing, go_on = threading.Event(), threading.Event(), threading.Event()
    told: list[tuple[str, int]] = []

    def slow(batch: Batch) -> None:
        committing.set()
        if len(batch.positions) == 2:
            assert go_on.wait(20)
        told.append(("commit", len(batch.positions)))

    worker = Pipeline(
        JUDGE,
        JUDGE.initial(),
        cast("PatientStore", RecordingStore(slow)),
        snapshot_every_s=1e9,
        done=lambda messages, _: told.append(("done", len(messages))),
    )
    worker.begin([message(0), message(1)])
    assert committing.wait(20)
    settle = worker.settle
    worker.settle = lambda: judged.set() or go_on.set() or settle()  # type: ignore[method-assign,func-returns-value]
    assert told == []
    worker.begin([message(2), message(3), message(4)])
    assert judged.is_set()
    settle()
    assert told == [("commit", 2), ("done", 2), ("commit", 3), ("done", 3)]


def test_after_a_failed_commit_the_next_batch_is_judged_again() -> None:
    """From the state before; nothing of either is acknowledged before it is stored."""
    told: list[int] = []

    def refuse(batch: Batch) -> None:
        if any(p.speed_kmh == 99 for p in batch.positions):
            raise StoreRefused("a value that no column takes")

    store = RecordingStore(refuse)
    worker = Pipeline(
        JUDGE,
        JUDGE.initial(),
        cast("PatientStore", store),
        snapshot_every_s=1e9,
        done=lambda messages, _: told.extend(m.token.packet_id for m in messages),
    )
    worker.begin([message(0), message(1, speed_kmh=99), message(2)])
    worker.begin([message(1), message(2), message(3)])  # two are known, one took a bad one's time
    worker.settle()
    found = [(p.fix_time - T0).seconds for batch in store.batches for p in batch.positions]
    assert found == [0, 2, 1, 2, 3]
    qualities = [p.quality.name for batch in store.batches for p in batch.positions]
    assert qualities == ["GOOD", "GOOD", "GOOD", "DUPLICATE", "GOOD"]
    assert told == [0, 1, 2, 1, 2, 3]


def test_stopped_while_committing_nothing_is_acknowledged() -> None:
    def stop(_batch: Batch) -> None:
        raise Stopped

    told: list[Message] = []
    worker = Pipeline(
        JUDGE,
        JUDGE.initial(),
        cast("PatientStore", RecordingStore(stop)),
        snapshot_every_s=1e9,
        done=lambda messages, _: told.extend(messages),
    )
    worker.begin([message(0)])
    with pytest.raises(Stopped):
        worker.begin([message(1)])
    assert told == []


def test_the_state_survives_its_snapshot() -> None:
    state = JUDGE.initial()
    for second in range(0, 50, 5):
        state, _ = JUDGE.judge(state, [message(second)])
    assert what_follows(JUDGE.decode(JUDGE.encode(state))) == what_follows(state)


def what_follows(state: JudgeState) -> Any:
    """A late fix, a known one, and a minute of speeding: what the state makes of them."""
    told = []
    for second in (12, 30, *range(55, 120, 5)):
        state, batch = JUDGE.judge(state, [message(second, speed_kmh=130)])
        told.append((batch.positions, batch.visits, batch.changes))
    assert any(changes for _, _, changes in told)
    return told


def test_a_lost_database_is_waited_for_with_the_same_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[Batch] = []

    class AwayTwice:
        conn = cast("Any", type("Open", (), {"closed": False}))

        def write(self, batch: Batch) -> Written:
            tried.append(batch)
            if len(tried) < 3:
                raise StoreUnavailable("away")
            return Written(batch=1)

    monkeypatch.setattr("app.patient_store.FIRST_PAUSE_S", 0.001)
    store = PatientStore(DatabaseSettings(), lambda _change: (), threading.Event())
    monkeypatch.setattr(store, "_connected", AwayTwice)
    assert store.write(Batch(worker="x")).batch == 1
    assert len({batch.key for batch in tried}) == 1


def test_waiting_for_a_database_ends_when_asked_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    stop = threading.Event()

    def away() -> None:
        stop.set()
        raise StoreUnavailable("away")

    store = PatientStore(DatabaseSettings(), lambda _change: (), stop)
    monkeypatch.setattr(store, "_connected", away)
    with pytest.raises(Stopped):
        store.write(Batch())


class AnsweringStore:
    """Answers questions about a database that holds `snapshot` and what was stored after it."""

    def ask(self, question: Callable[[Any], Any]) -> Any:
        return question(None)

    def write(self, batch: Batch) -> Written:
        assert not batch.positions  # they are stored
        return Written()


def restored(
    monkeypatch: pytest.MonkeyPatch, snapshot: bytes | None, stored: list[Any]
) -> JudgeState:
    row = WorkerSnapshot(worker="pipeline", taken_at=T0, batch=7, state=snapshot or b"")
    monkeypatch.setattr("app.pipeline.load_snapshot", lambda *_: row if snapshot else None)
    monkeypatch.setattr("app.pipeline.last_batch_before", lambda *_: 3)
    after: list[int] = []

    def since(_conn: object, batch: int) -> list[Any]:
        after.append(batch)
        return stored

    monkeypatch.setattr("app.pipeline.positions_since", since)
    monkeypatch.setattr("app.pipeline.catch_up", lambda *_: None)
    state = restore(JUDGE, cast("PatientStore", AnsweringStore()), PipelineSettings())
    assert after == [7 if snapshot and snapshot != b"other version" else 3]
    return state


@pytest.mark.parametrize("snapshot_after", [0, 4, None])
def test_a_restart_comes_to_the_state_before_it(
    monkeypatch: pytest.MonkeyPatch, snapshot_after: int | None
) -> None:
    state, snapshot, stored = JUDGE.initial(), None, []
    for number in range(8):
        state, batch = JUDGE.judge(state, [message(number * 5)])
        stored.extend(batch.positions)
        if number == snapshot_after:
            snapshot, stored = JUDGE.encode(state), []
    again = restored(monkeypatch, snapshot, stored)
    assert what_follows(again) == what_follows(state)


def test_a_snapshot_of_another_version_is_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    state, batch = JUDGE.judge(JUDGE.initial(), [message(s) for s in range(0, 60, 5)])
    again = restored(monkeypatch, b"other version", list(batch.positions))
    assert what_follows(again) == what_follows(state)
