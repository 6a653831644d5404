"""How long to wait before the next attempt, and when to give up: pure."""

from __future__ import annotations

from random import Random

FIRST_WAIT_S = 1.0
FACTOR = 3.0
LONGEST_WAIT_S = 3600.0
LONGEST_REST_S = 60.0
LONGEST_RETRY_AFTER_S = 86400.0
UNREACHABLE_FOR_S = 3 * 86400.0


def wait_s(attempt: int, rng: Random, retry_after_s: float | None = None) -> float:
    """Seconds until the next attempt, after `attempt` (1 = the first) has failed.

    1 s, 3 s, 9 s … up to an hour, drawn from the upper half of each so that receivers that
    come back are not met by everybody at once. Never sooner than the receiver asked (Retry-After,
    RFC 9110 10.2.3; believed up to a day).
    """
    # The exponent is bounded so that no number of attempts overflows a float.
    longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * FACTOR ** min(attempt - 1, 20))
    wait = longest * rng.uniform(0.5, 1.0)
    if retry_after_s is None:
        return wait
    return max(wait, min(retry_after_s, LONGEST_RETRY_AFTER_S))


def rest_s(failures: int, rng: Random, retry_after_s: float | None = None) -> float:
    """Seconds to leave a whole destination alone that failed `failures` times in a row.

    At most a minute unless it asked for more: one entry then probes it, so that its return is
    seen soon.
    """
    rest = min(wait_s(failures, rng), LONGEST_REST_S)
    if retry_after_s is None:
        return rest
    return max(rest, min(retry_after_s, LONGEST_RETRY_AFTER_S))


def gives_up(attempts: int, limit: int, reached: bool, age_s: float) -> bool:
    """Whether an entry that failed `attempts` times is kept as failed instead of tried again.

    A receiver that answers gets `limit` attempts. One that cannot be reached gets at least three
    days, so that a weekend's outage loses nothing.
    """
    return attempts >= limit and (reached or age_s >= UNREACHABLE_FOR_S)
