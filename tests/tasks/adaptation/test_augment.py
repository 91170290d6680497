from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manikin.tasks.adaptation.augment import (
    Augmentation,
    Labels,
    augment_image,
    augment_labels,
    crop_matrix,
    move_box,
    move_K,
    move_points,
    sample_augmentation,
)
from manikin.tasks.adaptation.filters import blur_gaussian, blur_motion, change_colours, resample
from manikin.tasks.errors import InputError
from manikin.tasks.images.camera import Camera

H, W = 96, 128
NONE = Augmentation()

crops = st.builds(
    lambda keep, x, y: Augmentation(
        crop_x=x * (1 - keep) * W, crop_y=y * (1 - keep) * H, crop_w=keep * W, crop_h=keep * H
    ),
    st.floats(0.5, 1),
    st.floats(0, 1),
    st.floats(0, 1),
)


@pytest.fixture
def photo() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (H, W, 3)).astype(np.uint8)


@pytest.fixture
def labels() -> Labels:
    rng = np.random.default_rng(1)
    mask, part = np.zeros((H, W), np.uint8), np.zeros((H, W), np.uint8)
    mask[20:80, 40:90], part[20:80, 40:90] = 255, rng.integers(1, 14, (60, 50))
    return Labels(
        K=np.array([[120.0, 0, 60], [0, 125, 50], [0, 0, 1]]),
        xy={
            "coco17": rng.uniform([0, 0], [W, H], (17, 2)).astype(np.float32),
            "body": np.float32([[64, 48], [500, 3]]),
        },
        visibility={"coco17": rng.integers(1, 4, 17).astype(np.uint8), "body": np.uint8([3, 0])},
        box=(40.0, 20.0, 50.0, 60.0),
        mask=mask,
        depth=np.where(mask > 0, 3 + rng.random((H, W)), 0).astype(np.float32),
        part=part,
    )


def dot(x: float, y: float) -> np.ndarray:
    """A round blob of light at a place given in pixels, the centre of pixel 0 at 0.5."""
    rows, columns = np.mgrid[:H, :W] + 0.5
    light = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * 2.5**2))
    return np.repeat(np.round(255 * light)[..., None], 3, 2).astype(np.uint8)


def place(image: np.ndarray) -> np.ndarray:
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]] + 0.5
    weight = image[..., 0].astype(float)
    return np.array([(columns * weight).sum(), (rows * weight).sum()]) / weight.sum()


# -- geometry


@given(crop=crops, u=st.floats(0.25, 0.75), v=st.floats(0.25, 0.75))
def test_pixels_and_points_move_alike(crop: Augmentation, u: float, v: float) -> None:
    """A dot in the augmented picture is where its label is, to a twentieth of a pixel."""
    x, y = crop.crop_x + u * crop.crop_w, crop.crop_y + v * crop.crop_h
    seen = place(augment_image(dot(x, y), crop))
    expected = move_points(np.array([x, y]), crop_matrix(crop, W, H))
    np.testing.assert_allclose(expected, [u * W, v * H], atol=1e-9)
    np.testing.assert_allclose(seen, expected, atol=0.05)


@given(crop=crops, seed=st.integers(0, 100))
def test_new_K_projects_to_where_the_old_projection_moves(crop: Augmentation, seed: int) -> None:
    points = np.random.default_rng(seed).uniform([-1, -1, 2], [1, 1, 5], (20, 3))
    K = np.array([[120.0, 0.5, 60], [0, 125, 50], [0, 0, 1]])
    A = crop_matrix(crop, W, H)
    before, _ = Camera(K, np.eye(4), W, H).project(points)
    after, _ = Camera(move_K(K, A), np.eye(4), W, H).project(points)
    np.testing.assert_allclose(after, move_points(before, A), atol=1e-9)


