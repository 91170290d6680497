"""The default body as the pattern that garments are fitted to: laid flat, with its fold lines, limbs and texels.

Built once for a body and an atlas size. Every texel of torso, arms and legs knows where it lies on the flat body
(`flatten`), on the body itself, and how much it faces the front; the fold lines are the outline that a photo's silhouette
is warped onto. "left" is the body's left, +x.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.clothing.pattern.atlas import AtlasTriangles, atlas_triangles, vertex_normals
from manikin.tasks.clothing.pattern.flatten import SplitMesh, facing, flatten, split_at_zero
from manikin.tasks.errors import InputError

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_SIDES = (("left", "L"), ("right", "R"))
_LIMBS = {"arm": ("upperarm01", "lowerarm01", "wrist"), "leg": ("upperleg01", "lowerleg01", "foot")}
_NECK_ABOVE = 0.07  # of the neck is laid flat too, above the base of the neck
_LIMB_BEYOND = 0.03  # of hand and foot likewise, so that no cuff is cut off by the parts' ragged borders


@dataclass(frozen=True, slots=True)
class Line:
    """A line on the body: n points, on the flat body and in space."""

    flat: F64  # (n, 2) metres
    position: F64  # (n, 3) metres


@dataclass(frozen=True, slots=True)
class BodyFront:
    """The flat body and its texels. S is the atlas size; texels off the flat body have is_flat False and zeros."""

    size: int
    atlas: AtlasTriangles
    position: F32  # (S, S, 3) metres, of every texel that an island owns
    normal: F32  # (S, S, 3) unit
    part: U8  # (S, S) index into part_names, 0 off the islands
    part_names: tuple[str, ...]
    texel_size: F32  # (S, S) metres of body a texel spans
    is_flat: Mask  # (S, S)
    flat: F32  # (S, S, 2) metres, x to the body's left, y up
    facing: F32  # (S, S) 1 front ... 0 on the fold ... -1 back
    folds: dict[
        str, Line
    ]  # "arm_left": neck to wrist over the shoulder; "side_left": wrist to ankle; "inseam"; "centre"
    joints: dict[str, F64]  # "neck", "arm_left" (3, 3) shoulder, elbow, wrist; "leg_left" (3, 3) hip, knee, ankle

    def is_part(self, *names: str) -> Mask:
        """Return (S, S) where the texel's part is one of the names; "arm" and "leg" stand for both halves and sides."""
        groups = {"arm": ("upper_arm", "forearm"), "leg": ("upper_leg", "lower_leg")}
        wanted = [w for n in names for w in groups.get(n, (n,))]
        is_one = np.zeros(256, np.uint8)
        is_one[: len(self.part_names)] = [any(p == w or p.endswith("_" + w) for w in wanted) for p in self.part_names]
        return np.asarray(cv2.LUT(self.part, is_one) > 0)


def body_front(model: BodyModel, size: int = 1024) -> BodyFront:
    """Return the pattern of a body's rest mesh for atlases of `size` texels a side.

    Raises:
        InputError: the body has no rig of the expected joints, or its sides cannot be found.
    """
    vertices = model.v_template.astype(np.float64)
    faces = model.faces.astype(np.int64)
    uv = model.uv[model.faces_uv]
    joints = _joints(model)
    atlas = atlas_triangles(uv, size)
    owned = atlas.triangle >= 0
    triangle = np.maximum(atlas.triangle, 0)
    normal = atlas.interpolate(vertex_normals(vertices, faces)[faces])
    chosen = np.flatnonzero(_is_laid_flat(model, joints))
    mesh = _split(vertices, faces[chosen], uv[chosen])
    flat = flatten(mesh)
    laid = atlas_triangles(mesh.corners.astype(np.float32), size)
    is_flat = laid.triangle >= 0
    return BodyFront(
        size=size,
        atlas=atlas,
        position=atlas.interpolate(vertices[faces]),
        normal=normal / np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-12),
        part=np.where(owned, model.part[triangle], 0).astype(np.uint8),
        part_names=model.part_names,
        texel_size=np.where(owned, _texel_sizes(vertices[faces], uv * size)[triangle], 0).astype(np.float32),
        is_flat=is_flat,
        flat=np.where(is_flat[..., None], laid.interpolate(flat[mesh.faces]), 0).astype(np.float32),
        facing=np.where(is_flat, laid.interpolate(mesh.field[mesh.faces]), 0).astype(np.float32),
        folds=_folds(mesh, flat, joints) | {"centre": _centre(mesh, flat)},
        joints=joints,
    )


def _joints(model: BodyModel) -> dict[str, F64]:
    try:
        at = {n: model.J_template[model.joint(n)].astype(np.float64) for n in ("neck01", "head", "spine05")}
        limbs = {
            f"{limb}_{side}": np.stack([model.J_template[model.joint(f"{j}.{s}")] for j in names]).astype(np.float64)
            for limb, names in _LIMBS.items()
            for side, s in _SIDES
        }
    except ValueError as error:
        raise InputError(f"body: {error}; garments need a body with the default rig's joint names") from error
    return {"neck": at["neck01"], "head": at["head"], "pelvis": at["spine05"]} | limbs


