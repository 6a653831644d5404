"""Two configurations: which alerts are the same trouble."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.alert import Alert, Severity
from app.backtest import Backtest
from app.backtest_compare import compare
from app.backtest_summary import KindComparison, KindSummary, by_kind, compared
from app.report.choice import Shown, choose

T0 = datetime(2026, 11, 1, tzinfo=UTC)
_NUMBER = count(1)


def alert(
    begin: float, end: float | None, kind: str = "off_route", vehicle: str | None = "v1",
    subject: str = "p",
) -> Alert:  # fmt: skip
    return Alert(
        alert_id=UUID(int=next(_NUMBER)), kind=kind, severity=Severity.WARNING, vehicle_id=vehicle,
        camera_id=None, subject=subject, started_at=T0 + timedelta(seconds=begin),
        raised_at=T0 + timedelta(seconds=begin), lon=120.0, lat=31.7,
        ended_at=None if end is None else T0 + timedelta(seconds=end),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (alert(0, 10), alert(5, 20), True),
        (alert(0, 10), alert(10, 20), True),
        (alert(0, 10), alert(11, 20), False),
        (alert(5, None), alert(900, 901), True),
        (alert(5, 6), alert(0, None), True),
        (alert(5, 6), alert(7, None), False),
        (alert(0, 0), alert(0, 0), True),
        (alert(0, 10), alert(0, 10, kind="overspeed"), False),
        (alert(0, 10), alert(0, 10, vehicle="v2"), False),
        (alert(0, 10), alert(0, 10, subject="q"), False),
        (alert(0, 10, vehicle=None), alert(0, 10, vehicle=None), True),
    ],
)
def test_the_same_trouble(a: Alert, b: Alert, same: bool) -> None:
    found = compare([a], [b])
    assert (found.a_in_b == {a.alert_id: b}) is same
    assert (found.only_a == []) is same
    assert (found.only_b == []) is same


spans = st.lists(st.tuples(st.integers(0, 60), st.none() | st.integers(0, 20)), max_size=12)


@settings(max_examples=200, deadline=None)
@given(spans, spans)
def test_as_a_plain_search_finds_them(
    first: list[tuple[int, int | None]], second: list[tuple[int, int | None]]
) -> None:
    a, b = ([alert(s, None if d is None else s + d) for s, d in spans] for spans in (first, second))
    never = datetime.max.replace(tzinfo=UTC)

    def overlap(x: Alert, y: Alert) -> bool:
        return x.started_at <= (y.ended_at or never) and y.started_at <= (x.ended_at or never)

    found = compare(a, b)
    assert found.a_in_b.keys() == {x.alert_id for x in a if any(overlap(x, y) for y in b)}
    assert found.b_in_a.keys() == {y.alert_id for y in b if any(overlap(x, y) for x in a)}
    assert all(overlap(x, found.a_in_b[x.alert_id]) for x in a if x.alert_id in found.a_in_b)


def test_tables_by_kind() -> None:
    a = [alert(0, 100), alert(200, 240), alert(500, None), alert(0, 4, "overspeed", "v2")]
    b = [alert(50, 60), alert(70, 80), alert(0, 1, "lid_open")]
    assert compared(compare(a, b)) == [
        KindComparison("off_route", 2, 1, 2, 0),
        KindComparison("overspeed", 1, 0, 0, 0),
        KindComparison("lid_open", 0, 0, 0, 1),
    ]
    assert by_kind(Backtest(9, {}, a, truck_days=8)) == [
        KindSummary("off_route", 3, 1, 3 / 8, 70.0),
        KindSummary("overspeed", 1, 1, 1 / 8, 4.0),
    ]
    assert by_kind(Backtest(9, {}, a[2:3])) == [KindSummary("off_route", 1, 1, None, None)]


def test_a_report_keeps_a_fair_share_of_each_kind_over_all_days() -> None:
    rng = random.Random(2)
    many = [Shown(alert(rng.uniform(0, 1000), None)) for _ in range(500)]
    few = [Shown(alert(n, None, "lid_open")) for n in range(7)]
    other = [Shown(alert(n, None), "b") for n in range(80)]
    kept = choose([*many, *few, *other], 100)
    assert len(kept) == 100
    assert [s.alert.started_at for s in kept] == sorted(s.alert.started_at for s in kept)
    assert sum(s.alert.kind == "lid_open" for s in kept) == 7
    assert sum(s.raised_by == "b" for s in kept) == 46
    quarters = [int((s.alert.started_at - T0).total_seconds() // 250) for s in kept if s in many]
    assert all(quarters.count(q) >= 8 for q in range(4))
    assert choose(few, 100) == few