@given(crop=crops)
def test_mask_and_picture_move_alike(crop: Augmentation) -> None:
    image = np.zeros((H, W, 3), np.uint8)
    image[20:70, 30:100] = 255
    empty = np.zeros((0, 2), np.float32)
    labels = Labels(
        np.eye(3), {"s": empty}, {"s": np.zeros(0, np.uint8)}, (30, 20, 70, 50),
        image[..., 0], (image[..., 0] / 85).astype(np.float32), image[..., 0],
    )  # fmt: skip
    moved = augment_labels(labels, crop)
    np.testing.assert_array_equal(moved.mask, augment_image(image, crop)[..., 0])
    np.testing.assert_array_equal(moved.depth > 0, moved.part > 0)
    sure = (moved.mask == 0) | (moved.mask == 255)
    np.testing.assert_array_equal((moved.depth > 0)[sure], (moved.mask > 0)[sure])
    assert set(np.unique(moved.depth)) <= {0.0, 3.0}
    x, y, w, h = moved.box
    rows, columns = np.nonzero(moved.mask >= 128)
    if len(rows):
        np.testing.assert_allclose(
            [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], [x, y, x + w, y + h], atol=1.01
        )


def test_joints_that_leave_the_picture_are_no_longer_visible(labels: Labels) -> None:
    moved = augment_labels(labels, Augmentation(crop_x=32, crop_y=24, crop_w=64, crop_h=48))
    xy = labels.xy["coco17"]
    inside = (xy[:, 0] >= 32) & (xy[:, 0] < 96) & (xy[:, 1] >= 24) & (xy[:, 1] < 72)
    assert 0 < inside.sum() < 17
    np.testing.assert_array_equal(moved.visibility["coco17"], np.where(inside, labels.visibility["coco17"], 0))
    np.testing.assert_array_equal(moved.visibility["body"], [3, 0])
    assert moved.xy["coco17"].dtype == np.float32


def test_box_is_clipped_and_gone_when_outside() -> None:
    A = crop_matrix(Augmentation(crop_x=64, crop_y=48, crop_w=64, crop_h=48), W, H)
    assert move_box((40, 40, 50, 20), A, W, H) == (0, 0, 52, 24)
    assert move_box((10, 10, 20, 20), A, W, H) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    "crop",
    [
        {"crop_x": 100.0, "crop_w": 64.0, "crop_h": 48.0},
        {"crop_x": -1.0, "crop_w": 64.0, "crop_h": 48.0},
        {"crop_w": 64.0},
        {"crop_w": float("nan"), "crop_h": 48.0},
    ],
)
def test_a_crop_that_leaves_the_picture_is_refused(crop: dict[str, float], photo: np.ndarray, labels: Labels) -> None:
    with pytest.raises(InputError, match="not within the picture of 128 x 96"):
        augment_image(photo, replace(NONE, **crop))
    with pytest.raises(InputError, match="not within the picture of 128 x 96"):
        augment_labels(labels, replace(NONE, **crop))


# -- identity and determinism


def test_nothing_changes_nothing(photo: np.ndarray, labels: Labels) -> None:
    out = augment_image(photo, NONE)
    np.testing.assert_array_equal(out, photo)
    assert out is not photo
    same = augment_labels(labels, NONE)
    for name in ("K", "mask", "depth", "part", "box"):
        np.testing.assert_array_equal(getattr(same, name), getattr(labels, name))
    for name in ("coco17", "body"):
        np.testing.assert_array_equal(same.xy[name], labels.xy[name])
        np.testing.assert_array_equal(same.visibility[name], labels.visibility[name])


def test_a_crop_of_everything_changes_nothing(photo: np.ndarray) -> None:
    np.testing.assert_array_equal(augment_image(photo, Augmentation(crop_w=W, crop_h=H)), photo)


@given(seed=st.integers(0, 200))
def test_strength_0_is_no_augmentation(seed: int) -> None:
    assert sample_augmentation(np.random.default_rng(seed), 0.0, 256) == NONE


@given(seed=st.integers(0, 200), strength=st.floats(0.1, 1))
def test_drawn_values_are_plain_repeat_and_fit_the_picture(seed: int, strength: float) -> None:
    a, b = (sample_augmentation(np.random.default_rng(seed), strength, 128) for _ in range(2))
    assert a == b
    assert {type(v) for v in asdict(a).values()} <= {int, float}
    crop_matrix(a, 128, 128)
    assert a.jpeg_quality == 0 or 30 <= a.jpeg_quality <= 100
    image = np.random.default_rng(0).integers(0, 256, (128, 128, 3)).astype(np.uint8)
    first = augment_image(image, a)
    assert first.shape == image.shape
    np.testing.assert_array_equal(first, augment_image(image, a))