def _is_laid_flat(model: BodyModel, joints: dict[str, F64]) -> Mask:
    """Return (F,) torso, arms, legs and a little of neck, hands and feet: enough that every garment's edge lies inside."""
    corners = model.v_template.astype(np.float64)[model.faces]
    name = np.array(model.part_names)[model.part]
    keep = np.isin(name, [n for n in model.part_names if n == "torso" or n.endswith(("arm", "leg"))])
    keep |= (name == "neck") & (corners[..., 1].max(axis=1) < joints["neck"][1] + _NECK_ABOVE)
    for side, _ in _SIDES:
        for limb, end in (("arm", "hand"), ("leg", "foot")):
            _, middle, last = joints[f"{limb}_{side}"]
            axis = (last - middle) / np.linalg.norm(last - middle)
            beyond = ((corners - last) @ axis).max(axis=1)
            keep |= (name == f"{side}_{end}") & (beyond < _LIMB_BEYOND)
    return np.asarray(keep)


def _split(vertices: F64, faces: NDArray[np.int64], uv: F32) -> SplitMesh:
    used, local = np.unique(faces, return_inverse=True)
    local = local.reshape(-1, 3)
    return split_at_zero(vertices[used], uv.astype(np.float64), local, facing(vertices[used], local))


def _texel_sizes(corners: F64, texels: F32) -> F64:
    u, v = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = np.linalg.norm(np.cross(u, v), axis=1)
    a, b = (texels[:, 1] - texels[:, 0]).astype(np.float64), (texels[:, 2] - texels[:, 0]).astype(np.float64)
    return np.asarray(np.sqrt(area / np.maximum(np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]), 1e-9)), np.float64)


def _folds(mesh: SplitMesh, flat: F64, joints: dict[str, F64]) -> dict[str, Line]:
    """Return the fold lines by name, each walked from its first named end to the other."""
    ends = {"neck": joints["neck"]} | {
        f"{limb}_{side}": joints[f"{limb}_{side}"][2] for limb in _LIMBS for side, _ in _SIDES
    }
    wanted = {("arm_left", "neck", "arm_left"), ("arm_right", "neck", "arm_right"), ("inseam", "leg_left", "leg_right")}
    wanted |= {(f"side_{side}", f"arm_{side}", f"leg_{side}") for side, _ in _SIDES}
    lines: dict[str, Line] = {}
    for chain in _chains(mesh):
        first, last = (_nearest(ends, mesh.vertices[v]) for v in (chain[0], chain[-1]))
        for name, a, b in wanted:
            if {a, b} == {first, last} and len(chain) > len(lines.get(name, Line(flat[:0], flat[:0])).flat):
                ordered = chain if first == a else chain[::-1]
                lines[name] = _without_loops(Line(flat[ordered], mesh.vertices[ordered]))
    missing = sorted({w[0] for w in wanted} - lines.keys())
    if missing:
        raise InputError(
            f"body: the fold lines {', '.join(missing)} were not found; expected a body in A-pose facing +z"
        )
    return lines


def _nearest(ends: dict[str, F64], point: F64) -> str:
    return min(ends, key=lambda name: float(np.linalg.norm(ends[name] - point)))


def _without_loops(line: Line) -> Line:
    """Return the line without the small loops it makes on the flat body, as at the armpits."""
    a, b = line.flat[:-1], line.flat[1:]

    def side(p: F64, q: F64, r: F64) -> F64:
        return np.asarray(
            (q[..., 0] - p[..., 0]) * (r[..., 1] - p[..., 1]) - (q[..., 1] - p[..., 1]) * (r[..., 0] - p[..., 0])
        )

    ai, bi, aj, bj = a[:, None], b[:, None], a[None], b[None]
    crosses = (side(ai, bi, aj) * side(ai, bi, bj) < 0) & (side(aj, bj, ai) * side(aj, bj, bi) < 0)
    keep = np.ones(len(line.flat), bool)
    for i, j in np.argwhere(np.triu(crosses, 2)):
        if keep[i]:
            keep[i + 1 : j + 1] = False
    return Line(line.flat[keep], line.position[keep])


def _chains(mesh: SplitMesh) -> list[list[int]]:
    """Return the open chains of cut edges: those that a front and a back triangle share."""
    on_cut = mesh.field[mesh.faces] == 0
    edges = {tuple(sorted(int(v) for v in f[z])) for f, z in zip(mesh.faces, on_cut, strict=True) if z.sum() == 2}
    neighbours: dict[int, list[int]] = {}
    for a, b in sorted(edges):
        neighbours.setdefault(a, []).append(b)
        neighbours.setdefault(b, []).append(a)
    chains, seen = [], set[int]()
    for start in sorted(v for v, n in neighbours.items() if len(n) == 1):
        if start in seen:
            continue
        chain = [start]
        while True:
            seen.add(chain[-1])
            onward = [v for v in neighbours[chain[-1]] if v not in seen]
            if not onward:
                break
            chain.append(onward[0])
        chains.append(chain)
    return chains


def _centre(mesh: SplitMesh, flat: F64) -> Line:
    """Return the front's middle line from the neck down, from the points where edges cross x = 0."""
    edges = np.unique(np.sort(mesh.faces[mesh.is_front][:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1), axis=0)
    x = mesh.vertices[edges, 0] + 1e-9  # a vertex exactly in the middle counts to one side
    crossing = x[:, 0] * x[:, 1] < 0
    edges, x = edges[crossing], x[crossing]
    t = (x[:, 0] / (x[:, 0] - x[:, 1]))[:, None]
    position = mesh.vertices[edges[:, 0]] * (1 - t) + mesh.vertices[edges[:, 1]] * t
    where = flat[edges[:, 0]] * (1 - t) + flat[edges[:, 1]] * t
    order = np.argsort(-where[:, 1], kind="stable")
    return Line(where[order], position[order])
