import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manikin.tasks.images.annotate import Visibility
from manikin.validation.geometry import bone_ratio, joints_on_person, reprojection_px

K = np.array([[[100.0, 0, 32], [0, 100, 32], [0, 0, 1]]])
T = np.eye(4)[None]
WORLD = np.array([[[0.1, 0.2, 2.0], [-0.3, 0.1, 3.0]]], np.float32)
XY = np.array([[[37, 42], [22, 32 + 10 / 3]]], np.float32)


@given(dx=st.floats(-50, 50), dy=st.floats(-50, 50))
def test_a_shifted_joint_is_found_by_its_shift(dx: float, dy: float) -> None:
    wrong = XY + np.array([[[0, 0], [dx, dy]]], np.float32)
    assert reprojection_px(K, T, WORLD, wrong)[0] == pytest.approx(np.hypot(dx, dy), abs=1e-3)


def test_a_swapped_axis_is_found() -> None:
    assert reprojection_px(K, T, WORLD[..., [1, 0, 2]], XY)[0] > 5


def test_visible_joint_off_the_person_is_found() -> None:
    mask = np.zeros((64, 64), np.uint8)
    mask[40:45, 30:40] = 255
    seen = np.full(2, Visibility.VISIBLE, np.uint8)
    assert joints_on_person(XY[0], seen, mask) == 0.5
    hidden = np.array([Visibility.VISIBLE, Visibility.OWN_BODY], np.uint8)
    assert joints_on_person(XY[0], hidden, mask) == 1


def test_bone_ratio_does_not_depend_on_size() -> None:
    parents = np.array([-1, 0], np.int32)
    one = bone_ratio(WORLD, parents, pd.Series([1.7]))
    np.testing.assert_allclose(bone_ratio(2 * WORLD, parents, pd.Series([3.4])), one)
