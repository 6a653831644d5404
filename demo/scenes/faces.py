"""The faces of a standing shape: which of them show, in which order, in what colour, how much."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from demo.scenes.backdrop import Picture
from demo.scenes.light import Light
from demo.scenes.placed import Stood
from demo.scenes.view import Floats, View

NEAR_M = 0.8
"""Nearer to the lens nothing is drawn."""
_OUTSIDE_PX = 16000
"""Far enough outside for any line's direction, near enough for OpenCV's whole numbers."""


def faces_in_order(view: View, stood: Stood) -> list[int]:
    """Faces that look at the camera, in the order to paint them."""
    shape, turn, offset = stood.shape, stood.turn, stood.offset
    eye = view.eye
    centres = shape.centres @ turn.T + offset
    towards = eye - centres
    facing = np.einsum("ij,ij->i", shape.normals @ turn.T, towards) > 0
    part_away = np.linalg.norm(eye - (shape.part_centres @ turn.T + offset), axis=1)[shape.part_of]
    away = np.linalg.norm(towards, axis=1)
    order = np.lexsort((-away, shape.upon, -part_away, shape.layer))
    return [int(f) for f in order if facing[f]]


def face_colors(light: Light, stood: Stood) -> list[tuple[float, float, float]]:
    """Face colours: a share of sky light by how far up a face looks, and the sun's."""
    shape = stood.shape
    normals = shape.normals @ stood.turn.T
    sky = 0.72 + 0.2 * normals[:, 2] - 0.08 * normals[:, 0]
    sun = light.strength * 0.42 * np.maximum(normals @ np.asarray(light.sun), 0)
    shade = np.clip(sky * (1 - 0.18 * light.strength) + sun, 0.2, 1.25)
    return [tuple(c) for c in np.clip(shape.colors * shade[:, None], 0, 255)]


def sixteenths(pixels: Floats) -> NDArray[np.int32]:
    """Corners as OpenCV takes them with `shift` 4: a line may begin far outside."""
    return np.round(np.clip(pixels, -_OUTSIDE_PX, _OUTSIDE_PX) * 16).astype(np.int32)


def cut_at_lens(view: View, face: Floats) -> NDArray[np.int32]:
    """The part of a face before the lens, in sixteenths of a pixel; may be empty."""
    depth = (face - view.eye) @ view.axes[2]
    kept = []
    for i in range(len(face)):
        p, q, dp, dq = face[i - 1], face[i], depth[i - 1], depth[i]
        if (dp >= NEAR_M) != (dq >= NEAR_M):
            kept.append(p + (q - p) * (NEAR_M - dp) / (dq - dp))
        if dq >= NEAR_M:
            kept.append(q)
    if len(kept) < 3:
        return np.empty((0, 2), np.int32)
    pixels, _ = view.project(np.array(kept))
    return sixteenths(pixels)


def show_picture(canvas: Picture, picture: Picture, corners: Floats, tone: float) -> None:
    """A picture between four corners in pixels, in place; below 12 px a plain face is as good."""
    wide = float(max(np.hypot(*(corners[1] - corners[0])), np.hypot(*(corners[2] - corners[3]))))
    high = float(max(np.hypot(*(corners[3] - corners[0])), np.hypot(*(corners[2] - corners[1]))))
    x0, y0 = np.maximum(np.floor(corners.min(axis=0)).astype(int) - 1, 0)
    x1, y1 = np.minimum(
        np.ceil(corners.max(axis=0)).astype(int) + 2, (canvas.shape[1], canvas.shape[0])
    )
    if wide < 12 or high < 4 or x0 >= x1 or y0 >= y1:
        return
    size = (min(picture.shape[1], round(wide) + 1), min(picture.shape[0], round(high) + 1))
    small = cv2.convertScaleAbs(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), alpha=tone)
    source = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32)
    target = (corners - np.array([x0, y0])).astype(np.float32)
    turn = cv2.getPerspectiveTransform(source, target)
    extent = (int(x1 - x0), int(y1 - y0))
    shown = cv2.warpPerspective(small, turn, extent, borderMode=cv2.BORDER_REPLICATE)
    mask = np.zeros((extent[1], extent[0]), np.uint8)
    cv2.fillConvexPoly(mask, np.round(target * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
    share = mask[..., None] / np.float32(255)
    patch = canvas[y0:y1, x0:x1]
    patch[:] = patch * (1 - share) + shown * share
