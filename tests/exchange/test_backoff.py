"""Waiting and giving up, as pure functions."""

from __future__ import annotations

from random import Random

import pytest

from exchange.backoff import LONGEST_WAIT_S, UNREACHABLE_FOR_S, gives_up, rest_s, wait_s


@pytest.mark.parametrize(
    ("attempt", "longest"),
    [(1, 1), (2, 3), (3, 9), (4, 27), (5, 81), (8, 2187), (9, 3600), (50, 3600), (10**6, 3600)],
)
def test_wait_grows_to_an_hour_and_is_spread_over_its_upper_half(attempt, longest):
    waits = [wait_s(attempt, Random(seed)) for seed in range(200)]
    assert all(longest / 2 <= wait <= longest for wait in waits)
    assert len(set(waits)) > 100


def test_the_same_dice_give_the_same_wait():
    assert wait_s(3, Random(7)) == wait_s(3, Random(7))


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [(120.0, 120.0, 120.0), (0.0, 0.5, 1.0), (10**9, 86400.0, 86400.0)],
)
def test_retry_after_is_kept_but_believed_up_to_a_day(asked, least, most):
    assert least <= wait_s(1, Random(1), asked) <= most


def test_a_destination_rests_a_minute_at_most_unless_it_asks_for_more():
    assert max(rest_s(n, Random(n)) for n in range(1, 100)) <= 60
    assert rest_s(1, Random(1), 300) == 300


@pytest.mark.parametrize(
    ("attempts", "reached", "age_s", "expected"),
    [
        (11, True, 0, False),
        (12, True, 0, True),
        (12, False, 3600, False),
        (12, False, UNREACHABLE_FOR_S, True),
        (3, False, UNREACHABLE_FOR_S, False),
    ],
)
def test_gives_up(attempts, reached, age_s, expected):
    assert gives_up(attempts, 12, reached, age_s) is expected


def test_the_limit_of_attempts_spans_hours():
    assert sum(wait_s(n, Random(n)) for n in range(1, 12)) > 2 * LONGEST_WAIT_S * 0.5
