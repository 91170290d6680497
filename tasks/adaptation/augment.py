"""Changes a finished picture as other cameras, crops and codecs would, and its labels exactly with it.

What is changed, and how much, is drawn once into an `Augmentation` of plain numbers, which stands in the plan. A crop
is the only change of geometry; it is an affine map of pixel coordinates (the centre of pixel 0 at 0.5), the same for
pixels, points and the camera's K.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.adaptation.filters import blur_gaussian, blur_motion, change_colours, resample, resample_nearest
from manikin.tasks.errors import InputError
from manikin.tasks.images.grain import add_grain

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Augmentation:
    """What happens to one picture, in this order; the defaults change nothing."""

    crop_x: float = 0.0  # left, top and sides of the part that is kept and enlarged to the picture's size, pixels
    crop_y: float = 0.0
    crop_w: float = 0.0  # 0 = no crop
    crop_h: float = 0.0
    brightness: float = 0.0  # added, share of white
    contrast: float = 1.0
    saturation: float = 1.0
    hue: float = 0.0  # radians
    blur_sigma: float = 0.0  # pixels
    motion_length: float = 0.0  # pixels
    motion_angle: float = 0.0  # radians from x towards y
    noise_sd: float = 0.0  # levels of 255
    noise_seed: int = 0
    jpeg_quality: int = 0  # 1..100, 0 = none


@dataclass(frozen=True, slots=True)
class Labels:
    """What is known of a picture in its own coordinates."""

    K: F64  # (3, 3) pixels
    xy: Mapping[str, F32]  # joints (N, 2) of each skeleton, pixels
    visibility: Mapping[str, U8]  # (N,) of each skeleton; 0 = outside the picture
    box: tuple[float, float, float, float]  # left, top, width, height of the person, pixels
    mask: U8  # (H, W) coverage
    depth: F32  # (H, W) metres
    part: U8  # (H, W)


def sample_augmentation(rng: np.random.Generator, strength: float, size: int) -> Augmentation:
    """Return the augmentation of one picture.

    Each change takes place in a part of the pictures only; the same number of draws is made whatever the strength.

    Args:
        rng: the row's augmentation stream.
        strength: 0 (nothing) to 1 (as strong as real photos differ).
        size: side of the picture, pixels.
    """
    keep = 1 - 0.25 * strength * rng.uniform()
    x, y = (1 - keep) * rng.uniform(size=2)
    if not rng.uniform() < 0.5:
        x, y, keep = 0.0, 0.0, 0.0
    brightness, contrast, saturation, hue = strength * rng.uniform(-1, 1, 4) * [0.12, 0.25, 0.35, 0.1]
    blur, motion, noise, jpeg = rng.uniform(size=4) < [0.3, 0.15, 0.5, 0.5]
    pixel = size / 256
    sigma = strength * pixel * rng.uniform(0.3, 1.1)
    length, angle = strength * pixel * rng.uniform(1, 5), rng.uniform(0, np.pi)
    sd, seed = strength * rng.uniform(1, 8), int(rng.integers(2**31))
    quality = round(100 - strength * rng.uniform(8, 60))
    on = strength > 0
    return Augmentation(
        crop_x=float(x * size) * on,
        crop_y=float(y * size) * on,
        crop_w=float(keep * size) * on,
        crop_h=float(keep * size) * on,
        brightness=float(brightness),
        contrast=float(1 + contrast),
        saturation=float(1 + saturation),
        hue=float(hue),
        blur_sigma=float(sigma) * bool(blur),
        motion_length=float(length) * bool(motion and not blur),
        motion_angle=float(angle) * on,
        noise_sd=float(sd) * bool(noise),
        noise_seed=seed * on,
        jpeg_quality=quality * bool(jpeg) * on,
    )


def crop_matrix(aug: Augmentation, width: int, height: int) -> F64:
    """Return A (2, 3), which takes pixel coordinates (x, y, 1) of the old picture to those of the new.

    Raises:
        InputError: the crop leaves the picture.
    """
    if aug.crop_w == 0 and aug.crop_h == 0:
        return np.array([[1.0, 0, 0], [0, 1, 0]])
    x, y, w, h = aug.crop_x, aug.crop_y, aug.crop_w, aug.crop_h
    if not (x >= 0 and y >= 0 and w > 0 and h > 0 and x + w <= width + 1e-6 and y + h <= height + 1e-6):
        raise InputError(
            f"crop (left {x}, top {y}, width {w}, height {h}) is not within the picture of {width} x {height} pixels"
        )
    return np.array([[width / w, 0, -x * width / w], [0, height / h, -y * height / h]])


def augment_image(image: U8, aug: Augmentation) -> U8:
    """Return the picture (H, W, 3) as the augmentation leaves it, at the same size."""
    out = image
    if aug.crop_w or aug.crop_h:
        out = resample(out, crop_matrix(aug, image.shape[1], image.shape[0]))
    if (aug.brightness, aug.contrast, aug.saturation, aug.hue) != (0, 1, 1, 0):
        out = change_colours(out, aug.brightness, aug.contrast, aug.saturation, aug.hue)
    if aug.blur_sigma:
        out = blur_gaussian(out, aug.blur_sigma)
    if aug.motion_length:
        out = blur_motion(out, aug.motion_length, aug.motion_angle)
    if aug.noise_sd:
        out = add_grain(out, aug.noise_sd, 0.0, aug.noise_seed)
    if aug.jpeg_quality:
        out = _jpeg(out, aug.jpeg_quality)
    return out.copy() if out is image else out


def augment_labels(labels: Labels, aug: Augmentation) -> Labels:
    """Return the labels of the augmented picture.

    Points and K are moved exactly: the new K projects a point to where the old projection is moved. A joint that has
    left the picture has visibility 0, the box is clipped to the picture, the mask is resampled as the picture is, depth
    and part are taken from the nearest pixel. Depth itself does not change: the camera stays where it was.
    """
    height, width = labels.mask.shape
    A = crop_matrix(aug, width, height)
    xy = {name: move_points(points, A).astype(np.float32) for name, points in labels.xy.items()}
    return Labels(
        K=move_K(labels.K, A),
        xy=xy,
        visibility={name: _still_inside(labels.visibility[name], xy[name], width, height) for name in xy},
        box=move_box(labels.box, A, width, height),
        mask=resample(labels.mask[..., None], A)[..., 0],
        depth=resample_nearest(labels.depth, A).astype(np.float32, copy=False),
        part=resample_nearest(labels.part, A).astype(np.uint8, copy=False),
    )


def move_points(xy: NDArray[np.floating], A: F64) -> F64:
    """Return points (..., 2) moved by A (2, 3)."""
    p = np.asarray(xy, np.float64)
    return p[..., 0, None] * A[:, 0] + p[..., 1, None] * A[:, 1] + A[:, 2]


def move_K(K: F64, A: F64) -> F64:
    """Return the intrinsics (3, 3) of a picture moved by A (2, 3)."""
    return np.vstack([A[:, :1] * K[0] + A[:, 1:2] * K[1] + A[:, 2:] * K[2], K[2]])


def move_box(
    box: tuple[float, float, float, float], A: F64, width: int, height: int
) -> tuple[float, float, float, float]:
    """Return a box (left, top, width, height) moved by A and clipped to the picture; all 0 if it has left it."""
    x, y, w, h = box
    (x0, y0), (x1, y1) = move_points(np.array([[x, y], [x + w, y + h]]), A)
    x0, x1 = (float(min(max(v, 0.0), width)) for v in (x0, x1))
    y0, y1 = (float(min(max(v, 0.0), height)) for v in (y0, y1))
    return (x0, y0, x1 - x0, y1 - y0) if x1 > x0 and y1 > y0 else (0.0, 0.0, 0.0, 0.0)


def _still_inside(visibility: U8, xy: F32, width: int, height: int) -> U8:
    inside = (xy[:, 0] >= 0) & (xy[:, 0] < width) & (xy[:, 1] >= 0) & (xy[:, 1] < height)
    return np.where(inside, visibility, 0).astype(np.uint8)


def _jpeg(image: U8, quality: int) -> U8:
    ok, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not ok:
        raise InputError(f"picture {image.dtype} {image.shape} could not be encoded as JPEG of quality {quality}")
    return np.ascontiguousarray(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)[..., ::-1])
