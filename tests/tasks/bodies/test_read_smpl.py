import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from body_models.smpl.numpy import SMPL
from body_models.smplh.numpy import SMPLH
from body_models.smplx.numpy import SMPLX

from manikin.tasks.bodies.evaluate import pose_bodies
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.bodies.read_smpl import read_smpl
from manikin.tasks.bodies.rotations import matrix_from_axis_angle
from manikin.tasks.bodies.skeletons import joint_regressor, skeleton, skeleton_joints, skeleton_names
from manikin.tasks.bodies.smpl_families import FAMILIES
from manikin.tasks.errors import InputError
from tests.smpl_files import NO_PARENT, random_arrays, write_npz

EXACT_M = 1e-6


def arrays_of(family: str) -> dict[str, Any]:
    return random_arrays(family, np.random.default_rng(5), n_shapes=400 if family == "smplx" else 16)


def drawn(n: int, family: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return shapes, poses and translations of n bodies; values that float32 holds, to compare arithmetic alone."""
    rng = np.random.default_rng(7)
    parts = (
        rng.normal(size=(n, 16)),
        rng.normal(0, 0.6, (n, len(FAMILIES[family].joint_names), 3)),
        rng.normal(0, 0.5, (n, 3)),
    )
    shape, pose, move = (p.astype(np.float32).astype(np.float64) for p in parts)
    return shape, pose, move


def of_the_oracle(family: str, path: Path, shape: np.ndarray, pose: np.ndarray, move: np.ndarray):
    """Return vertices and joints by the package body-models, in float64."""
    known: dict[str, Any] = {"shape": shape, "pelvis_rotation": pose[:, 0], "global_translation": move}
    if family == "smpl":
        model, parts = SMPL(model_path=path), (pose[:, 1:],)
    elif family == "smplh":
        model, parts = SMPLH(model_path=path, flat_hand_mean=True), (pose[:, 1:22], pose[:, 22:])
    else:
        model = SMPLX(model_path=path, flat_hand_mean=True)
        known["expression"], parts = np.zeros((len(shape), 10)), (pose[:, 1:22], pose[:, 22:25], pose[:, 25:])
    return model.forward_vertices(*parts, **known), model.forward_skeleton(*parts, **known)[..., :3, 3]


@pytest.mark.parametrize("family", ["smpl", "smplh", "smplx"])
def test_bodies_are_those_of_an_independent_implementation(tmp_path, family):
    path = write_npz(tmp_path, arrays_of(family))
    shape, pose, move = drawn(4, family)
    posed = pose_bodies(read_smpl(path), shape, pose, move)
    vertices, joints = of_the_oracle(family, path, shape, pose, move)
    np.testing.assert_allclose(posed.vertices, vertices, atol=EXACT_M, rtol=0)
    np.testing.assert_allclose(posed.joints, joints, atol=EXACT_M, rtol=0)


def star(
    arrays: dict[str, Any], shape: np.ndarray, pose: np.ndarray, move: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return vertices and joints of one body by the equations of Osman et al. 2020, as their `star/pytorch/star.py` has them."""
    shaped = arrays["v_template"] + arrays["shapedirs"] @ shape
    joints = arrays["J_regressor"] @ shaped
    angle = np.linalg.norm(pose, axis=1, keepdims=True)
    quaternions = np.concatenate([np.sin(angle / 2) * pose / angle, np.cos(angle / 2) - 1], axis=1)[1:]
    moved = shaped + arrays["posedirs"] @ np.append(quaternions.ravel(), shape[1])
    world = []
    for j, parent in enumerate(arrays["kintree_table"][0]):
        local = np.eye(4)
        local[:3, :3] = matrix_from_axis_angle(pose[j])
        local[:3, 3] = joints[j] - (joints[parent] if parent != NO_PARENT else 0)
        world.append(world[parent] @ local if parent != NO_PARENT else local)
    out = np.zeros_like(moved)
    for j, T in enumerate(world):
        out += arrays["weights"][:, [j]] * ((moved - joints[j]) @ T[:3, :3].T + T[:3, 3])
    return out + move, np.stack([T[:3, 3] for T in world]) + move


def test_star_bodies_are_those_of_its_paper(tmp_path):
    arrays = arrays_of("star")
    shape, pose, move = drawn(4, "star")
    posed = pose_bodies(read_smpl(write_npz(tmp_path, arrays)), shape, pose, move)
    for b in range(4):
        vertices, joints = star(arrays, shape[b], pose[b], move[b])
        np.testing.assert_allclose(posed.vertices[b], vertices, atol=EXACT_M, rtol=0)
        np.testing.assert_allclose(posed.joints[b], joints, atol=EXACT_M, rtol=0)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_family_is_told_by_the_arrays(tmp_path, family):
    model = read_smpl(write_npz(tmp_path, arrays_of(family), "whatever.bin.npz"))
    assert (model.family, model.has_uv, model.sex) == (family, False, "neutral")
    assert model.joint_names == FAMILIES[family].joint_names
    assert model.parents[0] == -1
    assert (model.parents[1:] < np.arange(1, len(model.parents))).all()
    back = tmp_path / "model.npz"
    model.save(back)
    assert BodyModel.load(back).family == family


def test_only_exact_zeros_are_left_out(tmp_path):
    arrays = arrays_of("smpl")
    arrays["weights"][0] = 0.0
    arrays["weights"][0, :6] = [1 - 5e-9, 1e-9, 1e-9, 1e-9, 1e-9, 1e-9]
    arrays["posedirs"][1] = 0.0
    arrays["posedirs"][1, 2, 9 * 4 + 3] = 1e-12
    model = read_smpl(write_npz(tmp_path, arrays))
    assert model.weights.shape[1] == 6
    assert (model.weights[0] > 0).sum() == 6
    entries = np.flatnonzero(model.posedir_vertex == 1)
    assert len(entries) == 1
    assert model.posedir_start[5] <= entries[0] < model.posedir_start[6], "feature 4 * 9 + 3 is joint 5's"
    assert model.posedirs[entries[0], 3, 2] == np.float32(1e-12)


def test_expressions_and_further_shapes_are_left_out(tmp_path):
    arrays = arrays_of("smplx")
    path = write_npz(tmp_path, arrays)
    np.testing.assert_allclose(read_smpl(path).shapedirs[15], arrays["shapedirs"][..., 15], rtol=1e-6)
    assert [len(read_smpl(path, n).shapedirs) for n in (10, 16, 500)] == [10, 16, 300]
    arrays["shapedirs"] = arrays["shapedirs"][..., :20]
    assert len(read_smpl(write_npz(tmp_path, arrays)).shapedirs) == 10


def test_parts_follow_the_weights(tmp_path):
    arrays = arrays_of("smplx")
    names = FAMILIES["smplx"].joint_names
    wanted = {"spine2": "torso", "left_collar": "torso", "right_knee": "right_lower_leg", "left_ring2": "left_hand"}
    wanted |= {"jaw": "head", "right_eye_smplhf": "head", "left_foot": "left_foot", "left_shoulder": "left_upper_arm"}
    for v, joint in enumerate(wanted):
        arrays["weights"][v] = np.eye(len(names))[names.index(joint)]
    arrays["f"][: len(wanted)] = np.arange(len(wanted))[:, None]
    model = read_smpl(write_npz(tmp_path, arrays))
    assert [model.part_names[p] for p in model.part[: len(wanted)]] == list(wanted.values())


def test_sparse_regressors_and_pickles_give_the_same_model(tmp_path):
    arrays = arrays_of("smpl")
    plain = read_smpl(write_npz(tmp_path, arrays))
    sparse = {**arrays, "J_regressor": sp.csc_matrix(arrays["J_regressor"])}
    for path in (write_npz(tmp_path, sparse, "sparse.npz"), tmp_path / "old.pkl", tmp_path / "new"):
        if not path.exists():
            path.write_bytes(pickle.dumps({**sparse, "bs_type": "lrotmin"}, 2 if path.suffix else 5))
        model = read_smpl(path)
        for name in ("v_template", "shapedirs", "J_template", "J_shapedirs", "weights", "posedirs", "parents"):
            np.testing.assert_array_equal(getattr(model, name), getattr(plain, name))


def test_the_sex_that_a_file_says(tmp_path):
    for said, sex in (("female", "female"), (b"MALE", "male"), ("neutral", "neutral"), ("", "neutral")):
        assert read_smpl(write_npz(tmp_path, {**arrays_of("smpl"), "gender": np.array(said)})).sex == sex


@pytest.mark.parametrize("family", FAMILIES)
def test_named_skeletons_are_there_on_meshes_of_known_size(tmp_path, family):
    size = 10475 if family == "smplx" else 6890
    rng = np.random.default_rng(1)
    arrays = random_arrays(family, rng, n_vertices=40)  # the first 40 vertices are a body, the others lie still
    for name in ("v_template", "shapedirs", "posedirs"):
        arrays[name] = np.concatenate([arrays[name], np.zeros((size - 40, *arrays[name].shape[1:]))])
    arrays["weights"] = np.concatenate([arrays["weights"], np.repeat(arrays["weights"][:1], size - 40, axis=0)])
    arrays["J_regressor"] = np.concatenate(
        [arrays["J_regressor"], np.zeros((len(arrays["J_regressor"]), size - 40))], axis=1
    )
    nose = 9120 if family == "smplx" else 332
    arrays["v_template"][nose] = [0.1, 0.2, 0.3]
    model = read_smpl(write_npz(tmp_path, arrays))
    for name in skeleton_names():
        named, default = skeleton(name, family), skeleton(name)
        assert (named.joint_names, named.parents, named.pairs) == (default.joint_names, default.parents, default.pairs)
        np.testing.assert_allclose(joint_regressor(model, named).sum(axis=1), 1.0, atol=1e-6)
    coco = skeleton("coco17", family)
    joints = skeleton_joints(model, coco, model.v_template[None], model.J_template[None])[0]
    np.testing.assert_allclose(joints[0], [0.1, 0.2, 0.3], atol=1e-6)
    np.testing.assert_array_equal(joints[9], model.J_template[model.joint("left_wrist")])
    own = skeleton("smpl24", family)
    assert all(own.exact) == (family in ("smpl", "star"))
    np.testing.assert_array_equal(
        skeleton_joints(model, own, model.v_template[None], model.J_template[None])[0, :22], model.J_template[:22]
    )


def broken(key: str, change: Any) -> dict[str, Any]:
    arrays = arrays_of("smpl")
    arrays[key] = change(
        arrays[key].astype(np.float64) if arrays[key].dtype.kind == "f" else arrays[key].astype(np.int64)
    )
    return arrays


def put(index: Any, value: Any) -> Any:
    def change(array: np.ndarray) -> np.ndarray:
        array[index] = value
        return array

    return change


@pytest.mark.parametrize(
    ("key", "change", "message"),
    [
        (
            "posedirs",
            lambda a: a[..., :135],
            r"posedirs \(400, 3, 135\) are 24 joints and 135 pose features; expected smpl 24 and 207",
        ),
        ("kintree_table", lambda a: a[:, :16], r"of no family that is known: kintree_table \(2, 16\)"),
        (
            "shapedirs",
            lambda a: a[:-1],
            r"shapedirs has shape \(399, 3, 16\), expected \(400, 3, any\) for smpl of 400 vertices",
        ),
        ("v_template", lambda a: a[:, :2], r"v_template has shape \(400, 2\), expected \(400, 3\)"),
        ("v_template", lambda a: np.float64(1.0), r"v_template has shape \(\), expected \(400, 3\)"),
        ("J_regressor", lambda a: a.T, r"J_regressor has shape \(400, 24\), expected \(24, 400\)"),
        ("shapedirs", lambda a: a[..., :0], "shapedirs holds 0 values of float64"),
        ("f", lambda a: a.astype(str), "f holds 2400 values of <U"),
        (
            "v_template",
            put((7, 1), np.nan),
            r"v_template has values that are not finite, first at \(7, 1\); the file is damaged",
        ),
        ("posedirs", put((3, 2, 9), np.inf), r"posedirs has values that are not finite, first at \(3, 2, 9\)"),
        ("f", put((0, 0), 400), r"f has indices \d+ to 400; expected 0 to 399"),
        ("weights", lambda a: a * 1.01, r"the weights of vertex \d+ sum to 1\.01"),
        (
            "weights",
            put((5, slice(0, 2)), [-0.5, 1.5]),
            r"the weights of vertex 5 .* the least of them is -0\.5; expected",
        ),
        (
            "v_template",
            lambda a: a * 1000,
            r"v_template is 1\d{3} high along y; expected y up, and 0\.3 to 3\.0 metres",
        ),
        ("kintree_table", put((0, 4), 7), r"kintree_table gives joint 4 the parent 7; expected one tree without rings"),
        ("kintree_table", put((0, 1), 1), "kintree_table gives joint 1 the parent 1"),
        ("kintree_table", put((0, 0), 3), "kintree_table gives joint 0 the parent 3"),
        ("kintree_table", put((0, 9), 99), "kintree_table gives joint 9 the parent 99"),
        ("kintree_table", put((1, 9), 8), "expected one tree"),
    ],
)
def test_files_that_do_not_fit_are_refused_in_words(tmp_path, key, change, message):
    path = write_npz(tmp_path, broken(key, change))
    with pytest.raises(InputError, match=f"body {path}: .*{message}"):
        read_smpl(path)


def test_what_is_missing_is_named(tmp_path):
    arrays = arrays_of("smplh")
    del arrays["posedirs"], arrays["kintree_table"]
    with pytest.raises(
        InputError, match="has no posedirs, kintree_table; expected a body model of SMPL, SMPL-H, SMPL-X or STAR"
    ):
        read_smpl(write_npz(tmp_path, arrays))


def test_a_file_of_something_else_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("Where is my model?\n")
    with pytest.raises(
        InputError, match=r"notes\.txt \(no npz, so taken for a pickle\): not read as a pickle of arrays"
    ):
        read_smpl(tmp_path / "notes.txt")
    with pytest.raises(InputError, match=r"nowhere\.npz: not read .*No such file"):
        read_smpl(tmp_path / "nowhere.npz")
    with pytest.raises(InputError, match=r"body .*: not read"):
        read_smpl(tmp_path)
    (tmp_path / "list.pkl").write_bytes(pickle.dumps([1, 2]))
    with pytest.raises(InputError, match="holds a list; expected a table of v_template"):
        read_smpl(tmp_path / "list.pkl")
    whole = write_npz(tmp_path, arrays_of("smpl")).read_bytes()
    (tmp_path / "cut.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"cut\.npz"):
        read_smpl(tmp_path / "cut.npz")
    (tmp_path / "damaged.npz").write_bytes(whole[:300] + b"x" * 300 + whole[600:])
    with pytest.raises(InputError, match=r"damaged\.npz: not read"):
        read_smpl(tmp_path / "damaged.npz")


class Runs:
    def __reduce__(self):
        return eval, ("open('ran', 'w')",)


def test_code_in_a_file_is_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "evil.pkl").write_bytes(pickle.dumps({**arrays_of("smpl"), "note": Runs()}))
    held = write_npz(tmp_path, {**arrays_of("smpl"), "J_regressor": np.array([Runs()], dtype=object)}, "evil.npz")
    for path in (tmp_path / "evil.pkl", held):
        with pytest.raises(InputError, match=r"it wants to run builtins\.eval"):
            read_smpl(path)
    unread = write_npz(tmp_path, {**arrays_of("smpl"), "note": np.array([Runs()], dtype=object)}, "unread.npz")
    assert read_smpl(unread).family == "smpl"
    assert not (tmp_path / "ran").exists()
