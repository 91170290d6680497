"""Does a body run through itself? Capsules along limbs, trunk and head, sized on the mesh, and their deepest overlap.

A capsule is a segment between two points, each fixed to a rig joint, with a radius. Limbs: joint to joint, the radius is the
median distance of the limb's vertices. Trunk: a lying capsule across each of five slabs, as thick as the slab is deep and as
wide as it is broad. Neighbours, which always overlap, are not compared. Hands may rest on the body: what counts as a fault
is a depth beyond `TOUCH_M`, since the mesh gives way less than skin does. Segment distance: Ericson 2005, section 5.1.9.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.bodies.rotations import matrix_from_axis_angle
from manikin.tasks.kernel import kernel
from manikin.tasks.poses.anatomy import Anatomy, anatomy_of
from manikin.tasks.poses.kinematics import forward, rest_offsets

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

TOUCH_M = 0.035  # deeper is a fault; what the most folded key poses have
# name, landmarks at its ends, part of the mesh, share of the length at which it begins, percentile of the vertices' distances
_LIMBS = (
    ("upper_arm", "shoulder", "elbow", "upper_arm", 0.45, 50),
    ("forearm", "elbow", "wrist", "forearm", 0.0, 50),
    ("hand", "wrist", "grip", "hand", 0.0, 20),  # a hand is flat: half its thickness, not its breadth
    ("thigh", "hip", "knee", "upper_leg", 0.3, 50),
    ("shank", "knee", "ankle", "lower_leg", 0.0, 50),
    ("foot", "ankle", "ball", "foot", 0.0, 50),
)
_NEIGHBOURS = {  # what may overlap, by name without side; limbs of the two sides are always compared
    ("upper_arm", "ribs"),
    ("upper_arm", "chest"),
    ("upper_arm", "forearm"),
    ("upper_arm", "head"),
    ("forearm", "hand"),
    ("thigh", "pelvis"),
    ("thigh", "belly"),
    ("thigh", "waist"),
    ("thigh", "shank"),
    ("shank", "foot"),
    ("shank", "pelvis"),
    ("head", "chest"),
}
_ARM, _SLAB_HALF_M = ("upper_arm", "forearm", "hand"), 0.04


@dataclass(frozen=True, slots=True)
class Capsules:
    """C capsules, P pairs to compare."""

    names: tuple[str, ...]
    joints: I32  # (C,) the joint that carries both ends
    ends: F64  # (C, 2, 3) metres from that joint at rest
    radii: F64  # (C,) metres
    pairs: I32  # (P, 2)
    offsets: F64  # (J, 3) metres of each rig joint from its parent at rest
    parents: I32  # (J,)


def fit_capsules(model: BodyModel) -> Capsules:
    """Return the capsules of a body's mean shape.

    Raises:
        InputError: the rig lacks joints that poses are written for.
    """
    anatomy = anatomy_of(model)
    rest = anatomy.rest
    names: list[str] = []
    joints, ends, radii = [], [], []
    for base, a, b, part, skip, percentile in _LIMBS:
        for side, word in (("L", "left"), ("R", "right")):
            carrier = anatomy.landmark(f"{a}.{side}")
            start, end = rest[carrier], rest[anatomy.landmark(f"{b}.{side}")]
            start = start + skip * (end - start)
            points = _part_vertices(model, (f"{word}_{part}",))
            radii.append(float(np.percentile(_distances(points, start, end), percentile)))
            names.append(f"{base}.{side}")
            joints.append(carrier)
            ends.append((start, end))
    for name, bone, start, end, radius in (*_trunk(model, anatomy), _head(model)):
        names.append(name)
        joints.append(anatomy.joint(bone))
        ends.append((start, end))
        radii.append(radius)
    carried = np.array(joints, np.int32)
    return Capsules(
        names=tuple(names),
        joints=carried,
        ends=np.array(ends) - rest[carried][:, None],
        radii=np.array(radii),
        pairs=np.array(
            [(i, j) for i, j in combinations(range(len(names)), 2) if _compared(names[i], names[j])], np.int32
        ),
        offsets=rest_offsets(rest, anatomy.parents),
        parents=anatomy.parents,
    )


def self_penetration(capsules: Capsules, pose: F32 | F64) -> F64:
    """Return how deep (N,), in metres, the worst pair of body parts overlaps in rig poses (N, J, 3); 0 where none does."""
    return np.asarray(penetrations(capsules, pose).max(axis=1, initial=0.0))


def penetrations(capsules: Capsules, pose: F32 | F64) -> F64:
    """Return how deep (N, P), in metres, each compared pair overlaps in rig poses (N, J, 3)."""
    rotations = np.ascontiguousarray(pose, np.float64)
    out = np.empty((len(rotations), len(capsules.pairs)))
    _penetrations(
        matrix_from_axis_angle(rotations),
        capsules.parents,
        capsules.offsets,
        capsules.joints,
        capsules.ends,
        capsules.radii,
        capsules.pairs,
        out,
    )
    return out


def _compared(a: str, b: str) -> bool:
    (base_a, _, side_a), (base_b, _, side_b) = a.partition("."), b.partition(".")
    central = not side_a and not side_b
    same_side = side_a == side_b or not side_a or not side_b
    near = (base_a, base_b) in _NEIGHBOURS or (base_b, base_a) in _NEIGHBOURS
    return not central and not (same_side and near) and base_a + side_a != base_b + side_b


def _part_vertices(model: BodyModel, parts: tuple[str, ...]) -> F64:
    ids = [model.part_names.index(p) for p in parts]
    return model.v_template[np.unique(model.faces[np.isin(model.part, ids)])].astype(np.float64)


def _distances(points: F64, a: F64, b: F64) -> F64:
    """Return the distances (n,) of points (n, 3) from the segment a to b, of those that lie beside it."""
    along = (points - a) @ (b - a) / ((b - a) @ (b - a))
    beside = (along > 0.1) & (along < 0.9)
    return np.asarray(np.linalg.norm(points[beside] - a - along[beside, None] * (b - a), axis=1))


def _trunk(model: BodyModel, anatomy: Anatomy) -> list[tuple[str, str, F64, F64, float]]:
    points = _part_vertices(model, ("torso", "left_upper_leg", "right_upper_leg"))
    low, high, shoulder = (anatomy.rest[anatomy.landmark(n)] for n in ("hip.L", "neck", "shoulder.L"))
    out = []
    for name, carrier, height in anatomy.rig.slabs:
        y = low[1] + height * (high[1] - low[1])
        slab = points[(np.abs(points[:, 1] - y) < _SLAB_HALF_M) & (np.abs(points[:, 0]) < shoulder[0])]
        back, front = np.percentile(slab[:, 2], [4, 96])
        half_depth, half_width = (front - back) / 2, float(np.percentile(np.abs(slab[:, 0]), 96))
        reach = max(half_width - half_depth, 0.01)
        z = (front + back) / 2
        out.append((name, carrier, np.array([-reach, y, z]), np.array([reach, y, z]), float(half_depth)))
    return out


def _head(model: BodyModel) -> tuple[str, str, F64, F64, float]:
    points = _part_vertices(model, ("head",))
    low, high = points.min(axis=0), points.max(axis=0)
    radius = float(np.percentile(np.abs(points[:, 0]), 96))
    z = (low[2] + high[2]) / 2
    return "head", "head", np.array([0.0, low[1] + radius, z]), np.array([0.0, high[1] - radius, z]), radius


@kernel
def _between(x: float) -> float:
    return min(max(x, 0.0), 1.0)


@kernel
def _dot(v: F64, w: F64) -> float:  # np.dot would call a BLAS, whose last bits depend on the machine
    return float(v[0] * w[0] + v[1] * w[1] + v[2] * w[2])


@kernel
def _segment_distance(p: F64, q: F64, r: F64, s: F64) -> float:
    """Return the distance between the segments p-q and r-s."""
    d1, d2, w = q - p, s - r, p - r
    a, e, f = _dot(d1, d1), _dot(d2, d2), _dot(d2, w)
    c, b = _dot(d1, w), _dot(d1, d2)
    det = a * e - b * b
    t1 = _between((b * f - c * e) / det) if det > 1e-12 else 0.0
    t2 = (b * t1 + f) / e
    if t2 < 0.0:
        t1, t2 = _between(-c / a), 0.0
    elif t2 > 1.0:
        t1, t2 = _between((b - c) / a), 1.0
    gap = w + t1 * d1 - t2 * d2
    return float(np.sqrt(_dot(gap, gap)))


@kernel
def _penetrations(
    local: F64, parents: I32, offsets: F64, joints: I32, ends: F64, radii: F64, pairs: I32, out: F64
) -> None:
    n_joints, n_capsules = len(parents), len(joints)
    turn, place = np.empty((n_joints, 3, 3)), np.empty((n_joints, 3))
    a, b = np.empty((n_capsules, 3)), np.empty((n_capsules, 3))
    for i in range(len(local)):
        forward(local[i], parents, offsets, turn, place)
        for c in range(n_capsules):
            j = joints[c]
            for x in range(3):
                a[c, x], b[c, x] = place[j, x], place[j, x]
                for k in range(3):
                    a[c, x] += turn[j, x, k] * ends[c, 0, k]
                    b[c, x] += turn[j, x, k] * ends[c, 1, k]
        for k in range(len(pairs)):
            c, d = pairs[k, 0], pairs[k, 1]
            gap = _segment_distance(a[c], b[c], a[d], b[d])
            out[i, k] = max(radii[c] + radii[d] - gap, 0.0)
