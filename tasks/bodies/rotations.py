"""Rotations in float64, on any leading axes: axis-angle, matrices, swing and twist, fractions of a rotation.

Axis-angle vectors have the angle in radians as their length. Matrices act on columns: v_world = R @ v_local.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

F64 = NDArray[np.float64]

_NEAR_OPPOSITE = -1.0 + 1e-6  # a cosine; beyond it 1 + cosine has lost its digits
_CLEAR = 1e-8  # length of a cross product that still has half its digits
_TINY = 1e-12


def _dot(a: F64, b: F64) -> F64:
    """Return the dot product (...) along the last axis of 3."""
    return np.asarray(a[..., 0] * b[..., 0] + a[..., 1] * b[..., 1] + a[..., 2] * b[..., 2])


def _unit(v: F64) -> F64:
    return v / np.maximum(np.sqrt(_dot(v, v)), _TINY)[..., None]


def skew(v: ArrayLike) -> F64:
    """Return the matrices (..., 3, 3) with skew(v) @ w = cross(v, w) for vectors v (..., 3)."""
    x, y, z = np.moveaxis(np.asarray(v, dtype=np.float64), -1, 0)
    zero = np.zeros_like(x)
    rows = [np.stack(row, axis=-1) for row in ((zero, -z, y), (z, zero, -x), (-y, x, zero))]
    return np.stack(rows, axis=-2)


def matrix_from_axis_angle(r: ArrayLike) -> F64:
    """Return rotation matrices (..., 3, 3) of axis-angle vectors (..., 3) (Rodrigues' formula, exact at zero)."""
    r = np.asarray(r, dtype=np.float64)
    angle = np.sqrt(_dot(r, r))[..., None, None]
    k = skew(r)
    return np.eye(3) + np.sinc(angle / np.pi) * k + 0.5 * np.sinc(0.5 * angle / np.pi) ** 2 * (k @ k)


def _quaternion(R: F64) -> F64:
    """Return unit quaternions (..., 4) w, x, y, z with w >= 0: the best column of 4 q qᵀ (Shepperd 1978)."""
    m = R
    xx, yy, zz = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    wx, wy, wz = m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]
    xy, xz, yz = m[..., 0, 1] + m[..., 1, 0], m[..., 0, 2] + m[..., 2, 0], m[..., 1, 2] + m[..., 2, 1]
    columns = np.stack(
        [
            np.stack([1 + xx + yy + zz, wx, wy, wz], axis=-1),
            np.stack([wx, 1 + xx - yy - zz, xy, xz], axis=-1),
            np.stack([wy, xy, 1 - xx + yy - zz, yz], axis=-1),
            np.stack([wz, xz, yz, 1 - xx - yy + zz], axis=-1),
        ],
        axis=-2,
    )
    best = np.argmax(np.diagonal(columns, axis1=-2, axis2=-1), axis=-1)
    q = np.take_along_axis(columns, best[..., None, None], axis=-2)[..., 0, :]
    q = q / np.sqrt(q[..., :1] ** 2 + _dot(q[..., 1:], q[..., 1:])[..., None])
    return np.where(q[..., :1] < 0, -q, q)


def axis_angle_from_matrix(R: ArrayLike) -> F64:
    """Return axis-angle vectors (..., 3), of length at most pi, of rotation matrices (..., 3, 3).

    Stable near the identity and near half a turn, where the axis may come out with either sign.
    """
    q = _quaternion(np.asarray(R, dtype=np.float64))
    sine = np.sqrt(_dot(q[..., 1:], q[..., 1:]))
    scale = np.where(sine > _TINY, 2.0 * np.arctan2(sine, q[..., 0]) / np.maximum(sine, _TINY), 2.0)
    return q[..., 1:] * scale[..., None]


