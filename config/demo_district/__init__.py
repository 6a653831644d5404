"""The demo district: a site folder of our own drawing, part of the package (docs/site.md)."""

from __future__ import annotations

from pathlib import Path


def folder() -> Path:
    """The site folder of the demo district."""
    return Path(__file__).parent
