"""Outcomes on disk: of this run, or kept so that a run that was broken off goes on (断点续评)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

import msgspec

from app.evaluation.outcome import ClipOutcome
from app.evaluation.truth import Clip
from config.settings import VisionSettings
from detection.detector import package_model

_CODE = ("config", "ingest", "detection", "app/evaluation/clip_run.py", "app/evaluation/outcome.py")
"""What can change an outcome, beside what is installed."""
_INSTALLED = (
    "numpy",
    "opencv-python-headless",
    "av",
    "onnxruntime",
    "openvino",
    "trackers",
    "rapidocr",
)
_ROOT = Path(__file__).parents[2]


class KeptOutcomes:
    """One file a clip, in a folder; a fingerprint is its name."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def load(self, key: str) -> ClipOutcome | None:
        """None where there is none, or one that an older release wrote otherwise."""
        try:
            return msgspec.msgpack.decode(self._path(key).read_bytes(), type=ClipOutcome)
        except (FileNotFoundError, msgspec.MsgspecError):
            return None

    def keep(self, key: str, outcome: ClipOutcome) -> None:
        path = self._path(key)
        part = path.with_suffix(f".part{os.getpid()}")
        part.write_bytes(msgspec.msgpack.encode(outcome))
        part.replace(path)

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.outcome"


def code_fingerprint(settings: VisionSettings) -> str:
    """Of the code, what is installed, the model and the settings that outcomes depend on."""
    digest = hashlib.sha256()
    for part in _CODE:
        path = _ROOT / part
        _add_files(digest, sorted(path.rglob("*.py")) if path.is_dir() else [path])
    for name in _INSTALLED:
        try:
            digest.update(f"{name}={metadata.version(name)};".encode())
        except metadata.PackageNotFoundError:
            continue
    model = settings.model or package_model(settings.runtime)
    _add_files(digest, [model, model.with_suffix(".bin")])  # an IR's weights lie beside it
    digest.update(settings.model_dump_json(exclude={"model"}).encode())
    return digest.hexdigest()


def clip_key(clip: Clip, path: Path, site_fingerprint: str, code: str) -> str:
    """Of one clip's outcome: its pixels, its times, its camera, and `code_fingerprint`."""
    digest = hashlib.sha256(f"{code}|{site_fingerprint}|{clip!r}|".encode())
    _add_files(digest, [path])
    return digest.hexdigest()[:40]


def _add_files(digest: hashlib._Hash, paths: Iterable[Path]) -> None:
    for path in paths:
        if path.is_dir():
            _add_files(digest, sorted(p for p in path.rglob("*") if p.is_file()))
        elif path.is_file():
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
