"""The default renderer: a deferred rasterizer on the CPU, compiled by Numba, with no driver and no display.

Project, fill a visibility buffer with 2 x 2 samples a pixel, shade what is visible once (visibility.py, places.py, shading.py).
With a shadow, the same is done before from light 0 with a parallel projection that fits the mesh.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.images import shading, visibility
from manikin.tasks.images.camera import Camera
from manikin.tasks.images.colour import LINEAR, SRGB
from manikin.tasks.images.places import N_COLUMNS, N_PLACE, find_places, write_pixels
from manikin.tasks.images.renderer import Frame, Lights, Mesh, check_arguments
from manikin.tasks.images.texture import Texture
from manikin.tasks.images.visibility import NEAR, TURNED

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]

SHADOW_SIZE: Final = 256
"""Side of the shadow map: for a standing person 7 mm a texel, a penumbra of about 2 cm."""

_MARGIN = 3  # texels around the mesh in the shadow map, as many as its filter reads


class NumbaRenderer:
    """See `renderer.Renderer`. Buffers grow to what is asked and are kept."""

    def __init__(self) -> None:
        self._camera_space = np.empty((0, 3), np.float32)
        self._xy = np.empty((0, 2), np.int32)
        self._q = np.empty(0, np.float32)
        self._nearest = np.empty((0, 0), np.float32)
        self._ids = np.empty((0, 0), np.int32)
        self._shadow = np.empty((SHADOW_SIZE, SHADOW_SIZE), np.float32)
        self._shadow_ids = np.empty((SHADOW_SIZE, SHADOW_SIZE), np.int32)
        self._places = np.empty((1 << 14, N_PLACE), np.int32)
        self._table = np.empty((1 << 14, N_COLUMNS), np.float32)

    def render(
        self, mesh: Mesh, vertices: F32, normals: F32, layers: Sequence[Texture], camera: Camera, lights: Lights
    ) -> Frame:
        """Return the picture of a mesh; see `renderer.Renderer.render`."""
        check_arguments(mesh, vertices, normals, layers)
        self._reserve(len(vertices), camera)
        T = np.ascontiguousarray(camera.T_cam_world, np.float64)
        visibility.to_camera(vertices, T, self._camera_space)
        ranges = mesh.layer_ranges(len(layers))
        places = self._visible(mesh, ranges, camera)
        table = self._table[: len(places)]
        K_inv = _inverse(camera.K)
        solid = K_inv[0, 0] * K_inv[1, 1] - K_inv[0, 1] * K_inv[1, 0]
        shading.read_surface(
            places, mesh.faces, self._camera_space, normals, mesh.uv, K_inv, T[:3, :3].copy(), solid, table
        )
        for k in reversed(range(len(layers))):
            shading.add_layer(layers[k].texels, layers[k].size, LINEAR, k, ranges, places, table)
        self._light(mesh, lights, T[:3, :3], table)
        return _frame(camera, mesh, places, table)

    def _reserve(self, n_vertices: int, camera: Camera) -> None:
        if len(self._q) != n_vertices:
            self._camera_space = np.empty((n_vertices, 3), np.float32)
            self._xy = np.empty((n_vertices, 2), np.int32)
            self._q = np.empty(n_vertices, np.float32)
        samples = (2 * camera.height, 2 * camera.width)
        if self._ids.shape != samples:
            self._nearest = np.empty(samples, np.float32)
            self._ids = np.empty(samples, np.int32)

    def _visible(self, mesh: Mesh, ranges: U8, camera: Camera) -> I32:
        K = np.ascontiguousarray(camera.K[:2] * 2.0, np.float64)
        box = np.array([0, 0, 2 * camera.width, 2 * camera.height], np.int64)
        visibility.project_perspective(self._camera_space, K, NEAR, self._xy, self._q, box)
        visibility.fill(
            mesh.faces, self._xy, self._q, self._camera_space, K, NEAR, TURNED, box, self._nearest, self._ids
        )
        while (n := find_places(self._nearest, self._ids, box, ranges, self._places)) < 0:
            rows = 2 * len(self._places)
            self._places = np.empty((rows, N_PLACE), np.int32)
            self._table = np.empty((rows, N_COLUMNS), np.float32)
        return self._places[:n]

    def _light(self, mesh: Mesh, lights: Lights, R: F64, table: F32) -> None:
        directions = np.ascontiguousarray(np.atleast_2d(lights.directions), np.float64).reshape(-1, 3)
        in_camera = (directions[:, None, :] * R[None]).sum(-1)
        shadow, M, reach = np.empty((0, 0), np.float32), np.zeros((3, 4)), 0.0
        if lights.shadow and len(directions):
            M, reach = _shadow_projection(self._camera_space, in_camera[0])
            visibility.project_parallel(self._camera_space, M, self._xy, self._q)
            box = np.array([0, 0, SHADOW_SIZE, SHADOW_SIZE], np.int64)
            visibility.fill(
                mesh.faces,
                self._xy,
                self._q,
                self._camera_space,
                M[:2, :3].copy(),
                0.0,
                0,
                box,
                self._shadow,
                self._shadow_ids,
            )
            shadow = self._shadow
        shading.light(
            in_camera.astype(np.float32),
            np.ascontiguousarray(lights.colours, np.float32).reshape(-1, 3),
            np.ascontiguousarray(lights.ambient, np.float32),
            np.ascontiguousarray(R[:, 1], np.float32),
            float(lights.hemisphere),
            shadow,
            M,
            reach,
            table,
        )


def _shadow_projection(points: F32, direction: F64) -> tuple[F64, float]:
    """Return M (3, 4) to map texels and heights > 0, and the lift in metres that hides the map's coarseness."""
    z = direction / np.sqrt((direction * direction).sum())
    x = np.array([z[2], 0.0, -z[0]]) if abs(z[1]) < 0.9 else np.array([0.0, -z[2], z[1]])
    x /= np.sqrt((x * x).sum())
    y = np.array([z[1] * x[2] - z[2] * x[1], z[2] * x[0] - z[0] * x[2], z[0] * x[1] - z[1] * x[0]])
    low, high = visibility.extent(points, np.stack([x, y, z]))
    side = max(high[0] - low[0], high[1] - low[1], 1e-6)
    scale = (SHADOW_SIZE - 2 * _MARGIN) / side
    M = np.empty((3, 4))
    # y runs the other way in the map, as in an image: what is counter-clockwise seen from the light stays so
    M[0, :3], M[0, 3] = x * scale, _MARGIN - low[0] * scale
    M[1, :3], M[1, 3] = -y * scale, SHADOW_SIZE - _MARGIN + low[1] * scale
    M[2, :3], M[2, 3] = z, 1.0 - low[2]
    return M, 1.2 / scale


def _inverse(K: F64) -> F64:
    """Return the (2, 3) that takes pixels (x, y, 1) to rays (x, y) with z = 1."""
    (a, b, x), (c, d, y) = np.asarray(K, np.float64)[:2]
    det = a * d - b * c
    inverse: F64 = np.array([[d, -b, b * y - d * x], [-c, a, c * x - a * y]]) / det
    return inverse


def _frame(camera: Camera, mesh: Mesh, places: I32, table: F32) -> Frame:
    h, w = camera.height, camera.width
    rgba, depth = np.zeros((h, w, 4), np.uint8), np.zeros((h, w), np.float32)
    normal, part = np.zeros((h, w, 3), np.int8), np.zeros((h, w), np.uint8)
    write_pixels(
        places, table, mesh.part, SRGB, rgba.reshape(-1, 4), depth.reshape(-1), normal.reshape(-1, 3), part.reshape(-1)
    )
    return Frame(rgba, depth, normal, part)