def test_each_change_takes_place_in_a_part_of_the_pictures() -> None:
    drawn = [sample_augmentation(np.random.default_rng(i), 1.0, 256) for i in range(400)]
    for name in ("crop_w", "blur_sigma", "motion_length", "noise_sd", "jpeg_quality"):
        share = np.mean([getattr(a, name) > 0 for a in drawn])
        assert 0.05 < share < 0.7, name


# -- pixels


def test_brightness_contrast_saturation() -> None:
    pixel = np.uint8([[[100, 150, 200]]])
    np.testing.assert_array_equal(change_colours(pixel, 0.1, 1, 1, 0), [[[126, 176, 226]]])
    np.testing.assert_array_equal(change_colours(pixel, 0, 2, 1, 0), [[[73, 173, 255]]])
    grey = change_colours(pixel, 0, 1, 0, 0)[0, 0]
    assert len(set(grey.tolist())) == 1
    assert grey[0] == round(0.299 * 100 + 0.587 * 150 + 0.114 * 200)


def test_hue_turns_by_a_third_and_keeps_greys() -> None:
    red = np.uint8([[[255, 0, 0]]])
    turned = change_colours(red, 0, 1, 1, 2 * np.pi / 3)[0, 0].tolist()
    assert turned == [0, 255, 0]
    np.testing.assert_array_equal(change_colours(np.uint8([[[77, 77, 77]]]), 0, 1, 1, 1.0), [[[77, 77, 77]]])


@pytest.mark.parametrize("sigma", [0.8, 1.4, 2.3])
def test_gaussian_blur_spreads_a_dot_by_its_variance(sigma: float) -> None:
    image = dot(64.5, 48.5)
    columns = np.arange(W) + 0.5

    def variance(picture: np.ndarray) -> float:
        weight = picture[..., 0].astype(float)
        return float((((columns - 64.5) ** 2) * weight).sum() / weight.sum())

    blurred = blur_gaussian(image, sigma)
    np.testing.assert_allclose(place(blurred), [64.5, 48.5], atol=0.02)
    assert variance(blurred) - variance(image) == pytest.approx(sigma**2, rel=0.15)


def test_motion_blur_spreads_along_its_direction_alone() -> None:
    image = np.zeros((H, W, 3), np.uint8)
    image[48, 64] = 255
    blurred = blur_motion(image, 8.0, 0.0)
    assert (blurred[48, 60:69, 0] > 0).all()
    assert not blurred[[47, 49]].any()
    np.testing.assert_allclose(place(blurred), [64.5, 48.5], atol=0.02)
    upright = blur_motion(image, 8.0, np.pi / 2)
    np.testing.assert_array_equal(upright[44:53, 64], blurred[48, 60:69])


def test_blurs_keep_an_even_picture_and_its_rim() -> None:
    even = np.full((H, W, 3), (10, 128, 255), np.uint8)
    np.testing.assert_array_equal(blur_gaussian(even, 1.7), even)
    np.testing.assert_array_equal(blur_motion(even, 5.5, 0.7), even)


def test_enlarging_repeats_the_rim_and_invents_no_value(photo: np.ndarray) -> None:
    A = crop_matrix(Augmentation(crop_w=W / 2, crop_h=H / 2), W, H)
    out = resample(photo, A)
    np.testing.assert_array_equal(out[0, 0], photo[0, 0])
    assert (out[1:3, 1:3] >= photo[:2, :2].min((0, 1))).all()
    assert (out[1:3, 1:3] <= photo[:2, :2].max((0, 1))).all()


def test_jpeg_loses_more_at_lower_quality() -> None:
    rows, columns = np.mgrid[:H, :W]
    image = np.stack([rows * 2, columns, (rows + columns) % 256], -1).astype(np.uint8)
    error = [np.abs(augment_image(image, Augmentation(jpeg_quality=q)).astype(int) - image).mean() for q in (95, 30)]
    assert 0 < error[0] < error[1] < 12


def test_noise_is_its_seeds(photo: np.ndarray) -> None:
    a, b, c = (augment_image(photo, Augmentation(noise_sd=5, noise_seed=seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(a, b)
    assert (a != c).mean() > 0.5
