"""The deployment's files, read once."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def compose(root: Path) -> dict[str, Any]:
    """docker-compose.yml, merge keys resolved as Compose does."""
    found: dict[str, Any] = yaml.safe_load((root / "docker-compose.yml").read_text("utf-8"))
    return found


@pytest.fixture
def secrets(root: Path, tmp_path: Path) -> Path:
    """What deploy/make_secrets.sh makes, with one receiver of webhooks."""
    folder = tmp_path / "run" / "secrets"
    script = root / "deploy" / "make_secrets.sh"
    environment = {"SECRETS_DIR": str(folder), "PATH": "/usr/bin:/bin"}
    folder.parent.mkdir()
    for arguments in ([], ["webhook", "centre"]):
        subprocess.run([script, *arguments], check=True, env=environment, capture_output=True)
    return folder