def geodesic_angle(R1: ArrayLike, R2: ArrayLike) -> F64:
    """Return the angle (...) in [0, pi] of the rotation that leads from R1 to R2 (..., 3, 3)."""
    r = axis_angle_from_matrix(np.swapaxes(np.asarray(R1, dtype=np.float64), -1, -2) @ np.asarray(R2, dtype=np.float64))
    return np.asarray(np.sqrt(_dot(r, r)))


def swing_twist(R: ArrayLike, axis: ArrayLike) -> tuple[F64, F64]:
    """Split rotations into a turn about an axis and then the smallest turn that moves the axis: R = swing @ twist.

    Args:
        R: rotations (..., 3, 3).
        axis: the twist axis (..., 3) in the frame R acts on; need not be of unit length.

    Returns:
        The swing (..., 3, 3) and the twist angle (...) in [-pi, pi]. When the swing is half a turn the twist is not
        defined; it comes out as some value, and swing @ twist is still R.
    """
    R, axis = np.asarray(R, dtype=np.float64), _unit(np.asarray(axis, dtype=np.float64))
    q = _quaternion(R)
    angle = np.asarray(2.0 * np.arctan2(_dot(q[..., 1:], axis), q[..., 0]))
    return R @ matrix_from_axis_angle(axis * -angle[..., None]), angle


def fraction_of_rotation(R: ArrayLike, t: ArrayLike) -> F64:
    """Return the rotations (..., 3, 3) about the same axis by the fraction t (...) of the angle."""
    return matrix_from_axis_angle(axis_angle_from_matrix(R) * np.asarray(t, dtype=np.float64)[..., None])


def slerp(R1: ArrayLike, R2: ArrayLike, t: ArrayLike) -> F64:
    """Return the rotations (..., 3, 3) on the shortest way from R1 (t = 0) to R2 (t = 1)."""
    R1 = np.asarray(R1, dtype=np.float64)
    return R1 @ fraction_of_rotation(np.swapaxes(R1, -1, -2) @ np.asarray(R2, dtype=np.float64), t)


def rotation_between(a: ArrayLike, b: ArrayLike) -> F64:
    """Return the smallest rotations (..., 3, 3) that turn the directions a (..., 3) into the directions b (..., 3).

    For opposite directions it is half a turn about some axis across them.
    """
    a, b = np.broadcast_arrays(_unit(np.asarray(a, dtype=np.float64)), _unit(np.asarray(b, dtype=np.float64)))
    opposite = (_dot(a, b) < _NEAR_OPPOSITE)[..., None, None]
    axis = np.cross(a, b)
    least = np.eye(3)[np.argmin(np.abs(a), axis=-1)]  # the coordinate axis furthest from a
    is_clear = np.linalg.norm(axis, axis=-1, keepdims=True) > _CLEAR
    across = _unit(np.where(is_clear, axis, np.cross(a, least)))
    half_turn = 2.0 * across[..., :, None] * across[..., None, :] - np.eye(3)
    # Near-opposite directions: half a turn takes a to -a, from where it is a small step to b.
    return np.where(opposite, _step(-a, b) @ half_turn, _step(a, np.where(opposite[..., 0], a, b)))


def _step(a: F64, b: F64) -> F64:
    """Return the smallest rotations that turn unit a into unit b, not opposite to it."""
    k = skew(np.cross(a, b))
    return np.eye(3) + k + k @ k / np.maximum(1.0 + _dot(a, b)[..., None, None], _TINY)


def frame_from_axes(primary: ArrayLike, secondary: ArrayLike) -> F64:
    """Return right-handed frames (..., 3, 3): first column along primary, second as near to secondary as it can be.

    Args:
        primary: directions (..., 3).
        secondary: directions (..., 3), not parallel to primary.
    """
    x = _unit(np.asarray(primary, dtype=np.float64))
    z = _unit(np.cross(x, np.asarray(secondary, dtype=np.float64)))
    return np.stack(np.broadcast_arrays(x, np.cross(z, x), z), axis=-1)
