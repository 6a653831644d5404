"""A body raised outside of a ground: it tips, or drives so (车厢举升)."""

from __future__ import annotations

from detection.parameters import LoadParameters
from detection.rules.body_votes import BodyVotes
from detection.scene_view import Observation, SceneView


class BodyRaised:
    """Standing or moving. Cameras watch gates, crossings and hotspots: none is a ground."""

    def __init__(self, parameters: LoadParameters) -> None:
        self._votes = BodyVotes(
            "body_raised", "body_raised", parameters, lambda _view, _track: True
        )

    def advance(self, view: SceneView) -> list[Observation]:
        return list(self._votes.advance(view))
