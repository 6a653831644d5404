"""What all tests share: a skip for want of something that has to be there is a failure."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

from tests.databases import embedded, migrated

__all__ = ["embedded", "migrated"]

REQUIRED = tuple(filter(None, os.environ.get("MUCKWATCH_TEST_REQUIRE", "").split(",")))
"""Words: CI names what it has installed, such as `chromium,mosquitto`."""


def pytest_report_header() -> str:
    other = "a" if "MUCKWATCH_TEST_DATABASE_URL" in os.environ else "no"
    return (
        f"databases: plain PostgreSQL, {other} TimescaleDB (MUCKWATCH_TEST_DATABASE_URL names one)"
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and isinstance(report.longrepr, tuple):
        reason = report.longrepr[2]
        missing = [word for word in REQUIRED if word in reason.lower()]
        if missing:
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid} skipped, but {missing[0]} has to be here: {reason}"
    return report
