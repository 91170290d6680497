import pytest

from manikin.tasks.bodies.people import ShapeSettings
from manikin.tasks.errors import InputError
from manikin.tasks.jobs.plan import shape_settings


def test_parameters_that_went_through_json_are_settings_again():
    read = {"children_share": 0.25, "height_range": [1.5, 1.9]}
    assert shape_settings(read) == ShapeSettings(children_share=0.25, height_range=(1.5, 1.9))
    assert shape_settings({}) == ShapeSettings()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"hight_range": [1.5, 1.9]}, r"shapes has no setting 'hight_range'; it has female_share, children_share"),
        ({"height_range": [1.9, 1.5]}, r"height_range 1.9 to 1.5 m is empty"),
        ({"height_range": "tall"}, r"height_range is 'tall', expected two numbers"),
    ],
)
def test_wrong_parameters_are_refused(parameters, message):
    with pytest.raises(InputError, match=message):
        shape_settings(parameters)
