"""Postures as short vectors: the space in which the pose prior lives.

Ball joints (pelvis, spine, head, upper arms, thighs) are written in the tangent space at the mean of what they do, so that
no bend of theirs is near half a turn from the origin; hinges and small joints by their angles. The two halves of the spine
share one rotation, collarbones follow the arms, fingers are left out. 39 numbers, in radians.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from manikin.tasks.bodies.rotations import axis_angle_from_matrix, fraction_of_rotation, matrix_from_axis_angle
from manikin.tasks.poses.anatomy import MIRRORED, N_SEGMENTS, SEGMENT, SEGMENTS
from manikin.tasks.poses.angles import MIRROR_SIGN, coordinates_from_local, local_from_coordinates
from manikin.tasks.poses.keyposes import SPINE_SHARE
from manikin.tasks.poses.postures import MIRROR, Postures, remove_heading, with_rhythm

F64 = NDArray[np.float64]

BALLS = ("pelvis", "chest", "head", "upper_arm.L", "thigh.L", "upper_arm.R", "thigh.R")  # chest stands for the spine
_ANGLES = {"forearm": (0,), "hand": (0, 1, 2), "shank": (0,), "foot": (0, 1, 2), "toes": (0,)}
ANGLES: tuple[tuple[str, int], ...] = tuple(  # segment, component of its coordinates
    (f"{segment}.{side}", component)
    for side in "LR"
    for segment, components in _ANGLES.items()
    for component in components
)
N_CONTROLS = 3 * len(BALLS) + len(ANGLES)
# by how much a pose may vary without becoming another, per control: legs little, since they stand on the ground
_VARIATION_DEG = {
    "pelvis": 1.5,
    "chest": 4.0,
    "head": 7.0,
    "upper_arm": 5.0,
    "thigh": 2.0,
    "forearm": 6.0,
    "hand": 6.0,
    "shank": 2.5,
    "foot": 2.0,
    "toes": 1.0,
}
VARIATION = np.radians(  # (39,) standard deviations
    [_VARIATION_DEG[b.partition(".")[0]] for b in BALLS for _ in range(3)]
    + [_VARIATION_DEG[s.partition(".")[0]] for s, _ in ANGLES]
)
_BALL = np.array([SEGMENT[b] for b in BALLS])
_ANGLE = np.array([SEGMENT[s] for s, _ in ANGLES]), np.array([c for _, c in ANGLES])


@dataclass(frozen=True, slots=True)
class ControlSpace:
    """The rotations at which the ball joints' tangent spaces touch."""

    origins: F64  # (7, 3, 3) in the order of BALLS

    def encode(self, postures: Postures) -> F64:
        """Return the control vectors (N, 39) of postures."""
        tangent = axis_angle_from_matrix(np.swapaxes(self.origins, -1, -2) @ _balls(postures.local))
        angles = coordinates_from_local(postures.local)[:, _ANGLE[0], _ANGLE[1]]
        return np.concatenate([tangent.reshape(len(postures), 3 * len(BALLS)), angles], axis=1)

    def decode(self, controls: F64, curls: F64) -> Postures:
        """Return the postures of control vectors (N, 39) and finger curls (N, 2, 5), headings removed."""
        balls = self.origins @ matrix_from_axis_angle(
            controls[:, : 3 * len(BALLS)].reshape(len(controls), len(BALLS), 3)
        )
        coordinates = np.zeros((len(controls), N_SEGMENTS, 3))
        coordinates[:, _ANGLE[0], _ANGLE[1]] = controls[:, 3 * len(BALLS) :]
        local = local_from_coordinates(coordinates)
        local[:, _BALL] = balls
        spine = local[:, SEGMENT["chest"]]
        local[:, SEGMENT["abdomen"]] = fraction_of_rotation(spine, SPINE_SHARE)
        local[:, SEGMENT["chest"]] = fraction_of_rotation(spine, 1.0 - SPINE_SHARE)
        local[:, 0] = remove_heading(local[:, 0])
        return Postures(with_rhythm(local), curls)


def control_space(postures: Postures) -> ControlSpace:
    """Return the space whose origins are the mean rotations (chordal) of postures and their mirror images.

    Raises:
        ValueError: there are no postures.
    """
    balls = _balls(postures.local)
    origins = np.stack([Rotation.from_matrix(balls[:, k]).mean().as_matrix() for k in range(len(BALLS))])
    out = origins.copy()
    for k, name in enumerate(BALLS):  # the mean of a joint and its twin's mirror image, so that the space is symmetric
        twin = BALLS.index(SEGMENTS[MIRRORED[SEGMENT[name]]])
        out[k] = Rotation.from_matrix(np.stack([origins[k], MIRROR @ origins[twin] @ MIRROR])).mean().as_matrix()
    return ControlSpace(
        matrix_from_axis_angle(np.round(axis_angle_from_matrix(out), 4))
    )  # the same bits on any machine


def mirrored_controls(controls: F64) -> F64:
    """Return the control vectors (N, 39) of mirror images, in a symmetric space."""
    n = len(controls)
    balls = controls[:, : 3 * len(BALLS)].reshape(n, -1, 3)
    order = [BALLS.index(SEGMENTS[MIRRORED[SEGMENT[b]]]) for b in BALLS]
    angles = controls[:, 3 * len(BALLS) :].reshape(n, 2, -1)[:, ::-1]
    sign = MIRROR_SIGN[[c for s, c in ANGLES if s.endswith("L")]]
    return np.concatenate([(balls[:, order] * MIRROR_SIGN).reshape(n, -1), (angles * sign).reshape(n, -1)], axis=1)


def _balls(local: F64) -> F64:
    """Return the rotations (N, 7, 3, 3) of the ball joints, the spine's two halves as one."""
    balls = local[:, _BALL].copy()
    balls[:, BALLS.index("chest")] = local[:, SEGMENT["abdomen"]] @ local[:, SEGMENT["chest"]]
    return balls
