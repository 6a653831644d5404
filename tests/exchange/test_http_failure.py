"""What failures of HTTP mean."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import requests

from exchange.http_failure import retry_after_s, unreachable

NOW = datetime(2026, 3, 10, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("Tue, 10 Mar 2026 12:02:00 GMT", 120.0),
        ("Tue, 10 Mar 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("١٢", None),
    ],
)
def test_retry_after(value, expected):
    assert retry_after_s({"Retry-After": value}, NOW) == expected


def test_a_failure_names_no_url():
    error = requests.ConnectionError("HTTPConnectionPool(host='x'): /hook?token=hunter2")
    deferred = unreachable(error)
    assert "hunter2" not in deferred.error
    assert not deferred.reached
