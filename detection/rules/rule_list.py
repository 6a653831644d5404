"""The camera rules in their order (规则顺序)."""

from __future__ import annotations

from config.camera import Camera
from config.settings import VisionSettings
from detection.parameters import CameraParameters
from detection.plate_ocr import plate_reader
from detection.rules.body_raised import BodyRaised
from detection.rules.dumping import IllegalDumping
from detection.rules.gate_line import GateLine
from detection.rules.open_load import OpenLoad
from detection.rules.spillage import Spillage
from detection.scene_view import SceneRule


def scene_rules(
    camera: Camera, parameters: CameraParameters, settings: VisionSettings
) -> list[SceneRule]:
    """Fresh rules of one camera."""
    del camera
    stays_s = settings.persistence_s
    rules: list[tuple[bool, SceneRule]] = [
        (parameters.spillage.enabled, Spillage(parameters.spillage, stays_s)),
        (parameters.illegal_dumping.enabled, IllegalDumping(parameters.illegal_dumping, stays_s)),
        (parameters.open_load.enabled, OpenLoad(parameters.open_load)),
        (parameters.camera_body_raised.enabled, BodyRaised(parameters.camera_body_raised)),
        (True, GateLine(plate_reader(enabled=settings.plates))),
    ]
    return [rule for enabled, rule in rules if enabled]
