from dataclasses import fields

import numpy as np
import pytest

from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.errors import InputError


def test_a_saved_model_comes_back_the_same(small_body, tmp_path):
    small_body.save(tmp_path / "body.npz")
    back = BodyModel.load(tmp_path / "body.npz")
    for field in fields(BodyModel):
        was, is_ = getattr(small_body, field.name), getattr(back, field.name)
        assert type(is_) is type(was)
        np.testing.assert_array_equal(is_, was)
        if isinstance(was, np.ndarray):
            assert is_.dtype == was.dtype


def test_joints_are_found_by_name(small_body):
    assert small_body.joint("c") == 2
    with pytest.raises(InputError, match="no joint 'knee'; its joints are a, b"):
        small_body.joint("knee")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.npz is no body model"):
        BodyModel.load(tmp_path / "nowhere.npz")


@pytest.mark.parametrize("content", [b"", b"not a zip"])
def test_a_file_that_is_no_archive_is_named(tmp_path, content):
    (tmp_path / "body.npz").write_bytes(content)
    with pytest.raises(InputError, match=r"body\.npz is no body model"):
        BodyModel.load(tmp_path / "body.npz")


def test_an_archive_of_something_else_is_named(tmp_path):
    np.savez(tmp_path / "body.npz", poses=np.zeros(3))
    with pytest.raises(InputError, match="v_template"):
        BodyModel.load(tmp_path / "body.npz")
