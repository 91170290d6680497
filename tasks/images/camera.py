"""A pinhole camera in OpenCV's convention: x right, y down, z forward, the centre of pixel (0, 0) at (0.5, 0.5).

`p_cam = T_cam_world @ p_world`, then `K @ p_cam` divided by its third component. Matrices are applied by explicit sums,
not by BLAS, whose last bits differ between processors.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from manikin.tasks.errors import InputError

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Camera:
    """Intrinsics, pose and image size; checked when made."""

    K: F64  # (3, 3) pixels, last row 0 0 1
    T_cam_world: F64  # (4, 4) rigid
    width: int  # pixels
    height: int  # pixels

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise InputError(f"camera image is {self.width} x {self.height} pixels; both sides must be at least 1")
        K, T = np.asarray(self.K), np.asarray(self.T_cam_world)
        if K.shape != (3, 3) or tuple(K[2]) != (0.0, 0.0, 1.0) or K[0, 0] * K[1, 1] - K[0, 1] * K[1, 0] <= 0:
            raise InputError(
                f"camera K is {K.tolist()}; expected 3 x 3 in pixels, last row 0 0 1, not mirroring (determinant > 0)"
            )
        if T.shape != (4, 4) or tuple(T[3]) != (0.0, 0.0, 0.0, 1.0) or not _is_rotation(T[:3, :3]):
            raise InputError(
                f"camera T_cam_world is {T.tolist()}; expected 4 x 4, a rotation and a translation, last row 0 0 0 1"
            )

    def to_camera(self, points: ArrayLike) -> F64:
        """Return world points (..., 3) in the camera frame (..., 3), metres."""
        T = np.asarray(self.T_cam_world, np.float64)
        return _apply(T[:3, :3], np.asarray(points, np.float64)) + T[:3, 3]

    def project(self, points: ArrayLike) -> tuple[F64, F64]:
        """Return image positions (..., 2) in pixels and depths (...) in metres of world points (..., 3).

        A point on or behind the camera's plane has depth <= 0 and a position that means nothing.
        """
        p = self.to_camera(points)
        h = _apply(np.asarray(self.K, np.float64), p)
        z = p[..., 2]
        return h[..., :2] / np.where(z == 0, 1.0, z)[..., None], z


def _apply(M: F64, p: F64) -> F64:
    return p[..., 0, None] * M[:, 0] + p[..., 1, None] * M[:, 1] + p[..., 2, None] * M[:, 2]


def _is_rotation(R: F64) -> bool:
    return bool(np.allclose(R @ R.T, np.eye(3), atol=1e-6) and np.linalg.det(R) > 0)
