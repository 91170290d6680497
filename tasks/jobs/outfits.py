"""People of a data set in their outfits, on plain paper: to judge by eye what is worn, how it bends and where it ends."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from manikin.storage.stage import StageRef
from manikin.tasks.errors import InputError
from manikin.tasks.images.clay import caption, on_paper, orbit_camera, studio_lights
from manikin.tasks.images.overlay import tile
from manikin.tasks.jobs.render import BATCH, RenderJob, draw_person, people_of, world_of
from manikin.tasks.scenes.outfit import NOTHING

U8 = NDArray[np.uint8]

_ROOM_M = 0.08  # about the body, for skirts
_TURNS = (0.35, -0.5, 2.6, np.pi)  # of the camera, picture by picture: from both sides of the front, and from behind


def outfits_sheet(
    stages: Mapping[str, StageRef], count: int, columns: int = 8, size: int = 280, deform: str = "lbs"
) -> U8:
    """Return a sheet of the first people of a data set's plan.

    Args:
        stages: body, poses, textures, backgrounds and plan of the data set.
        count: how many people.
        columns: pictures a row.
        size: of a picture, pixels.
        deform: one of `evaluate.DEFORMATIONS`.

    Raises:
        InputError: the plan has fewer rows.
    """
    first = next(iter(stages.values()))
    world = world_of(RenderJob(first.folder, tuple(stages.items()), count, size, count, deform))
    if not 0 < count <= len(world.plan):
        raise InputError(f"{count} people of a plan of {len(world.plan)} rows; ask for 1 to {len(world.plan)}")
    pictures = []
    for start in range(0, count, BATCH):
        stop = min(start + BATCH, count)
        for i, person in zip(range(start, stop), people_of(world, start, stop), strict=True):
            row = world.plan.iloc[i].to_dict()
            room = np.concatenate([person.vertices - _ROOM_M, person.vertices + _ROOM_M])
            camera = orbit_camera(room, size, _TURNS[i % len(_TURNS)], 0.05)
            frame = draw_person(world, row, person, camera, studio_lights(camera))
            pictures.append(caption(on_paper(frame), f"{i} {_words(row['top'])}, {_words(row['bottom'])}"))
    return tile(pictures, columns)


def _words(layer: str) -> str:
    """Return a layer's name without the hash of its photo."""
    return "-" if layer == NOTHING else "-".join(word for word in layer.split("-") if len(word) < 12)
