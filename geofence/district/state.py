"""What the engine knows across vehicles, between batches."""

from __future__ import annotations

import msgspec


class DistrictState(msgspec.Struct, frozen=True):
    """Never changed once it was returned."""
