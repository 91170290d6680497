"""The bends sheet: joints bent far, close up, as each deformation bends them. For eyes, not for training."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.evaluate import PosedBodies, pose_bodies
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.bodies.posedirs import without_posedirs
from manikin.tasks.bodies.rotations import fraction_of_rotation
from manikin.tasks.bodies.scape import Scape
from manikin.tasks.images.clay import caption, clay_mesh, draw_clay, orbit_camera
from manikin.tasks.images.overlay import tile
from manikin.tasks.images.renderer import renderer
from manikin.tasks.poses.anatomy import SEGMENT, anatomy_of
from manikin.tasks.poses.angles import local_from_coordinates, set_angles, zero_coordinates
from manikin.tasks.poses.keyposes import SPINE_SHARE
from manikin.tasks.poses.postures import RELAXED_CURLS, Postures, joined, pose_of, with_rhythm

F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Bend:
    """One joint's bend, in the words and degrees of the key poses, and from where to look at it."""

    name: str
    angles: tuple[tuple[str, str, dict[str, float]], ...]  # joint, side, degrees by word
    focus: str  # rig joint in the middle of the picture
    radius: float  # metres around it that are seen
    azimuth: float  # 0 from the front, pi / 2 from the body's left


BENDS = (
    Bend(
        "elbow 90", (("shoulder", "L", {"abduction": 40}), ("elbow", "L", {"flexion": 90})), "lowerarm01.L", 0.19, 1.1
    ),
    Bend(
        "elbow 140", (("shoulder", "L", {"abduction": 40}), ("elbow", "L", {"flexion": 140})), "lowerarm01.L", 0.19, 1.1
    ),
    Bend("arm raised", (("shoulder", "L", {"abduction": 165}),), "upperarm01.L", 0.27, 0.5),
    Bend("arm forward", (("shoulder", "L", {"flexion": 90}),), "upperarm01.L", 0.27, 0.6),
    Bend("arm across", (("shoulder", "L", {"flexion": 85, "abduction": -40}),), "upperarm01.L", 0.27, 0.5),
    Bend("hip 100", (("hip", "L", {"flexion": 100}), ("knee", "L", {"flexion": 90})), "upperleg01.L", 0.33, 1.2),
    Bend("knee 130", (("hip", "L", {"flexion": 60}), ("knee", "L", {"flexion": 130})), "lowerleg01.L", 0.27, 1.4),
    Bend("split", (("hip", "L", {"abduction": 70}), ("hip", "R", {"abduction": 40})), "spine05", 0.42, 0.3),
    Bend(
        "wrist twist 80",
        (("shoulder", "L", {"abduction": 60}), ("wrist", "L", {"pronation": 80})),
        "lowerarm02.L",
        0.2,
        0.3,
    ),
    Bend("spine bend and turn", (("spine", "", {"bend": 50, "turn": 40}),), "spine03", 0.42, 0.9),
    Bend("head bend and turn", (("neck", "", {"bend": 35, "turn": 60}),), "neck02", 0.24, 0.6),
)


def bend_poses(model: BodyModel, bends: Sequence[Bend] = BENDS) -> F64:
    """Return rig poses (N, J, 3) of bends, all else in the anatomical position."""
    postures = []
    for bend in bends:
        coordinates = zero_coordinates()
        for joint, side, degrees in bend.angles:
            set_angles(coordinates, joint, side, degrees)
        local = local_from_coordinates(coordinates)
        spine = local[SEGMENT["chest"]]
        local[SEGMENT["abdomen"]] = fraction_of_rotation(spine, SPINE_SHARE)
        local[SEGMENT["chest"]] = fraction_of_rotation(spine, 1.0 - SPINE_SHARE)
        postures.append(Postures(with_rhythm(local)[None], np.broadcast_to(RELAXED_CURLS, (1, 2, 5))))
    return pose_of(anatomy_of(model), joined(postures))


def bends_sheet(model: BodyModel, scape: Scape, size: int = 256, bends: Sequence[Bend] = BENDS) -> U8:
    """Return a picture of bends in rows, and in columns plain linear skinning, `lbs`, `dqs` and `scape`.

    Args:
        model: the body, with its pose blendshapes.
        scape: learned for it.
        size: of a cell, pixels.
        bends: which.
    """
    poses = bend_poses(model, bends)
    shapes, still = np.zeros((len(bends), len(model.shapedirs)), np.float32), np.zeros((len(bends), 3))
    columns: dict[str, PosedBodies] = {
        "lbs, plain": pose_bodies(without_posedirs(model), shapes, poses, still),
        "lbs": pose_bodies(model, shapes, poses, still),
        "dqs": pose_bodies(model, shapes, poses, still, "dqs"),
        "scape": pose_bodies(model, shapes, poses, still, "scape", scape),
    }
    mesh, draw, cells = clay_mesh(model), renderer(), []
    for i, bend in enumerate(bends):
        for name, posed in columns.items():
            around = (
                posed.joints[i, model.joint(bend.focus)] + bend.radius * np.array([[1, 1, 1], [-1, -1, -1]]) / 3**0.5
            )
            camera = orbit_camera(around, size, bend.azimuth)
            picture = draw_clay(draw, mesh, posed.vertices[i], posed.normals[i], camera)
            cells.append(caption(picture, f"{bend.name}, {name}"))
    return tile(cells, len(columns))
