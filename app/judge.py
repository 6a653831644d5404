"""Messages in, one batch for the store out: every handler of a position in its order. Pure.

    decode -> plausibility -> geofence -> alert book -> Batch

`judge(state, messages) -> (state, Batch)` reads no clock: receipt times are on the messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import msgspec

from alerts.book import AlertBook, BookState
from alerts.book import decode_state as decode_book
from alerts.book import encode_state as encode_book
from config.settings import PipelineSettings
from config.site import Site
from config.terminal_register import TerminalRegister
from geofence.engine import Engine, EngineState
from geofence.finding import Round, Trip, Violation, ZoneVisit
from ingest import plausibility
from ingest.decode import decode_positions
from ingest.event_clock import EventClock
from ingest.fixes import Fixes
from ingest.mqtt import Message
from ingest.plausibility import Limits, PlausibilityState, assess
from ingest.position import Position
from ingest.position_columns import PositionColumns
from store.batch import Batch


@dataclass(frozen=True, slots=True)
class JudgeState:
    """What the handlers remember between two batches."""

    plausibility: PlausibilityState
    engine: EngineState
    book: BookState
    clock: EventClock


class _Snapshot(msgspec.Struct, frozen=True, array_like=True):
    plausibility: bytes
    engine: bytes
    book: bytes
    clock: EventClock = EventClock()


@dataclass(frozen=True, slots=True)
class Judge:
    """The handlers, compiled for one site."""

    engine: Engine
    book: AlertBook
    limits: Limits
    register: TerminalRegister

    @classmethod
    def of(cls, site: Site, settings: PipelineSettings) -> Judge:
        book = AlertBook(
            site,
            hold_back=timedelta(seconds=settings.hold_back_s),
            lateness=timedelta(seconds=settings.lateness_s),
        )
        limits = Limits.of(settings, site)
        return cls(Engine(site, settings.lateness_s), book, limits, site.terminal_register())

    def initial(self) -> JudgeState:
        return JudgeState(
            PlausibilityState(), self.engine.initial(), self.book.initial(), EventClock()
        )

    def judge(self, state: JudgeState, messages: Sequence[Message]) -> tuple[JudgeState, Batch]:
        """Judge messages of the position topics. The batch carries no snapshot."""
        positions, rejected = decode_positions(messages, self.register)
        state, judged = self.judge_positions(state, positions)
        return state, msgspec.structs.replace(judged, rejected=tuple(rejected))

    def judge_positions(
        self, state: JudgeState, positions: Sequence[Position]
    ) -> tuple[JudgeState, Batch]:
        """The same, from decoded positions; those stored before a restart come back this way."""
        if not positions:
            return state, Batch()
        columns = PositionColumns.of(positions)
        memory, quality = assess(state.plausibility, columns.fixes, self.limits)
        columns = columns.with_quality(quality)
        clock = state.clock.after(columns.fixes)
        state = JudgeState(memory, state.engine, state.book, clock)
        state, batch = self._found(state, columns.fixes, columns.received_last())
        return state, msgspec.structs.replace(batch, positions=columns)

    def tick(self, state: JudgeState, now: datetime) -> tuple[JudgeState, Batch]:
        """Judge what has been silent until `now` (aware): rules on time that no fix tells.

        Less by how far the stream was behind with the last batch. Nothing before the first fix.
        """
        if not state.clock.started:
            return state, Batch()
        return self._found(replace(state, clock=state.clock.at(now.timestamp())), (), now)

    def encode(self, state: JudgeState) -> bytes:
        """The state as bytes, for `decode`."""
        return msgspec.msgpack.encode(
            _Snapshot(
                plausibility.encode_state(state.plausibility),
                self.engine.encode(state.engine),
                encode_book(state.book),
                state.clock,
            )
        )

    def decode(self, data: bytes) -> JudgeState:
        """Raises `ValueError` on bytes that another version, or a site of other rules, wrote."""
        snapshot = msgspec.msgpack.decode(data, type=_Snapshot)
        return JudgeState(
            plausibility.decode_state(snapshot.plausibility),
            self.engine.decode(snapshot.engine),
            decode_book(snapshot.book),
            snapshot.clock,
        )

    def _found(
        self,
        state: JudgeState,
        fixes: Fixes | Sequence[Position],
        now: datetime,
    ) -> tuple[JudgeState, Batch]:
        fleet_now = datetime.fromtimestamp(state.clock.now_t, UTC)
        engine, findings = self.engine.advance(state.engine, fixes, fleet_now)
        violations = [f for f in findings if isinstance(f, Violation)]
        book, changes = self.book.advance(state.book, violations, now)
        batch = Batch(
            visits=tuple(f for f in findings if isinstance(f, ZoneVisit)),
            trips=tuple(f for f in findings if isinstance(f, Trip)),
            rounds=tuple(f for f in findings if isinstance(f, Round)),
            changes=tuple(changes),
        )
        return replace(state, engine=engine, book=book), batch
