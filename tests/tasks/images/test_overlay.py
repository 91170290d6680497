import numpy as np

from manikin.tasks.images.annotate import Visibility
from manikin.tasks.images.overlay import BOX, LEFT, RIGHT, draw_labels, tile

GREY = np.full((64, 64, 3), 128, np.uint8)
NOBODY = np.zeros((64, 64), np.uint8)


def drawn(xy: list[tuple[float, float]], visibility: int, pairs: list[tuple[int, int]]) -> np.ndarray:
    seen = np.full(len(xy), visibility, np.uint8)
    return draw_labels(GREY, NOBODY, (0, 0, 64, 64), np.array(xy, np.float32), seen, [-1] * len(xy), pairs)


def test_joints_are_drawn_where_they_are_in_the_colour_of_their_side() -> None:
    picture = drawn([(20.5, 30.5), (40.5, 10.5)], Visibility.VISIBLE, [(0, 1)])
    assert tuple(picture[30, 20]) == LEFT
    assert tuple(picture[10, 40]) == RIGHT


def test_hidden_joints_are_hollow() -> None:
    assert tuple(drawn([(20.5, 30.5)], Visibility.OWN_BODY, [])[30, 20]) == (128, 128, 128)


def test_box_lies_on_the_outermost_pixels_of_the_person() -> None:
    picture = draw_labels(GREY, NOBODY, (10, 20, 30, 15), np.zeros((0, 2), np.float32), np.zeros(0, np.uint8), [], [])
    rows, columns = np.nonzero((picture == BOX).all(-1))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (20, 34, 10, 39)


def test_tiles_stand_in_rows() -> None:
    sheet = tile([np.full((4, 6, 3), k, np.uint8) for k in range(3)], columns=2, gap=1)
    assert sheet.shape == (9, 13, 3)
    assert sheet[0, 7, 0] == 1
    assert sheet[5, 0, 0] == 2
    assert sheet[5, 7, 0] == 255
