"""The pipeline role: MQTT to the database, one transaction a micro-batch, acknowledged after it."""

from __future__ import annotations

import contextlib
import gc
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
import structlog
from prometheus_client import Counter, Histogram

from app.judge import Judge, JudgeState
from app.patient_store import PatientStore, Stopped
from config.settings import PipelineSettings, Settings
from exchange.routing import destinations_of
from ingest.mqtt import Message, MqttSource
from ingest.position import Position
from ingest.rejected_message import RejectedMessage
from store.batch import Batch, Written
from store.latest_positions import catch_up
from store.site import read_site
from store.snapshot import last_batch_before, load_snapshot, positions_since

log = structlog.get_logger()

WORKER = "pipeline"
TICK_EVERY_S = 5.0
"""How often what is silent is judged; its shortest time is minutes."""
CONNECTED_S = 10.0
"""For so long what a new connection brings may be what has waited for it."""
BACKLOG_BATCHES = 4
"""Of a backlog so many batches are taken as one: what a batch costs by itself is spread wider."""
REJUDGED_AT_ONCE = 5000
"""Positions a step when state is rebuilt: bounds memory, not meaning."""

FIXES = Counter("muckwatch_fixes_total", "Fixes by what became of them", ["outcome"])
CHANGES = Counter("muckwatch_alert_changes_total", "Steps in the life of alerts", ["change"])
BATCH_SECONDS = Histogram("muckwatch_batch_seconds", "A batch from decoding to its commit")


@dataclass(frozen=True, slots=True)
class _UnderWay:
    """A batch that is being committed, and the state before it."""

    messages: Sequence[Message]
    before: JudgeState
    committed: Future[None]


class Pipeline:
    """Holds the state between batches; `step` is everything that happens to one of them.

    `begin` does the same, but leaves the commit to a thread of its own, so that the next batch is
    judged while the database works. `done` is called, on whichever thread, once messages are stored
    and may be acknowledged. All else is for one thread alone.
    """

    def __init__(
        self,
        judge: Judge,
        state: JudgeState,
        store: PatientStore,
        snapshot_every_s: float,
        done: Callable[[Sequence[Message], Written], None] = lambda _messages, _written: None,
    ) -> None:
        self._judge = judge
        self._state = state
        self._store = store
        self._done = done
        self._snapshot_every_s = snapshot_every_s
        self._snapshot_due_s = time.monotonic() + snapshot_every_s
        self._committer = ThreadPoolExecutor(1, "commit")
        self._under_way: _UnderWay | None = None

    def begin(self, messages: Sequence[Message]) -> None:
        """Judge messages, wait for the batch before them, and begin to commit them.

        Raises:
            Stopped: as `step`.
        """
        began_s = time.monotonic()
        judged: tuple[JudgeState, Batch] | None = None
        with contextlib.suppress(Exception):  # `step` meets it again, and says so
            judged = self._judge.judge(self._state, messages)
        if not self.settle() or judged is None:
            self._done(messages, self.step(messages))
            return
        state, batch = judged
        batch = self._addressed(batch, state)
        before, self._state = self._state, state
        committed = self._committer.submit(self._commit_begun, messages, batch, began_s)
        self._under_way = _UnderWay(messages, before, committed)

    def settle(self) -> bool:
        """Wait for the batch under way. False where it failed: its messages were tried alone, and
        what was judged after it, was judged from a state that never was.

        Raises:
            Stopped: as `step`.
        """
        if self._under_way is None:
            return True
        under_way, self._under_way = self._under_way, None
        try:
            under_way.committed.result()
        except Exception as error:
            self._state = under_way.before
            if isinstance(error, Stopped):
                raise
            self._done(under_way.messages, self._one_by_one(under_way.messages, error))
            return False
        return True

    def step(self, messages: Sequence[Message]) -> Written:
        """Judge and store messages; when it returns, they may be acknowledged.

        Where the batch fails, each message is tried alone, and the one at fault is kept as a
        rejected message with the reason. State moves only with a commit.

        Raises:
            Stopped: asked to stop while the database was away; what was not stored comes again.
        """
        self.settle()
        try:
            state, batch = self._judge.judge(self._state, messages)
            written = self._store.write(self._addressed(batch, state))
        except Stopped:
            raise
        except Exception as error:  # noqa: BLE001  whatever one message does, the others go on
            return self._one_by_one(messages, error)
        self._state = state
        return written

    def idle(self) -> None:
        """Nothing has come for a while: finish what is left to do."""
        self.settle()
        self._store.follow()

    def close(self) -> None:
        """Settle, and store the state, so that the next start has nothing to judge again."""
        self.settle()
        self.snapshot()
        self._committer.shutdown()

    def _commit_begun(self, messages: Sequence[Message], batch: Batch, began_s: float) -> None:
        written = self._store.write(batch)
        BATCH_SECONDS.observe(time.monotonic() - began_s)
        self._done(messages, written)

    def _addressed(self, batch: Batch, state: JudgeState) -> Batch:
        """The batch with its sender, and now and then with the state after it."""
        snapshot = None
        if time.monotonic() >= self._snapshot_due_s:
            snapshot = self._judge.encode(state)
            self._snapshot_due_s = time.monotonic() + self._snapshot_every_s
        return msgspec.structs.replace(batch, worker=WORKER, snapshot=snapshot)

    def _one_by_one(self, messages: Sequence[Message], error: Exception) -> Written:
        if len(messages) == 1:
            return self._reject(messages[0], error)
        log.warning("batch.failed", messages=len(messages), error=repr(error))
        written = Written()
        for message in messages:
            written += self.step([message])
        return written

    def tick(self, now: datetime) -> Written:
        """Judge and store what has been silent until `now` (aware)."""
        self.settle()
        state, batch = self._judge.tick(self._state, now)
        written = self._store.write(msgspec.structs.replace(batch, worker=WORKER))
        self._state = state
        return written

    def snapshot(self) -> None:
        """Store the state as it is, so that the next start has nothing to judge again."""
        self._store.write(Batch(worker=WORKER, snapshot=self._judge.encode(self._state)))

    def _reject(self, message: Message, error: Exception) -> Written:
        log.error("message.failed", topic=message.topic, exc_info=error)
        rejected = RejectedMessage(
            topic=message.topic,
            payload=message.payload,
            reason=f"could not be judged or stored: {type(error).__name__}: {error}",
            received_at=message.received_at,
        )
        return self._store.write(Batch(rejected=(rejected,), worker=WORKER))


