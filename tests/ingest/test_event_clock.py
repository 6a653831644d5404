"""The fleet's own time: who is silent when the stream is behind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ingest.event_clock import EventClock
from ingest.fixes import Fixes
from ingest.position import Position, Quality

BEGIN = datetime(2026, 5, 1, tzinfo=UTC)
T0 = BEGIN.timestamp()


def fixes(*seen: tuple[float, float], **more: object) -> Fixes:
    """(fix time, receipt) in seconds after the begin."""
    return Fixes.of(
        [
            Position(
                vehicle_id="v",
                terminal_id="v",
                fix_time=BEGIN + timedelta(seconds=at),
                received_at=BEGIN + timedelta(seconds=received),
                lon=120,
                lat=31,
                **more,  # type: ignore[arg-type]  # fields by name
            )
            for at, received in seen
        ]
    )


def now_s(clock: EventClock) -> float:
    return clock.now_t - T0


def test_live_it_is_the_time_of_day() -> None:
    clock = EventClock().after(fixes((99, 100), (60, 100)))
    assert now_s(clock) == 99
    assert now_s(clock.at(T0 + 400)) == 399


def test_what_has_waited_for_an_hour_makes_nobody_silent() -> None:
    clock = EventClock().after(fixes((0, 1)))
    for step in range(60):
        clock = clock.after(fixes((60 * step, 3600 + step), (60 * step - 30, 3600 + step)))
        assert now_s(clock) == 60 * step
        assert now_s(clock.at(T0 + 3600 + step)) == 60 * step
    clock = clock.after(fixes((3659, 3660)))
    assert now_s(clock.at(T0 + 4000)) == 3999


def test_before_the_first_fix_it_stands() -> None:
    """So that what then comes out of a backlog is no silence."""
    clock = EventClock().at(T0 + 5000)
    assert not clock.started
    clock = clock.after(fixes((0, 5001)))
    assert clock.started
    assert now_s(clock.at(T0 + 5002)) == 1


def test_it_never_goes_back_and_old_fixes_do_not_hold_it_up() -> None:
    clock = EventClock().after(fixes((100, 101)))
    clock = clock.at(T0 + 1001)
    clock = clock.after(fixes((50, 1002)))
    assert now_s(clock) == 1000
    clock = clock.after(fixes((1100, 1101)))
    assert (now_s(clock), clock.lag_s) == (1100, 1)


def test_backfill_bad_fixes_and_clocks_ahead_do_not_move_it() -> None:
    clock = EventClock().after(fixes((100, 101)))
    assert now_s(clock.after(fixes((500, 600), backfill=True))) == 100
    assert now_s(clock.after(fixes((500, 600), quality=Quality.TELEPORT))) == 100
    assert now_s(clock.after(fixes((260, 150)))) == 150


def test_without_any_live_fix_receipt_is_all_there_is() -> None:
    assert now_s(EventClock().after(fixes((0, 50), backfill=True))) == 50
