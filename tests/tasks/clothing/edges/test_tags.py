import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from manikin.tasks.clothing.edges.tags import find_tag

U8 = NDArray[np.uint8]
SIZE = 360
CLOTH, BLACK, GROUND = (200, 195, 190), (25, 22, 24), (150, 100, 50)
CENTRE, TURNED = (230.0, 150.0), 14.0


def mask() -> U8:
    out = np.zeros((SIZE, SIZE), np.uint8)
    out[20:340, 60:300] = 255
    return out


def corners(centre: tuple[float, float] = CENTRE, size: tuple[float, float] = (22.0, 44.0)) -> NDArray[np.int32]:
    return np.rint(cv2.boxPoints((centre, size, TURNED))).astype(np.int32)


def worn(*, tag: bool = True, thread: bool = True, others: tuple[NDArray[np.int32], ...] = ()) -> U8:
    rgb = np.full((SIZE, SIZE, 3), GROUND, np.uint8)
    rgb[mask() > 0] = CLOTH
    for patch in ((corners(),) if tag else ()) + others:
        cv2.fillPoly(rgb, [patch], BLACK)
    if thread:
        cv2.line(rgb, (236, 130), (245, 90), BLACK, 2)
    return np.clip(rgb + np.random.default_rng(0).normal(0, 2, rgb.shape), 0, 255).astype(np.uint8)


def test_a_tag_is_found_with_its_thread() -> None:
    found, tag = find_tag(worn(), mask()), np.zeros((SIZE, SIZE), np.uint8)
    cv2.fillPoly(tag, [corners()], 1)
    assert found[tag > 0].all()
    assert found[95:128].any(axis=1).all()
    assert found.sum() < 1.6 * tag.sum()


@pytest.mark.parametrize(
    "rgb",
    [
        worn(thread=False),  # a badge
        worn(tag=False),  # a cord
        worn(others=(corners((120.0, 150.0)),)),  # two pockets
        worn(tag=False, others=(cv2.ellipse2Poly((230, 150), (24, 24), 0, 0, 360, 10),)),  # a round print
        worn(others=tuple(corners((90.0 + 30 * k, 280.0), (12.0, 40.0)) for k in range(6))),  # a pattern
    ],
)
def test_what_is_no_tag_stays(rgb: U8) -> None:
    assert not find_tag(rgb, mask()).any()


def test_nothing_is_found_without_a_garment() -> None:
    assert not find_tag(worn(), np.zeros_like(mask())).any()
