"""Contact sheets of clay bodies: many poses, many shapes, motion beside its own skeleton. For eyes, not for training."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.evaluate import pose_bodies
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.bodies.rotations import matrix_from_axis_angle
from manikin.tasks.images.clay import caption, clay_mesh, draw_clay, draw_sticks, orbit_camera
from manikin.tasks.images.overlay import tile
from manikin.tasks.images.renderer import renderer
from manikin.tasks.poses.anatomy import anatomy_of
from manikin.tasks.poses.clip import Clip, joint_positions
from manikin.tasks.poses.joint_maps import JointMap, match_joints
from manikin.tasks.poses.postures import pose_of
from manikin.tasks.poses.retarget import postures_from_clip

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]

BATCH = 32
VIEW = 0.45  # azimuth of three-quarter views, radians


def poses_sheet(
    model: BodyModel,
    poses: F32 | F64,
    shapes: F32 | None = None,
    captions: Sequence[str] = (),
    columns: int = 8,
    size: int = 192,
    azimuth: float = VIEW,
) -> U8:
    """Return one picture a body, in rows.

    Args:
        model: the body.
        poses: (N, J, 3) axis-angle.
        shapes: (N, K) coefficients; the mean body when None.
        captions: a line each, or none.
        columns: pictures a row.
        size: of a picture, pixels.
        azimuth: from where it is seen, radians; 0 from the front.
    """
    shapes = np.zeros((len(poses), len(model.shapedirs)), np.float32) if shapes is None else shapes
    mesh, draw = clay_mesh(model), renderer()
    pictures = []
    for first in range(0, len(poses), BATCH):
        rows = slice(first, first + BATCH)
        posed = pose_bodies(model, shapes[rows], poses[rows], np.zeros((len(poses[rows]), 3)))
        for vertices, normals in zip(posed.vertices, posed.normals, strict=True):
            pictures.append(draw_clay(draw, mesh, vertices, normals, orbit_camera(vertices, size, azimuth)))
    texts = captions or [""] * len(pictures)
    return tile([caption(p, t) for p, t in zip(pictures, texts, strict=True)], columns)


def motion_sheet(
    model: BodyModel,
    frames: Sequence[tuple[Clip, int]],
    maps: tuple[JointMap, ...] | None = None,
    columns: int = 3,
    size: int = 224,
) -> U8:
    """Return frames of motion as stick figures beside the bodies that take them, from two sides.

    Args:
        model: the body.
        frames: clip and frame.
        maps: naming conventions; the built-in ones when None.
        columns: frames a row; each takes four pictures.
        size: of a picture, pixels.
    """
    anatomy, pictures = anatomy_of(model), []
    mesh, draw = clay_mesh(model), renderer()
    hips = [anatomy.landmark(f"hip.{side}") for side in "LR"]
    for clip, frame in frames:
        still = replace(
            clip, rotations=clip.rotations[frame : frame + 1], root_positions=clip.root_positions[frame : frame + 1]
        )
        pose = pose_of(anatomy, postures_from_clip(clip, maps)[frame : frame + 1])
        posed = pose_bodies(model, np.zeros((1, len(model.shapedirs))), pose, np.zeros((1, 3)))
        joints = match_joints(clip.joint_names, clip.source, maps)
        places = joint_positions(still)[0]
        places = (
            places
            @ _turn_between(_across(places, joints["thigh.L"], joints["thigh.R"]), _across(posed.joints[0], *hips)).T
        )
        for view in (VIEW, VIEW + np.pi / 2):
            sticks = draw_sticks(places, clip.parents, clip.joint_names, orbit_camera(places, size, view))
            camera = orbit_camera(posed.vertices[0], size, view)
            body = draw_clay(draw, mesh, posed.vertices[0], posed.normals[0], camera)
            pictures += [caption(sticks, f"{clip.name} {frame}"), body]
    return tile(pictures, 4 * columns)


def _across(places: F32 | F64, left: int, right: int) -> float:
    """Return the direction, in radians about the vertical, of the line from the right hip to the left."""
    line = np.asarray(places[left], np.float64) - places[right]
    return float(np.arctan2(-line[2], line[0]))


def _turn_between(a: float, b: float) -> F64:
    return matrix_from_axis_angle([0.0, b - a, 0.0])
