"""Bodies as grey clay and skeletons as sticks, on plain ground: to judge shapes, poses and bending by eye, not for training.

Nothing is textured, so bodies without UVs are drawn too, and a crease, a twist or a dent shows as itself.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.images.camera import Camera
from manikin.tasks.images.renderer import Frame, Lights, Mesh, Renderer
from manikin.tasks.images.texture import Texture

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]

CLAY, PAPER, INK = (176, 172, 166), 236, (40, 40, 40)
LEFT, RIGHT = (220, 110, 0), (0, 120, 210)  # of a stick figure's limbs
FOCAL = 4.0  # times the picture's side: a long lens, so that proportions show
MARGIN = 1.08
_SUN = np.array([[0.45, 0.7, 0.55], [-0.7, 0.3, 0.6], [0.2, 0.5, -0.85]])


def clay_mesh(model: BodyModel) -> Mesh:
    """Return a body's triangles as the renderer takes them, with one texture position for all."""
    return Mesh(model.faces, np.zeros((len(model.faces), 3, 2), np.float32), np.maximum(model.part, 1))


def orbit_camera(points: ArrayLike, size: int, azimuth: float = 0.4, elevation: float = 0.1) -> Camera:
    """Return a camera that sees all points (N, 3) in metres.

    Args:
        points: what must be in the picture.
        size: height and width, pixels.
        azimuth: from where it looks: 0 from +z, where a body's front is, pi / 2 from the body's left.
        elevation: how far it looks down.
    """
    cloud = np.asarray(points, np.float64).reshape(-1, 3)
    centre = (cloud.min(axis=0) + cloud.max(axis=0)) / 2
    radius = float(np.linalg.norm(cloud - centre, axis=1).max())
    level = np.cos(elevation)
    back = np.array([level * np.sin(azimuth), np.sin(elevation), level * np.cos(azimuth)])
    right = np.array([np.cos(azimuth), 0.0, -np.sin(azimuth)])
    T = np.eye(4)
    T[:3, :3] = np.stack([right, np.cross(right, back), -back])
    T[:3, 3] = -T[:3, :3] @ (centre + 2.0 * FOCAL * MARGIN * radius * back)
    focal_px = FOCAL * size
    return Camera(np.array([[focal_px, 0, size / 2], [0, focal_px, size / 2], [0, 0, 1]]), T, size, size)


def draw_clay(draw: Renderer, mesh: Mesh, vertices: F32, normals: F32, camera: Camera) -> U8:
    """Return a picture (H, W, 3) of one body in clay on plain paper, lit from the camera's upper right.

    Args:
        draw: from `renderer`.
        mesh: from `clay_mesh`.
        vertices: (V, 3) metres.
        normals: (V, 3) unit.
        camera: from `orbit_camera`.
    """
    return on_paper(draw.render(mesh, vertices, normals, [clay_texture()], camera, studio_lights(camera)))


def studio_lights(camera: Camera) -> Lights:
    """Return lights from the camera's upper right, with two weak ones against black shadows."""
    upright = np.diag([1.0, -1.0, -1.0]) @ np.asarray(camera.T_cam_world)[:3, :3]  # rows: right, up, back
    sun = (_SUN / np.linalg.norm(_SUN, axis=1, keepdims=True)) @ upright
    return Lights(sun, np.array([[0.75] * 3, [0.2] * 3, [0.25] * 3]), np.full(3, 0.25))


def on_paper(frame: Frame) -> U8:
    """Return what was drawn as a picture (H, W, 3) on plain paper."""
    alpha = frame.mask[..., None].astype(np.float32) / 255.0
    return np.asarray(np.round(frame.rgba[..., :3] * alpha + PAPER * (1.0 - alpha)), np.uint8)


def clay_texture() -> Texture:
    """Return a layer of clay all over."""
    return Texture.from_rgba(np.full((1, 1, 4), (*CLAY, 255), np.uint8))


def draw_sticks(
    places: ArrayLike, parents: Sequence[int] | NDArray[np.int32], names: Sequence[str], camera: Camera
) -> U8:
    """Return a picture (H, W, 3) of a skeleton: left limbs orange, right ones blue, as their names say.

    Args:
        places: (S, 3) joints, metres.
        parents: the joint each bone comes from, -1 for none.
        names: of the joints.
        camera: from `orbit_camera`.
    """
    out = np.full((camera.height, camera.width, 3), PAPER, np.uint8)
    xy, _ = camera.project(np.asarray(places, np.float64))
    for joint, parent in enumerate(parents):
        if parent >= 0:
            a, b = ((round(float(x) * 16 - 8), round(float(y) * 16 - 8)) for x, y in (xy[parent], xy[joint]))
            cv2.line(out, a, b, _side_colour(names[joint]), max(1, camera.width // 96), cv2.LINE_AA, 4)
    return out


def caption(picture: U8, text: str) -> U8:
    """Return a picture with a line of text in its upper left corner."""
    out = picture.copy()
    cv2.putText(out, text, (4, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.4, INK, 1, cv2.LINE_AA)
    return out


def _side_colour(name: str) -> tuple[int, int, int]:
    low = name.lower()
    if low.startswith(("left", "l_")) or low.endswith((".l", "_l")) or (low[:1] == "l" and low[1:2] not in "eo"):
        return LEFT
    if low.startswith(("right", "r_")) or low.endswith((".r", "_r")) or (low[:1] == "r" and low != "root"):
        return RIGHT
    return INK
