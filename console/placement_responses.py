"""Placements as JSON: what the placing page reads and sends."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Lon = Annotated[float, Field(ge=-180, le=180)]
Lat = Annotated[float, Field(ge=-90, le=90)]
Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^|\x00-\x1f]+$")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ZoneEntry(_Model):
    """Points are fractions of the picture from its top left; `inside` is of a gate line."""

    id: Name
    kind: Literal["road", "no_dump", "gate_line"]
    points: Annotated[list[tuple[Share, Share]], Field(min_length=2, max_length=200)]
    inside: Literal["left", "right"] | None = None


class GroundPointEntry(_Model):
    """A place marked in the picture (fractions) and on the map (WGS-84)."""

    x: Share
    y: Share
    lon: Lon
    lat: Lat


class PlacementDraft(_Model):
    """A placement to be put in force from now on."""

    lon: Lon
    lat: Lat
    heading_deg: Annotated[float, Field(ge=0, lt=360)] | None = None
    zones: Annotated[list[ZoneEntry], Field(max_length=50)]
    ground_points: Annotated[list[GroundPointEntry], Field(max_length=50)] = []


class PlacementEntry(PlacementDraft):
    """One placement of the history; `state` is `asked` until it is drawn."""

    placement_id: str
    state: Literal["asked", "drawn"]
    placed_at: datetime | None
    placed_by: str
    has_picture: bool


class PlacementsResponse(BaseModel):
    """`current` is in force; `asked`: the camera moved and waits to be drawn."""

    camera_id: str
    name: str
    current: PlacementEntry
    asked: bool
    history: list[PlacementEntry]


class FitRequest(_Model):
    ground_points: Annotated[list[GroundPointEntry], Field(max_length=50)]


class FitResponse(BaseModel):
    """How well ground points tie the picture to the map.

    Attributes:
        residuals_m: of each point, in the order given; empty where they give no map.
        error: why they give none, in English; None where they do.
        too_few: there are fewer than four.
        rough: they are worse than a site's check allows without a warning.
        step_m: the grid's; lines run east and north on the ground, as fractions of the picture.
    """

    residuals_m: list[float]
    error: str | None = None
    too_few: bool = False
    rough: bool = False
    step_m: float = 5.0
    grid: list[list[tuple[float, float]]] = []
