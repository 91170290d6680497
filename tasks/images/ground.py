"""A contact shadow: the soft darkening of the ground under and around a person, without which it floats.

The ground is y = 0. The body is seen from above: each vertex shades the ground below it, the more the lower it hangs
(the share of the sky that it hides), on a map that is blurred in metres, more for what hangs higher. The key light adds
a faint, soft cast shadow. Each pixel of the photo is taken for the point where its ray meets the ground.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.images.camera import Camera
from manikin.tasks.images.colour import ENCODE_STEPS, LINEAR, SRGB
from manikin.tasks.images.renderer import Lights
from manikin.tasks.kernel import kernel

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]

_CELL: Final = 0.025  # metres
_SIDE: Final = 128  # cells
_LAYERS: Final = ((0.06, 1, 0.75), (0.25, 3, 0.45), (0.9, 6, 0.3))
"""Height in metres up to which a layer sees, cells by which it is blurred, share of light that it takes at most."""

_ENDLESS = 1e9
_CAST_BLUR, _CAST_SHARE = 3, 0.5  # less than 1: the photo's own light is not known
_LOWEST = 0.25  # sine of the light's elevation below which its shadow would leave the map


def ground_shadow(background: U8, camera: Camera, vertices: F32, lights: Lights, strength: float) -> U8:
    """Return the background (H, W, 3) with the person's contact shadow.

    Args:
        background: (H, W, 3) sRGB.
        camera: the person's camera.
        vertices: (V, 3) world, metres, above the ground at y = 0.
        lights: light 0 casts the shadow; its share of all light decides how dark it is.
        strength: 0 to 1.
    """
    corner = np.array([_middle(vertices[:, 0]), _middle(vertices[:, 2])]) - _SIDE * _CELL / 2
    light = np.ones((_SIDE, _SIDE), np.float32)
    for reach, blur, share in _LAYERS:
        _shade(vertices, corner, np.zeros(2), reach, blur, share * strength, light)
    lean, share = _cast(lights)
    if share > 0:
        _shade(vertices, corner, lean, _ENDLESS, _CAST_BLUR, share * strength, light)
    T = np.asarray(camera.T_cam_world, np.float64)
    eye = -(T[:3, :3] * T[:3, 3:]).sum(0)
    out = np.ascontiguousarray(background).copy()
    _darken(light, corner, eye, _rays(camera), LINEAR, SRGB, out)
    return out


def _cast(lights: Lights) -> tuple[F64, float]:
    """Return metres (x, z) by which the shadow of light 0 moves for a metre of height, and the share it takes."""
    if not lights.shadow or len(lights.directions) == 0 or lights.directions[0][1] < _LOWEST:
        return np.zeros(2), 0.0
    x, y, z = (float(v) for v in lights.directions[0])
    key = float(np.sum(lights.colours[0])) * y
    return np.array([-x / y, -z / y]), _CAST_SHARE * key / (key + float(np.sum(lights.ambient)))


def _middle(values: F32) -> float:
    return (float(values.min()) + float(values.max())) / 2


def _rays(camera: Camera) -> F64:
    """Return the (3, 3) that takes pixels (x, y, 1) to the directions of their rays in the world."""
    (a, b, x), (c, d, y) = np.asarray(camera.K, np.float64)[:2]
    det = a * d - b * c
    inverse = np.array([[d, -b, b * y - d * x], [-c, a, c * x - a * y], [0, 0, det]]) / det
    return np.asarray((np.asarray(camera.T_cam_world)[:3, :3, None] * inverse[:, None, :]).sum(0), np.float64)


@kernel
def _shade(vertices: F32, corner: F64, lean: F64, reach: float, blur: int, share: float, light: F32) -> None:
    """Multiply the light (S, S) by what the vertices up to `reach` above the ground leave of it."""
    side, most = light.shape[0], np.float32(share)
    hidden = np.zeros((side, side), np.float32)
    for n in range(vertices.shape[0]):
        y = np.float64(vertices[n, 1])
        if y >= reach:
            continue
        column = int((vertices[n, 0] + lean[0] * y - corner[0]) / _CELL)
        row = int((vertices[n, 2] + lean[1] * y - corner[1]) / _CELL)
        hides = np.float32(1 - max(y / reach, 0.0))
        # vertices are sparse on the limbs: each stands for 3 x 3 cells
        for j in range(max(row - 1, 0), min(row + 2, side)):
            for i in range(max(column - 1, 0), min(column + 2, side)):
                hidden[j, i] = max(hidden[j, i], hides)
    other = np.empty((side, side), np.float32)
    for _ in range(2):  # a box twice each way: the foot of a tent
        _box(hidden, blur, other)
        _box(other, blur, hidden)
    for row in range(side):
        for column in range(side):
            light[row, column] *= np.float32(1) - most * min(hidden[row, column] * np.float32(1.2), np.float32(1))


@kernel
def _box(source: F32, radius: int, out: F32) -> None:
    """Write the means over 2 radius + 1 cells along the rows of source, transposed, to out; beyond the rim is 0."""
    side = source.shape[0]
    scale = np.float32(1 / (2 * radius + 1))
    for row in range(side):
        total = np.float32(0)
        for i in range(min(radius, side)):
            total += source[row, i]
        for column in range(side):
            if column + radius < side:
                total += source[row, column + radius]
            if column - radius > 0:
                total -= source[row, column - radius - 1]
            out[column, row] = total * scale


@kernel
def _darken(light: F32, corner: F64, eye: F64, rays: F64, linear: F32, srgb: U8, image: U8) -> None:
    side = light.shape[0]
    for y in range(image.shape[0]):
        for x in range(image.shape[1]):
            u, v = x + 0.5, y + 0.5
            drop = rays[1, 0] * u + rays[1, 1] * v + rays[1, 2]
            t = -eye[1] / drop if drop != 0 else -1.0
            if t <= 0:
                continue
            east = (eye[0] + t * (rays[0, 0] * u + rays[0, 1] * v + rays[0, 2]) - corner[0]) / _CELL - 0.5
            north = (eye[2] + t * (rays[2, 0] * u + rays[2, 1] * v + rays[2, 2]) - corner[1]) / _CELL - 0.5
            if not (0 <= east < side - 1 and 0 <= north < side - 1):
                continue
            column, row = int(east), int(north)
            fx, fy = np.float32(east - column), np.float32(north - row)
            upper = light[row, column] * (np.float32(1) - fx) + light[row, column + 1] * fx
            lower = light[row + 1, column] * (np.float32(1) - fx) + light[row + 1, column + 1] * fx
            left = upper * (np.float32(1) - fy) + lower * fy
            if left >= np.float32(0.999):
                continue
            for c in range(3):
                image[y, x, c] = srgb[
                    int(linear[image[y, x, c]] * left * np.float32(ENCODE_STEPS - 1) + np.float32(0.5))
                ]
