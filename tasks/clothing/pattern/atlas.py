"""The UV atlas as tables: which triangle each texel belongs to, and where on the body it lies.

Rasterised once per body and size; after that any quantity known at the mesh's corners is known at the texels, and a layer
can be bled over the borders of the UV islands by one gather.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.kernel import kernel

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
U8 = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class AtlasTriangles:
    """What a texel's centre falls on."""

    triangle: I32  # (S, S) index into the faces, -1 where no island is
    weights: F32  # (S, S, 3) barycentric weights of the triangle's corners, 0 where no island is
    nearest: I32  # (S, S) flat index of the nearest texel that an island owns (its own index inside islands)

    def interpolate(self, corners: NDArray[np.floating]) -> F32:
        """Return corner values (F, 3) or (F, 3, C) at the texels: (S, S) or (S, S, C), 0 outside the islands."""
        values = np.asarray(corners, np.float32)[np.maximum(self.triangle, 0)]
        if values.ndim == 3:
            return np.asarray(np.einsum("ijk,ijk->ij", values, self.weights), np.float32)
        return np.asarray(np.einsum("ijkc,ijk->ijc", values, self.weights), np.float32)

    def triangle_in(self, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return (S, S) where the texel's triangle is one of (F,) chosen."""
        return np.asarray(chosen[np.maximum(self.triangle, 0)] & (self.triangle >= 0))

    def bleed(self, texels: NDArray[np.uint8]) -> U8:
        """Return (S, S, C) texels with everything outside the islands copied from the nearest texel inside."""
        return np.asarray(texels.reshape(-1, texels.shape[-1]).take(self.nearest, axis=0))


def atlas_triangles(uv: F32, size: int) -> AtlasTriangles:
    """Rasterise the corners' (F, 3, 2) UV, v down, at `size` texels a side; later triangles win ties."""
    triangle = np.full((size, size), -1, np.int32)
    weights = np.zeros((size, size, 3), np.float32)
    _raster(np.ascontiguousarray(uv, np.float64) * size, triangle, weights)
    return AtlasTriangles(triangle, weights, nearest(triangle >= 0))


def atlas_positions(model: BodyModel, size: int) -> tuple[F32, F32, U8, NDArray[np.bool_]]:
    """Return position (S, S, 3) in metres, unit normal (S, S, 3), part (S, S) and mask (S, S) of the rest body's texels."""
    atlas = atlas_triangles(model.uv[model.faces_uv], size)
    mask = atlas.triangle >= 0
    position = atlas.interpolate(model.v_template[model.faces])
    normal = atlas.interpolate(vertex_normals(model.v_template, model.faces)[model.faces])
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-12)
    part = np.where(mask, model.part[np.maximum(atlas.triangle, 0)], 0).astype(np.uint8)
    return position, normal, part, mask


def vertex_normals(vertices: NDArray[np.floating], faces: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return (V, 3) unit normals: the faces' normals weighted by area."""
    corners = np.asarray(vertices, np.float64)[faces]
    face_normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.stack(
        [np.bincount(faces.ravel(), np.repeat(face_normals[:, c], 3), len(vertices)) for c in range(3)], axis=1
    )
    return np.asarray(normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-20), np.float64)


def nearest(mask: NDArray[np.bool_]) -> I32:
    """Return (S, S) the flat index of the nearest texel where (S, S) mask holds; the mask must hold somewhere."""
    # OpenCV labels every pixel by the zero pixel nearest to it; the table turns labels into flat indices.
    _, labels = cv2.distanceTransformWithLabels(
        np.where(mask, 0, 1).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    owner = np.zeros(int(labels.max()) + 1, np.int32)
    owner[labels[mask]] = np.flatnonzero(mask)
    return np.asarray(owner[labels], np.int32)


@kernel
def _raster(corners: NDArray[np.float64], triangle: I32, weights: F32) -> None:
    size = triangle.shape[0]
    for f in range(corners.shape[0]):
        x0, y0 = corners[f, 0, 0] - 0.5, corners[f, 0, 1] - 0.5  # texel centres sit at +0.5
        x1, y1 = corners[f, 1, 0] - 0.5, corners[f, 1, 1] - 0.5
        x2, y2 = corners[f, 2, 0] - 0.5, corners[f, 2, 1] - 0.5
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if area == 0.0:
            continue
        left, right = max(0, int(np.ceil(min(x0, x1, x2)))), min(size - 1, int(np.floor(max(x0, x1, x2))))
        top, bottom = max(0, int(np.ceil(min(y0, y1, y2)))), min(size - 1, int(np.floor(max(y0, y1, y2))))
        for y in range(top, bottom + 1):
            for x in range(left, right + 1):
                w1 = ((x - x0) * (y2 - y0) - (x2 - x0) * (y - y0)) / area
                w2 = ((x1 - x0) * (y - y0) - (x - x0) * (y1 - y0)) / area
                if w1 >= 0.0 and w2 >= 0.0 and w1 + w2 <= 1.0:
                    triangle[y, x] = f
                    weights[y, x, 0] = 1.0 - w1 - w2
                    weights[y, x, 1] = w1
                    weights[y, x, 2] = w2
