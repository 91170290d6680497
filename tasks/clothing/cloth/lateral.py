"""The sides of trunk and limbs in a photo, where cloth turns away, lies in its own shade or under a sleeve.

Flanks and the inner sides of arms and legs show what the photo has at these edges; so the warp keeps a little within them,
and what is too dark there for the garment's cloth is shade.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.limbs import Sleeve
from manikin.tasks.clothing.outline.landmarks import Landmarks

F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_ACROSS = {
    "side": None,
    "sleeve_outer": "sleeve_inner",
    "sleeve_inner": "sleeve_outer",
    "inseam": "side",
}  # other edges
_WITHIN = 0.05  # of half the garment's width that the warp keeps within an edge: a centimetre or so
_OF_LIMB = 0.12  # of a limb's width at most
_SHADED = 0.2  # of half the garment's width about an edge, within which there may be shade
_SHADED_LIMB = 0.25  # of a limb's width at most
_END = 0.25  # likewise about hems, cuffs and necks, whose bands are the garment's own
_SHADE = (0.04, 0.9)  # quantile of the garment's lightness, and the part of it under which its sides are shade
_HEART = 0.15  # of the garment that must lie off its sides to judge them by


def within_edge(landmarks: Landmarks, name: str) -> F64:
    """Return (n, 2) an edge moved into the garment, its ends excepted; edges that do not run along limbs as they are."""
    edge = landmarks.edges[name]
    if name.rpartition("_")[0] not in _ACROSS or len(edge) < 3:
        return edge
    other = _across(landmarks, name)
    along = np.gradient(edge, axis=0)
    normal = np.stack([along[:, 1], -along[:, 0]], axis=1) / np.maximum(np.linalg.norm(along, axis=1), 1e-9)[:, None]
    gap = _width(landmarks, name)
    toward = other.mean(axis=0) - edge.mean(axis=0)
    normal *= np.sign(normal @ toward)[:, None]
    share = np.minimum(_WITHIN * _half_width(landmarks), _OF_LIMB * gap)
    share[[0, -1]] = 0.0
    return np.asarray(edge + share[:, None] * normal)


def lateral_mask(landmarks: Landmarks, shape: tuple[int, int]) -> U8:
    """Return (H, W), 255 about the sides of trunk and limbs and well off hems, cuffs and necks."""
    out = np.zeros(shape, np.uint8)
    half = _half_width(landmarks)

    def draw(name: str, value: int, width: float) -> None:
        line = np.rint(landmarks.edges[name]).astype(np.int32)
        cv2.polylines(out, [line], False, value, max(1, round(2 * width)))

    sides = [name for name in landmarks.edges if name.rpartition("_")[0] in _ACROSS]
    for name in sides:
        draw(name, 255, min(_SHADED * half, _SHADED_LIMB * float(np.median(_width(landmarks, name)))))
    for name in landmarks.edges:
        if name not in sides and not name.startswith("shoulder"):
            draw(name, 0, _END * half)
    return out


def sleeve_edges(landmarks: Landmarks) -> tuple[Sleeve, ...]:
    """Return the edges of a top's sleeves."""
    edges = landmarks.edges
    return tuple(
        Sleeve(edges[f"sleeve_outer_{side}"], edges[f"sleeve_inner_{side}"][::-1])
        for side in ("left", "right")
        if f"sleeve_outer_{side}" in edges
    )


def shade(rgb: U8, inside: Mask, lateral: Mask) -> Mask:
    """Return (h, w) what is darker at the sides of trunk and limbs than any cloth of the garment's elsewhere.

    Args:
        rgb: (h, w, 3) at the working size.
        inside: (h, w) the garment.
        lateral: (h, w) about those sides.
    """
    heart = inside & ~lateral
    if heart.sum() < _HEART * inside.sum():
        return np.zeros_like(inside)
    light = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[..., 0]
    dark = inside & lateral & (light < _SHADE[1] * np.quantile(light[heart], _SHADE[0]))
    solid = cv2.morphologyEx(dark.astype(np.uint8), cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3)))
    return np.asarray((cv2.dilate(solid, np.ones((3, 3), np.uint8)) > 0) & lateral)


def _across(landmarks: Landmarks, name: str) -> F64:
    """Return the edge (n, 2) on the other side of the limb or trunk that an edge runs along."""
    kind, _, side = name.rpartition("_")
    return landmarks.edges[f"{_ACROSS[kind] or kind}_{side if _ACROSS[kind] else _other(side)}"]


def _width(landmarks: Landmarks, name: str) -> F64:
    """Return (n,) how far each point of an edge is from that on the other side."""
    return np.asarray(np.linalg.norm(landmarks.edges[name][:, None] - _across(landmarks, name), axis=-1).min(axis=1))


def _half_width(landmarks: Landmarks) -> float:
    measures = landmarks.measures
    return measures["chest_half"] if "chest_half" in measures else max(measures["hip_half"], measures["waist_half"])


def _other(side: str) -> str:
    return "right" if side == "left" else "left"
