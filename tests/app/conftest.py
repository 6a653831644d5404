"""Fixtures of the composition root's tests."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that any user may enter: pytest's own are closed to all but root."""
    folder = Path(tempfile.mkdtemp(prefix="mw-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)
