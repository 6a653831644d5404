"""Ultralytics, imported only where it is needed, and kept off the network."""

from __future__ import annotations

import os
from types import ModuleType


class TrainingUnavailableError(RuntimeError):
    """Ultralytics or torch is not installed."""


def import_ultralytics() -> ModuleType:
    """The `ultralytics` package.

    Raises:
        TrainingUnavailableError: it is not installed, or does not load; names the extra to install.
    """
    # Read at import: no look-ups of versions, fonts and weights, no pip of its own.
    os.environ.setdefault("YOLO_OFFLINE", "true")
    os.environ.setdefault("YOLO_AUTOINSTALL", "false")
    try:
        import ultralytics  # noqa: PLC0415 - optional and slow to load
    except ImportError as error:
        raise TrainingUnavailableError(
            f"training needs the `yolo` extra: pip install 'muckwatch[yolo]' ({error})"
        ) from error
    module: ModuleType = ultralytics
    return module
