"""The length of a degree on the WGS-84 ellipsoid."""

from __future__ import annotations

import math

_A_M = 6_378_137.0  # WGS-84 semi-major axis
_E2 = 6.694_379_990_14e-3  # WGS-84 first eccentricity squared


def metres_per_degree(lat: float) -> tuple[float, float]:
    """Length of one degree of longitude and of latitude at `lat`, in metres.

    Source: radii of curvature in the prime vertical and the meridian, WGS-84 (NIMA TR8350.2).
    """
    sin2 = math.sin(math.radians(lat)) ** 2
    prime_vertical = _A_M / math.sqrt(1 - _E2 * sin2)
    meridian = _A_M * (1 - _E2) / (1 - _E2 * sin2) ** 1.5
    return (
        math.radians(1) * prime_vertical * math.cos(math.radians(lat)),
        math.radians(1) * meridian,
    )
