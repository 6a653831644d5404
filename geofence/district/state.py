"""What the engine knows across vehicles, between batches."""

from __future__ import annotations

import msgspec

from geofence.district.places import PlacesState
from geofence.district.quota import QuotaState
from geofence.district.rounds import RoundsState


class DistrictState(msgspec.Struct, frozen=True):
    """One field for each part of the second stage. Never changed once it was returned."""

    places: PlacesState = PlacesState()
    quota: QuotaState = QuotaState()
    rounds: RoundsState = RoundsState()
