"""Skins: the MakeHuman textures, brought to the atlas size, with eyes painted in.

The textures leave the eyeballs skin-coloured (MakeHuman puts eyes of their own on top), so sclera, iris and pupil are
painted where the eyeballs' texels lie. What a skin shows is in its folder's name: age_ethnicity_sex.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.errors import InputError

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

AGES, ETHNICITIES, SEXES = ("young", "middleage", "old"), ("african", "asian", "caucasian"), ("female", "male")
EYE_COLOURS = {
    "brown": (88, 56, 34),
    "dark": (52, 34, 24),
    "hazel": (112, 86, 48),
    "green": (92, 104, 72),
    "blue": (88, 116, 144),
    "grey": (110, 118, 122),
}
_DARK_EYES = ("brown", "dark", "hazel")
_EYE_RADIUS = 0.0185  # metres about the eye joint within which its ball lies
_IRIS, _PUPIL = 0.42, 0.16  # half angles from the gaze, in radians
_SCLERA = (222, 214, 206)


@dataclass(frozen=True, slots=True)
class SkinInfo:
    """One skin of the pack."""

    id: str
    path: Path
    age: str  # of AGES
    ethnicity: str  # of ETHNICITIES
    sex: str  # of SEXES


def list_skins(folder: Path) -> list[SkinInfo]:
    """Return the natural skins under a folder, by id: those in folders named age_ethnicity_sex, painted suits left out.

    Raises:
        InputError: there is none.
    """
    skins = []
    for path in sorted(folder.rglob("*.png")):
        words = path.parent.parent.name.split("_")
        is_texture = path.parent.name == "textures" and "suit" not in path.stem
        if is_texture and len(words) == 3 and words[0] in AGES and words[1] in ETHNICITIES and words[2] in SEXES:
            number = path.stem.removeprefix(path.stem.rstrip("0123456789"))
            skins.append(SkinInfo("_".join(words) + number, path, words[0], words[1], words[2]))
    if not skins:
        raise InputError(
            f"skins {folder}: none found; expected folders such as young_asian_female/textures with a PNG in them"
        )
    return skins


def eyes_of(ethnicity: str) -> tuple[str, ...]:
    """Return the colours of `EYE_COLOURS` that are common with skins of an origin."""
    return tuple(EYE_COLOURS) if ethnicity == "caucasian" else _DARK_EYES


def read_skin(info: SkinInfo, front: BodyFront, model: BodyModel, eye_colour: str) -> U8:
    """Return (S, S, 4) the skin on the atlas, opaque, its eyes painted in a colour of `EYE_COLOURS`.

    Raises:
        InputError: the file cannot be read, or the colour is unknown.
    """
    if eye_colour not in EYE_COLOURS:
        raise InputError(f'eye colour "{eye_colour}": unknown; expected one of {", ".join(EYE_COLOURS)}')
    pixels = cv2.imread(str(info.path), cv2.IMREAD_COLOR)
    if pixels is None:
        raise InputError(f"skin {info.path}: cannot be read as a picture; pull the asset pack again")
    size = (front.size, front.size)
    is_smaller = pixels.shape[0] < front.size
    rgb = cv2.resize(pixels[..., ::-1], size, interpolation=cv2.INTER_CUBIC if is_smaller else cv2.INTER_AREA)
    painted = paint_eyes(np.asarray(rgb, np.uint8), front, model, EYE_COLOURS[eye_colour])
    bled = front.atlas.bleed(painted)
    return np.ascontiguousarray(np.dstack([bled, np.full(size, 255, np.uint8)]))


def paint_eyes(rgb: U8, front: BodyFront, model: BodyModel, iris: tuple[int, int, int]) -> U8:
    """Return a skin (S, S, 3) with sclera, iris, limbus and pupil on its eyeballs."""
    out = rgb.astype(np.float32)
    for name in ("eye.L", "eye.R"):
        joint = model.J_template[model.joint(name)].astype(np.float32)
        ball = front.atlas.triangle_in(_eyeball(model, joint))
        centre = _centre(front.position[ball])
        ray = front.position[ball] - centre
        angle = np.arccos(np.clip(ray[:, 2] / np.linalg.norm(ray, axis=1), -1, 1))
        turn = np.arctan2(ray[:, 1], ray[:, 0])
        out[ball] = _eye(angle, turn, np.array(iris, np.float32))
    return np.clip(out + 0.5, 0, 255).astype(np.uint8)


def _eyeball(model: BodyModel, joint: F32) -> NDArray[np.bool_]:
    """Return (F,) the faces of an eyeball: near the joint and turned away from it, as no lid or socket is."""
    corners = model.v_template[model.faces]
    centre = corners.mean(axis=1)
    near = np.linalg.norm(corners - joint, axis=-1).max(axis=1) < _EYE_RADIUS
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-20)
    ray = centre - _centre(corners[near].reshape(-1, 3))
    ray /= np.maximum(np.linalg.norm(ray, axis=1, keepdims=True), 1e-20)
    islands = _small_islands(model)
    return np.asarray(near & islands & ((normal * ray).sum(axis=1) > 0.5))


def _small_islands(model: BodyModel) -> NDArray[np.bool_]:
    """Return (F,) the faces whose UV island is small, as only an eyeball's halves are."""
    f = model.faces_uv
    n = len(model.uv)
    pairs = np.concatenate([f[:, [0, 1]], f[:, [1, 2]]])
    _, label = connected_components(sp.coo_matrix((np.ones(len(pairs)), pairs.T), shape=(n, n)), directed=False)
    count = np.bincount(label[f[:, 0]])
    return np.asarray(count[label[f[:, 0]]] < 120)


def _centre(points: F32) -> F32:
    low, high = points.min(axis=0), points.max(axis=0)
    return np.asarray((low + high) / 2, np.float32)


def _eye(angle: F32, turn: F32, iris: F32) -> F32:
    """Return (n, 3) colours of an eyeball by the angle from the gaze and the direction around it."""

    def step(edge: float, soft: float) -> F32:
        return np.clip((edge - angle) / soft + 0.5, 0, 1)[:, None]

    rays = 1 + 0.12 * np.sin(11 * turn)[:, None] * step(_IRIS, 0.2)
    white = np.array(_SCLERA, np.float32) * (1 - 0.22 * np.clip((angle - 0.7) / 0.6, 0, 1))[:, None]
    white = white - np.array([0, 14, 16], np.float32) * np.clip((angle - 0.8) / 0.5, 0, 1)[:, None]
    colour = white * (1 - step(_IRIS, 0.1)) + 0.55 * iris * step(_IRIS, 0.1)  # the dark rim about the iris
    inner = step(_IRIS - 0.08, 0.1)
    colour = colour * (1 - inner) + iris * rays * inner
    pupil = step(_PUPIL, 0.1)
    return np.asarray(colour * (1 - pupil) + np.array([14, 11, 10], np.float32) * pupil, np.float32)
