"""Frames of motion capture that no body moved through: flips and spikes of a joint, leaps of the whole body, missing numbers.

They are told in time, at the clip's own rate, by speeds that no athlete reaches. A joint that turns faster than that between
two frames cuts the clip there; of the pieces the longest is sound, and so is every other that carries on near where the last
sound one ended. What lies between is a flip (half a turn, as where markers are exchanged or angles pass +-180 degrees) or a
spike, if it is short; a longer piece is a take of its own.

Fastest known, in degrees a second: shoulder rotation 7,700, elbow 2,700 and trunk 1,200 in baseball pitching (Fleisig et al.
1999), knee 1,720 in football kicks (Nunome et al. 2006), hip 1,200 and ankle 1,240 in sprints (Bezodis et al. 2008), the whole
body 2,000 in figure skating (King et al. 2004).
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.rotations import geodesic_angle
from manikin.tasks.errors import InputError
from manikin.tasks.poses.clip import Clip
from manikin.tasks.poses.joint_maps import JointMap, match_joints

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

GLITCHES = ("not a number", "a joint flips", "a joint spikes", "the body leaps")
SOUND = -1
_FASTEST = {  # degrees a second, with room for noise and for axes that no study names
    "pelvis": 2200.0,
    "abdomen": 1500.0,
    "chest": 1500.0,
    "neck": 2200.0,
    "head": 2200.0,
    "upper_arm": 9000.0,
    "forearm": 3500.0,
    "hand": 4500.0,
    "wrist": 4500.0,
    "thigh": 2500.0,
    "shank": 2500.0,
    "foot": 2500.0,
    "toes": 4000.0,
}
FLIP = np.radians(120.0)  # a jump of so much is a flip, of less a spike
NEAR = np.radians(75.0)  # a piece that carries on starts no farther than this from the last one's end
FLIP_S, SPIKE_S = 2.0, 0.1  # no longer than this
EQUAL = 1e-6
LEAP_M, LEAP_M_PER_S2 = 0.05, 250.0  # by which the root leaves its course between two frames; 25 g is a car crash


def find_glitches(clip: Clip, maps: tuple[JointMap, ...] | None = None) -> I64:
    """Return for each frame (F,) the index in `GLITCHES` of what is wrong with it, or `SOUND`.

    Raises:
        InputError: no naming convention fits the clip's skeleton.
    """
    joints = match_joints(clip.joint_names, clip.source, maps)
    missing = missing_frames(clip)
    rows = np.flatnonzero(~missing)
    first = _first_of_equal(clip, rows)  # slow motions in fast files stand there twice, and speeds would be doubled
    frames = rows[np.unique(first)]
    seconds = frames / clip.fps
    found = np.full(len(frames), SOUND)
    for landmark, joint in joints.items():
        if (fastest := _FASTEST.get(landmark.partition(".")[0])) is not None:
            flips, spikes = _off_course(clip.rotations[frames, joint], seconds, np.radians(fastest))
            found[spikes & (found == SOUND)] = GLITCHES.index("a joint spikes")
            found[flips] = GLITCHES.index("a joint flips")
    leaps = _leaps(clip.root_positions[frames], seconds)
    found[leaps & (found == SOUND)] = GLITCHES.index("the body leaps")
    out = np.where(missing, GLITCHES.index("not a number"), SOUND)
    out[rows] = found[np.searchsorted(frames, rows[first])]
    return out


def missing_frames(clip: Clip) -> Bool:
    """Return which frames (F,) hold a number that is not finite."""
    finite = np.isfinite(clip.rotations).all(axis=(1, 2, 3)) & np.isfinite(clip.root_positions).all(axis=1)
    return np.asarray(~finite)


def without_missing(clip: Clip) -> Clip:
    """Return the clip with the nearest earlier frame, or at its beginning the next, in place of each missing one.

    Raises:
        InputError: no frame is there.
    """
    missing = missing_frames(clip)
    if missing.all():
        raise InputError(f"{clip.source}: none of {len(missing)} frames holds finite numbers only")
    last = np.maximum.accumulate(np.where(missing, -1, np.arange(len(missing))))
    rows = np.where(last < 0, np.argmin(missing), last)
    return replace(clip, rotations=clip.rotations[rows], root_positions=clip.root_positions[rows])


def _first_of_equal(clip: Clip, rows: I64) -> I64:
    """Return for each of the rows (R,) the place in them of the first of its run of equal frames."""
    away = np.abs(np.diff(clip.rotations[rows], axis=0)).max(axis=(1, 2, 3), initial=0.0)
    away = np.maximum(away, np.abs(np.diff(clip.root_positions[rows], axis=0)).max(axis=1, initial=0.0))
    new = np.append(True, away > EQUAL)[: len(rows)]
    return np.maximum.accumulate(np.where(new, np.arange(len(rows)), 0))


def _off_course(rotations: F64, seconds: F64, fastest: float) -> tuple[Bool, Bool]:
    """Return which of the frames (F,) of one joint (F, 3, 3) are in a flip and which in a spike."""
    flips, spikes = np.zeros((2, len(rotations)), bool)
    turns = geodesic_angle(rotations[:-1], rotations[1:])
    cuts = np.flatnonzero(turns > fastest * np.diff(seconds))
    if not len(cuts):
        return flips, spikes
    starts, ends = np.append(0, cuts + 1), np.append(cuts, len(rotations) - 1)  # of the pieces, both within
    longest = int((ends - starts).argmax())
    for pieces, near, far in ((range(longest + 1, len(starts)), starts, ends), (range(longest)[::-1], ends, starts)):
        last = int(far[longest])
        for k in pieces:
            turn = float(geodesic_angle(rotations[last], rotations[near[k]]))
            allowed = min(fastest * abs(seconds[near[k]] - seconds[last]), NEAR)
            marked, longest_s = (flips, FLIP_S) if turn > FLIP else (spikes, SPIKE_S)
            if turn <= allowed or seconds[ends[k]] - seconds[starts[k]] > longest_s:
                last = int(far[k])
            else:
                marked[starts[k] : ends[k] + 1] = True
    return flips, spikes


def _leaps(places: F64, seconds: F64) -> Bool:
    """Return which frames (F,) lie at either side of a step of the root (F, 3) that its neighbours' speeds do not explain."""
    out = np.zeros(len(places), bool)
    if len(places) < 4:
        return out
    step = np.diff(seconds)[:, None]
    velocity = np.diff(places, axis=0) / step
    padded = np.concatenate([velocity[1:2], velocity, velocity[-2:-1]])
    change = np.minimum(*(np.linalg.norm(velocity - other, axis=1) for other in (padded[:-2], padded[2:])))
    leap = (change * step[:, 0] > LEAP_M) & (change / step[:, 0] > LEAP_M_PER_S2)
    out[:-1] |= leap
    out[1:] |= leap
    return out
