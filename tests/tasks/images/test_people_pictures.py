import numpy as np
import pytest

from manikin.tasks.bodies.people import ShapeSettings, draw_person
from manikin.tasks.bodies.shapes import PersonShape
from manikin.tasks.errors import InputError
from manikin.tasks.images.body_sheet import draw_shapes
from manikin.tasks.images.clay import PAPER
from manikin.tasks.images.histograms import MEASURES, shape_histograms

NO_SHAPE = np.zeros(1, np.float32)
LINE, BAR = (196, 78, 32), (164, 192, 222)


def crowd(n, **settings):
    people = (draw_person(ShapeSettings(**settings), np.random.default_rng(i)) for i in range(n))
    return [PersonShape(p.sex, p.years, p.height_m, p.bmi * p.height_m**2, 0.5, NO_SHAPE) for p in people]


def panel_of(picture, row, column):
    height, width = picture.shape[0] // 2, picture.shape[1] // len(MEASURES)
    return picture[row * height : (row + 1) * height, column * width : (column + 1) * width]


def tops(panel, colour):
    """The row of the highest pixel of a colour in each column that has one."""
    found = (np.abs(panel.astype(int) - colour) < 12).all(axis=2)
    columns = np.flatnonzero(found.any(axis=0))
    return dict(zip(columns.tolist(), found[:, columns].argmax(axis=0).tolist(), strict=True))


def test_bars_stand_under_the_published_line_where_people_are_as_published():
    picture = shape_histograms(crowd(4000))
    for row in range(2):
        for column in range(len(MEASURES)):
            panel = panel_of(picture, row, column)
            line, bars = tops(panel, LINE), tops(panel, BAR)
            both = [x for x in line if x in bars]
            assert len(both) > 60
            assert np.median([abs(line[x] - bars[x]) for x in both]) < 12


def test_bars_leave_the_line_where_people_are_chosen():
    panel = panel_of(shape_histograms(crowd(2000, height_range=(1.75, 2.1))), 0, 0)
    line, bars = tops(panel, LINE), tops(panel, BAR)
    assert min(bars) > (min(line) + max(line)) / 2 - 20
    assert max(line.values()) - min(bars.values()) > 100


def test_histograms_of_one_sex_alone_are_refused():
    with pytest.raises(InputError, match=r"none of the 20 people is female: histograms need both sexes"):
        shape_histograms(crowd(20, female_share=0.0))


def test_people_on_a_sheet_stand_on_one_ground_at_one_scale(body):
    shape = np.zeros(len(body.shapedirs), np.float32)
    other = shape.copy()
    other[0] = -2.0
    people = [PersonShape("female", 30.0, 1.7, 65.0, 0.4, s) for s in (shape, other, shape)]
    sheet = draw_shapes(body, people, np.zeros((len(body.joint_names), 3)), columns=3, size=160)
    assert sheet.shape == (160, 3 * 162 - 2, 3)
    persons = [(np.abs(sheet[20:, k * 162 : k * 162 + 160].astype(int) - PAPER) > 12).any(axis=2) for k in range(3)]
    np.testing.assert_array_equal(persons[0], persons[2])
    lowest = [np.flatnonzero(p.any(axis=1))[-1] for p in persons]
    assert abs(lowest[0] - lowest[1]) <= 2
    heights = [int(low - np.flatnonzero(p.any(axis=1))[0]) for p, low in zip(persons, lowest, strict=True)]
    stature = [np.ptp((body.v_template + s[0] * body.shapedirs[0])[:, 1]) for s in (shape, other)]
    assert heights[1] / heights[0] == pytest.approx(stature[1] / stature[0], abs=0.04)