def restore(judge: Judge, store: PatientStore, settings: PipelineSettings) -> JudgeState:
    """The state as it was at the last commit: the last snapshot, and what was stored since.

    A snapshot that this version cannot read, or none at all, is made up for by judging again what
    was stored within the time that an alert can still change.
    """
    state, after = judge.initial(), None
    snapshot = store.ask(lambda conn: load_snapshot(conn, WORKER))
    if snapshot is not None:
        try:
            state, after = judge.decode(snapshot.state), snapshot.batch
        except (ValueError, msgspec.DecodeError) as error:
            log.warning("snapshot.unreadable", error=str(error))
    if after is None:
        reach = timedelta(seconds=settings.hold_back_s + settings.lateness_s)
        since = datetime.now(UTC) - reach
        after = store.ask(lambda conn: last_batch_before(conn, since))
    first_batch = after
    store.ask(lambda conn: catch_up(conn, first_batch))
    stored = store.ask(lambda conn: list(positions_since(conn, first_batch)))
    for begin in range(0, len(stored), REJUDGED_AT_ONCE):
        chunk: list[Position] = stored[begin : begin + REJUDGED_AT_ONCE]
        state, batch = judge.judge_positions(state, chunk)
        # Nearly all of it is stored, and the store knows what it knows; but other chunks than the
        # first time can tell a step in between that was never told.
        store.write(msgspec.structs.replace(batch, positions=(), worker=WORKER))
    log.info("pipeline.restored", from_snapshot=snapshot is not None, rejudged=len(stored))
    return state


def run(settings: Settings, stop: threading.Event) -> None:
    """Until `stop`: take, judge, store, acknowledge. A lost database is waited for.

    Raises:
        Stopped: asked to stop while the database was away; what was not stored comes again.
    """
    store = PatientStore(settings.database, destinations_of(settings.delivery), stop)
    try:
        judge = Judge.of(store.ask(read_site), settings.pipeline)
        _set_up_interpreter()
        state = restore(judge, store, settings.pipeline)
        _take_and_step(judge, state, store, settings, stop)
    finally:
        store.close()


def _set_up_interpreter() -> None:
    """For a process that has one thread judging, and two that mostly wait.

    The state is large, long-lived and hardly ever cyclic: to walk it over and over took a tenth of
    the time. And a commit comes back from the database six times, each time for a moment: by
    default it had to wait 5 ms for the judging thread then, longer than for the database.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    sys.setswitchinterval(0.0005)


def _take_and_step(
    judge: Judge, state: JudgeState, store: PatientStore, settings: Settings, stop: threading.Event
) -> None:
    source = MqttSource(settings.mqtt, [f"{settings.mqtt.root}/vehicles/+/position"])

    def done(messages: Sequence[Message], written: Written) -> None:
        source.acknowledge(messages)
        _count(written)

    pipeline = Pipeline(judge, state, store, settings.pipeline.snapshot_every_s, done)
    log.info("pipeline.started")
    tick_due_s = time.monotonic()
    try:
        while not stop.is_set():
            # What has waited at the broker comes first: nobody in it was silent.
            if time.monotonic() >= tick_due_s and source.connected_s > CONNECTED_S:
                _count(pipeline.tick(datetime.now(UTC)))
                tick_due_s = time.monotonic() + TICK_EVERY_S
            messages = source.take(
                settings.pipeline.batch_messages,
                settings.pipeline.batch_wait_s,
                at_most=BACKLOG_BATCHES * settings.pipeline.batch_messages,
            )
            if messages:
                pipeline.begin(messages)
            else:
                pipeline.idle()
        pipeline.close()
    finally:
        source.close()


def _count(written: Written) -> None:
    for outcome in ("positions", "duplicates", "rejected"):
        FIXES.labels(outcome).inc(getattr(written, outcome))
    for change in ("raised", "amended", "ended", "withdrawn"):
        CHANGES.labels(change).inc(getattr(written, change))
