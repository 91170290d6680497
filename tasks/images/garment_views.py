"""A garment from its photo to the body, to judge by eye: what was cut out, the landmarks found on it, and it worn."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.evaluate import pose_bodies
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.clothing.geometry.piece import Piece
from manikin.tasks.clothing.geometry.shell import Shell, opaque
from manikin.tasks.clothing.looks.plain import corner_uv
from manikin.tasks.clothing.outline.found import Found
from manikin.tasks.images.clay import PAPER, clay_texture, on_paper, orbit_camera, studio_lights
from manikin.tasks.images.dressed import dress, dressed_layers
from manikin.tasks.images.hung import hang, hung_layers, pose_hung
from manikin.tasks.images.renderer import Mesh, renderer
from manikin.tasks.images.texture import Texture

U8 = NDArray[np.uint8]
F64 = NDArray[np.float64]

AZIMUTHS = (0.0, np.pi / 2, np.pi)  # front, side, back
_CUT, _FIT, _POINT = (255, 0, 160), (0, 150, 220), (240, 120, 0)
_ASIDE = 0.18  # share of a picture on either side that no arm reaches
_SHIFT = 4  # fractional bits of OpenCV's drawing coordinates


def fitted(rgb: U8, size: int) -> U8:
    """Return a picture shrunk into a square (size, size, 3) on paper."""
    scale = size / max(rgb.shape[:2])
    width, height = (max(1, round(n * scale)) for n in rgb.shape[1::-1])
    out = np.full((size, size, 3), PAPER, np.uint8)
    y, x = (size - height) // 2, (size - width) // 2
    out[y : y + height, x : x + width] = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA)
    return out


def draw_cutout(found: Found, size: int) -> U8:
    """Return what was cut out of the photo (size, size, 3), on paper."""
    alpha = found.cutout.mask[..., None].astype(np.float32) / 255
    return fitted(np.rint(found.photo.rgb * alpha + PAPER * (1 - alpha)).astype(np.uint8), size)


def draw_landmarks(found: Found, size: int) -> U8:
    """Return the photo (size, size, 3) with the cut's contour, the outline that was bent over it, and the landmarks."""
    out = fitted(found.photo.rgb, size)
    height, width = found.photo.rgb.shape[:2]
    scale = size / max(height, width)
    corner = np.array([(size - round(width * scale)) // 2, (size - round(height * scale)) // 2])

    def at(points: NDArray[np.generic]) -> NDArray[np.int32]:
        return np.rint((np.asarray(points, np.float64) * scale + corner) * (1 << _SHIFT)).astype(np.int32)

    contours, _ = cv2.findContours(found.cutout.mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.polylines(out, [at(c[:, 0]) for c in contours], True, _CUT, 1, cv2.LINE_AA, _SHIFT)
    cv2.polylines(out, [at(o) for o in found.landmarks.outlines], True, _FIT, 1, cv2.LINE_AA, _SHIFT)
    for point in found.landmarks.points.values():
        x, y = at(np.array(point))
        cv2.circle(out, (int(x), int(y)), 2 << _SHIFT, _POINT, cv2.FILLED, cv2.LINE_AA, _SHIFT)
    return out


class Mannequin:
    """The body at rest in clay, to put one garment on."""

    def __init__(self, model: BodyModel, size: int) -> None:
        self._model = model
        self._shape = np.zeros(len(model.shapedirs), np.float32)
        self._pose, self._place = np.zeros((len(model.J_template), 3), np.float32), np.zeros(3, np.float32)
        posed = pose_bodies(model, self._shape[None], self._pose[None], self._place[None])
        self._vertices, self._normals = posed.vertices[0], posed.normals[0]
        self._mesh = Mesh(model.faces, corner_uv(model), model.part)
        self._draw = renderer("numba")
        self._cameras = [orbit_camera(self._vertices, size, azimuth, 0.0) for azimuth in AZIMUTHS]
        self._shown = slice(round(_ASIDE * size), size - round(_ASIDE * size))

    def wear(
        self, rgba: U8, shell: Shell | None, piece: Piece | None = None, piece_rgba: U8 | None = None
    ) -> Iterator[U8]:
        """Yield pictures of the garment worn, from the front, the side and behind, `size` high and as wide as the arms reach.

        Args:
            rgba: (S, S, 4) of the garment on the atlas.
            shell: its cloth that lies on the body; None for a garment that is painted.
            piece: its cloth that the rig moves, if any.
            piece_rgba: (T, T, 4) of the piece.
        """
        painted = [clay_texture()] + ([Texture.from_rgba(rgba)] if shell is None else [])
        cloth = [] if shell is None else [Texture.from_rgba(opaque(rgba))]
        dressed = dress(self._mesh, len(self._vertices), [] if shell is None else [shell], len(painted))
        layers = dressed_layers(painted, cloth)
        pieces = [] if piece is None else [piece]
        mesh = hang(dressed, self._model, pieces, len(layers))
        if piece_rgba is not None and piece is not None:
            layers += hung_layers([Texture.from_rgba(piece_rgba)])
        vertices, normals = pose_hung(
            dressed, pieces, self._model, self._shape, self._pose, self._place, self._vertices, self._normals
        )
        for camera in self._cameras:
            frame = self._draw.render(mesh, vertices, normals, layers, camera, studio_lights(camera))
            yield np.ascontiguousarray(on_paper(frame)[:, self._shown])
