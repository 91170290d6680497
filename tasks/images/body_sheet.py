"""Many body shapes in one pose, in clay, at one scale: to judge by eye what is sampled."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.evaluate import pose_bodies
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.bodies.shapes import PersonShape
from manikin.tasks.images.clay import caption, clay_mesh, draw_clay, orbit_camera
from manikin.tasks.images.overlay import tile
from manikin.tasks.images.renderer import renderer

U8 = NDArray[np.uint8]
F64 = NDArray[np.float64]

_AZIMUTH, _ELEVATION = 0.45, 0.05
_HALF_WIDTH_M, _HALF_DEPTH_M, _HEIGHT_M = 0.45, 0.3, 1.9  # of the box that every picture frames


def draw_shapes(model: BodyModel, people: Sequence[PersonShape], pose: F64, columns: int = 8, size: int = 240) -> U8:
    """Return a sheet of people who stand on one ground, each with its sex, age, stature, weight and index.

    Args:
        model: the body.
        people: in the order of the sheet.
        pose: axis-angle (J, 3) of all.
        columns: pictures a row.
        size: of a picture, pixels.

    Raises:
        InputError: coefficients or pose do not fit the model.
    """
    draw, mesh = renderer("numba"), clay_mesh(model)
    box = np.array([[-_HALF_WIDTH_M, 0.0, -_HALF_DEPTH_M], [_HALF_WIDTH_M, _HEIGHT_M, _HALF_DEPTH_M]])
    camera = orbit_camera(box, size, _AZIMUTH, _ELEVATION)
    pictures = []
    for person in people:
        posed = pose_bodies(model, person.coefficients[None], np.asarray(pose)[None], np.zeros((1, 3)))
        on_ground = posed.vertices[0] - np.array([0.0, posed.vertices[0, :, 1].min(), 0.0], np.float32)
        picture = draw_clay(draw, mesh, on_ground, posed.normals[0], camera)
        bmi = person.weight_kg / person.height_m**2
        words = (
            f"{person.sex[0]} {person.age_years:.0f} y {person.height_m:.2f} m {person.weight_kg:.0f} kg ({bmi:.0f})"
        )
        pictures.append(caption(picture, words))
    return tile(pictures, columns)
