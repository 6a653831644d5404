"""`muckwatch demo` as a visitor starts it: within 60 s both kinds of alert came the whole way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]


def test_the_demo_walks_the_whole_path_and_ends_by_itself(tmp_path: Path) -> None:
    summary = tmp_path / "s.json"
    command = [sys.executable, "-m", "app", "demo", "--seconds", "60", "--summary", str(summary)]
    ran = subprocess.run(
        [*command, "--port", "0"], capture_output=True, timeout=500, env=os.environ, check=False
    )
    assert ran.returncode == 0, ran.stderr.decode()
    done = json.loads(summary.read_text())
    fixes = done["fixes"]
    assert fixes["stored"] > 500
    assert fixes["rejected"] > 0  # the fleet sends a malformed message now and then
    assert fixes["received"] == fixes["stored"] + fixes["duplicates"] + fixes["rejected"]
    assert sum(done["alerts"]["gps"].values()) >= 1, done
    assert sum(done["alerts"]["camera"].values()) >= 1, done
    assert done["webhooks"]["received"] == done["webhooks"]["delivered"] >= 2
    assert done["webhooks"]["invalid"] == 0
    assert done["viid"]["accepted"] == done["viid"]["delivered"] >= 1, done
    assert 0 < done["frames"]["detected"] <= done["frames"]["seen"]
