"""Shoes as a mesh: the feet, a little larger, with a toe box that bridges the toes.

The toe box is the convex hull of the foot's front: what is cut from the body there is moved outwards to the hull's facets,
and bound to their corners, which are vertices of the foot.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.clothing.geometry.shell import Shell, make_shell, pose_cloth
from manikin.tasks.clothing.geometry.slack import Slack
from manikin.tasks.clothing.looks.shoes import foot_frame, opening
from manikin.tasks.clothing.pattern.atlas import vertex_normals
from manikin.tasks.clothing.pattern.extent import Reach
from manikin.tasks.clothing.pattern.template import BodyFront

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

_LEATHER = 0.004  # metres off the foot
_SOLE = 0.001  # of it under the foot, or people would sink into the ground
_BOX, _HULL = 0.58, 0.5  # share of the foot's length from which the toe box goes, and its hull
_TIP = 0.82  # from which it is seen from one point


def shoe_shell(model: BodyModel, front: BodyFront) -> Shell:
    """Return the mesh of both shoes, textured as painted shoes are."""
    shell = make_shell(model, front, _reach(front), Slack(_LEATHER, _LEATHER, _LEATHER, _LEATHER), is_bottom=True)
    normals = vertex_normals(model.v_template, model.faces.astype(np.int64))
    rest = pose_cloth(replace(shell, offset=np.zeros_like(shell.offset)), model.v_template, normals.astype(np.float32))
    corner, weight = shell.corner.copy(), shell.weight.copy()
    offset = np.where(np.isin(np.arange(len(rest)), shell.faces[shell.is_inner]), shell.offset, _LEATHER)
    lining = np.unique(shell.faces[shell.is_inner])
    for side, sign in (("left", 1), ("right", -1)):
        along, across, _ = foot_frame(front, side, rest)
        box = np.setdiff1d(np.flatnonzero((sign * rest[:, 0] > 0) & (along > _BOX)), lining)
        offset[box] = np.interp(along[box], (_BOX, _BOX + 0.1), (_LEATHER, _SOLE))  # toes' normals go apart
        corner[box], weight[box] = _on_hull(model, front, side, rest[box], along[box], across[box])
    offset = np.where(rest[:, 1] < 0.006, np.minimum(offset, _SOLE), offset)
    return replace(shell, corner=corner, weight=weight, offset=offset.astype(np.float32))


def _reach(front: BodyFront) -> Reach:
    """Return how far texels lie inside the shoes."""
    distance = np.full(front.part.shape, -1.0, np.float32)
    for side in ("left", "right"):
        where = front.is_part(f"{side}_foot", f"{side}_lower_leg")
        along, _, height = foot_frame(front, side, front.position[where])
        distance[where] = opening(along) - height
    return Reach(np.full_like(distance, 1.0), distance)


def _on_hull(model: BodyModel, front: BodyFront, side: str, points: F32, along: F32, across: F32) -> tuple[I32, F32]:
    """Return vertices and weights (n, 3) of where rays through points (n, 3) leave the hull of the foot's front."""
    part = model.part_names.index(f"{side}_foot")
    number = np.unique(model.faces[model.part == part])
    foot = model.v_template[number].astype(np.float64)
    number, foot = (a[foot_frame(front, side, foot.astype(np.float32))[0] > _HULL] for a in (number, foot))
    hull = ConvexHull(foot)
    ahead, aside, length = _axes(front, side, points, along, across)
    centre = points - np.maximum(along - _TIP, 0)[:, None] * length * ahead - across[:, None] * aside
    centre[:, 1] = 0.45 * foot[:, 1].max() * np.clip(1.6 - along, 0, 1)
    ray = points - centre
    towards = ray @ hull.equations[:, :3].T
    room = -(centre @ hull.equations[:, :3].T + hull.equations[:, 3])
    reach = np.where(towards > 1e-9, room / np.maximum(towards, 1e-9), np.inf)
    facet = reach.argmin(axis=1)
    hit = centre + reach.min(axis=1)[:, None] * ray
    corners = hull.simplices[facet]
    return number[corners].astype(np.int32), _weights(foot[corners], hit).astype(np.float32)


def _axes(front: BodyFront, side: str, points: F32, along: F32, across: F32) -> tuple[F64, F64, float]:
    """Return the unit vectors ahead and aside of a foot, and its length in metres."""
    step = 0.01
    ahead, aside = np.zeros(3), np.zeros(3)
    for axis in (0, 2):
        moved = points[:1].copy()
        moved[0, axis] += step
        there = foot_frame(front, side, moved)
        ahead[axis], aside[axis] = (float(there[k][0] - was[0]) / step for k, was in ((0, along), (1, across)))
    length = 1 / float(np.linalg.norm(ahead))
    ahead *= length
    return ahead, np.array([ahead[2], 0.0, -ahead[0]]), length


def _weights(corners: F64, points: F64) -> F64:
    """Return barycentric weights (n, 3) of points (n, 3) in triangles (n, 3, 3)."""
    u, v, p = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0], points - corners[:, 0]
    n = np.cross(u, v)
    area = (n * n).sum(axis=1)
    b, c = ((np.cross(*pair) * n).sum(axis=1) / area for pair in ((p, v), (u, p)))
    weight = np.maximum(np.stack([1 - b - c, b, c], axis=1), 0)
    return np.asarray(weight / weight.sum(axis=1, keepdims=True), np.float64)
