"""Terminals that change their vehicle: `terminals.csv` and what it answers."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from config.site_files import examine_site, load_site
from config.terminal_register import TerminalRegister
from config.validity import in_force, overlap
from config.vehicle import Mounting

HEADER = "terminal_id,vehicle_id,valid_from,valid_to\n"
MOUNTINGS = HEADER + (
    "t9,v1,2026-01-01,2026-03-31\n"
    "t9,v2,2026-04-01,2026-05-01T12:00:00Z\n"
    "13900000002,v1,2026-06-01,2026-06-30\n"
    "13900000001,v1,2026-04-01,\n"
)


def with_terminals(files, text):
    return {**files, "terminals.csv": text.encode()}


@pytest.mark.parametrize(
    ("terminal", "at", "vehicle"),
    [
        ("t9", "2025-12-31T23:59+08:00", None),
        ("t9", "2026-01-01T00:00+08:00", "v1"),
        ("t9", "2026-03-31T23:59:59+08:00", "v1"),
        ("t9", "2026-03-31T16:00Z", "v2"),  # midnight in Beijing
        ("t9", "2026-05-01T11:59Z", "v2"),
        ("t9", "2026-05-01T12:00Z", None),
        ("13900000002", "2026-05-31T12:00Z", "v2"),
        ("13900000002", "2026-06-15T12:00Z", "v1"),
        ("13900000002", "2026-07-01T12:00Z", "v2"),
        ("13900000001", "2020-01-01T00:00Z", "v1"),
        ("13900000001", "2027-01-01T00:00Z", "v1"),
        ("t0", "2026-06-15T12:00Z", None),
    ],
)
def test_who_had_the_terminal(files, terminal, at, vehicle):
    register = load_site(with_terminals(files, MOUNTINGS)).terminal_register()
    assert register.vehicle_at(terminal, datetime.fromisoformat(at)) == vehicle


def test_without_the_file_vehicles_have_their_own(files):
    site = load_site(files)
    at = datetime(2026, 6, 1, tzinfo=UTC)
    assert site.mountings == ()
    assert site.terminal_register().vehicle_at("13900000002", at) == "v2"


def test_it_answers_as_a_search_through_the_list_does(files):
    """Random mountings that do not overlap, some of them touching."""
    dice = random.Random(5)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    days = [start + timedelta(days=n) for n in range(40)]
    vehicles = load_site(files).vehicles.values()
    for _ in range(200):
        mountings: list[Mounting] = []
        for terminal in ("13900000001", "t9"):
            for _ in range(4):
                begin, end = sorted(dice.sample(days, 2))
                one = Mounting(
                    terminal,
                    dice.choice(["v1", "v2"]),
                    dice.choice([begin, begin, None]),
                    dice.choice([end, end, None]),
                )
                if not any(overlap(one, m) for m in mountings if m.terminal_id == terminal):
                    mountings.append(one)
        register = TerminalRegister(vehicles, dice.sample(mountings, len(mountings)))
        for terminal, own in (("13900000001", "v1"), ("t9", None)):
            for day in days:
                for at in (day, day + timedelta(hours=1)):
                    there = [
                        m.vehicle_id
                        for m in mountings
                        if m.terminal_id == terminal and in_force(m, at)
                    ]
                    assert register.vehicle_at(terminal, at) == (there or [own])[0]


@pytest.mark.parametrize(
    ("rows", "line", "field", "severity", "words"),
    [
        ("t9,v7,,\n", 2, "vehicle_id", "error", "'v7' is not in vehicles.csv"),
        ("t/9,v1,,\n", 2, "terminal_id", "error", "'/'"),
        (",v1,,\n", 2, "terminal_id", "error", "missing"),
        ("t9,,,\n", 2, "vehicle_id", "error", "missing"),
        ("t9,v1,1.1.26,\n", 2, "valid_from", "error", "neither a date"),
        ("t9,v1,0001-01-01,\n", 2, "valid_from", "error", "no such year"),
        ("t9,v1,,9999-12-31\n", 2, "valid_to", "error", "empty is without limit"),
        ("t9,v1,2026-02-01,2026-01-01\n", 2, "valid_to", "error", "not after"),
        ("t9,v1,,\n\nt9,v2,,\n", 4, "terminal_id", "error", "in v1 by line 2"),
        ("t9,v1,,2026-03-31\nt9,v2,2026-03-31,\n", 3, "terminal_id", "error", "in v1 by line 2"),
        ("t9,v1,,2026-03-31\nt8,v1,2026-03-31,\n", 3, "vehicle_id", "warning", "has t9 by line 2"),
    ],
)
def test_a_mistake_is_named(files, rows, line, field, severity, words):
    _site, problems = examine_site(with_terminals(files, HEADER + rows))
    (problem,) = problems
    assert (problem.file, problem.line, problem.field) == ("terminals.csv", line, field)
    assert problem.severity == severity
    assert words in problem.message
