"""The examples a pose prior learns from: frames of motion and key poses, cleaned, mirrored, labelled and named.

Frames are taken at a few per second, and of those that are nearly the same pose only one, so that a long dance does not
outweigh everything else: what counts is the space that poses cover, not the time spent in each. Broken ones (a glitch of
the capture, a joint far beyond its range, a body that runs through itself) are dropped and counted; the rest is put within
the limits. Every example also stands there as its mirror image. Motions without wrists get hands that hang a little
differently each time, and all get fingers that are more or less curled, since bodies' motion says nothing of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from manikin.tasks.bodies.rotations import matrix_from_axis_angle
from manikin.tasks.errors import InputError
from manikin.tasks.poses.anatomy import SEGMENT, Anatomy
from manikin.tasks.poses.clip import Clip
from manikin.tasks.poses.collision import Capsules, self_penetration
from manikin.tasks.poses.glitches import GLITCHES, find_glitches, without_missing
from manikin.tasks.poses.joint_maps import JointMap, match_joints
from manikin.tasks.poses.keyposes import KeyPoses
from manikin.tasks.poses.kinematics import COMPARED, compared_joints, joint_places
from manikin.tasks.poses.labels import label_frames
from manikin.tasks.poses.limits import Limits, clip_postures, clipped_shares
from manikin.tasks.poses.postures import RELAXED_CURLS, Postures, joined, mirrored, pose_of
from manikin.tasks.poses.retarget import postures_from_clip
from manikin.tasks.poses.soles import level_soles

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
Bool = NDArray[np.bool_]
Str = NDArray[np.str_]

FPS = 12.0
SAME_POSE_M = 0.05  # root mean square distance of the joints
BROKEN_JOINT = np.radians(25.0)  # beyond its range
BROKEN_BODY_M = 0.08  # of self-penetration; real bodies give way to about half of that
DROPPED = (*GLITCHES, "a joint far beyond its range", "a body through itself")
ROWS, COUNTS = ("labels", "names", "clip", "frame", "is_key"), ("dropped", "clipped")
WRIST_SPREAD = np.radians([6.0, 14.0, 8.0])  # deviation, pronation, flexion of hands that the motion says nothing of
CLOSING_SHAPE, FANNING, FINGER_SPREAD, CURL_RANGE = 5.0, 0.3, 0.04, (0.08, 0.85)
FAN = np.array([0.0, -1.0, -0.3, 0.4, 1.0])  # thumb to little finger


@dataclass(frozen=True, slots=True)
class Examples:
    """N examples, and what became of the motion's other frames."""

    postures: Postures
    labels: Str  # (N,)
    names: Str  # (N,) key pose, or clip and frame
    clip: I32  # (N,) number of the clip (from 0) or, below 0, of the key pose (-1, -2, ...); mirror images share it
    frame: I32  # (N,) number of the frame in its clip as it was read (from 0); -1 for key poses
    is_key: Bool  # (N,)
    dropped: dict[str, int]  # reason, of DROPPED -> frames taken from clips that are no sound body poses
    clipped: dict[str, float]  # joint, of limits.JOINTS -> share of the sound frames in which its limits moved it

    def save(self, path: Path) -> None:
        """Write the examples as an npz."""
        arrays: dict[str, Any] = {name: getattr(self, name) for name in ROWS}
        for name in COUNTS:
            table = getattr(self, name)
            arrays[name] = np.array([*table.values()], np.float64)
            arrays[f"{name}_names"] = np.array([*table], np.str_)
        np.savez(path, local=self.postures.local, curls=self.postures.curls, **arrays)

    @classmethod
    def load(cls, path: Path) -> "Examples":
        """Read what `save` wrote.

        Raises:
            InputError: the file is no npz of examples.
        """
        try:
            with np.load(path, allow_pickle=False) as z:
                dropped, clipped = (
                    dict(zip(z[f"{name}_names"].tolist(), z[name].tolist(), strict=True)) for name in COUNTS
                )
                return cls(
                    Postures(z["local"], z["curls"]),
                    **{name: z[name] for name in ROWS},
                    dropped={reason: int(n) for reason, n in dropped.items()},
                    clipped=clipped,
                )
        except (OSError, ValueError, KeyError, EOFError) as e:
            raise InputError(f"{path}: no pose examples written by manikin: {e}") from e

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, rows: NDArray[np.integer] | Bool) -> "Examples":
        return replace(self, postures=self.postures[rows], **{name: getattr(self, name)[rows] for name in ROWS})


def gather_examples(
    clips: Sequence[Clip],
    key_poses: KeyPoses,
    anatomy: Anatomy,
    limits: Limits,
    capsules: Capsules,
    rng: np.random.Generator,
    maps: tuple[JointMap, ...] | None = None,
) -> Examples:
    """Return the examples of all clips, with their mirror images, and of the key poses.

    Args:
        clips: motions; may be none.
        key_poses: mirror images included.
        anatomy: the body's.
        limits: ranges of motion.
        capsules: for self-penetration.
        rng: draws the hands of motions without wrists.
        maps: naming conventions; the built-in ones when None.

    Raises:
        InputError: a clip's skeleton cannot be mapped, or no frame of any clip is sound.
    """
    parts: list[Examples] = []
    excess: list[F64] = []
    dropped = dict.fromkeys(DROPPED, 0)
    seen = np.empty((0, 3 * len(COMPARED)))
    for i, clip in enumerate(clips):
        sound, beyond = sound_frames(clip, i, anatomy, limits, capsules, rng, maps)
        excess.append(beyond)
        dropped = {reason: n + sound.dropped[reason] for reason, n in dropped.items()}
        joints = compared_joints(anatomy, joint_places(anatomy, pose_of(anatomy, sound.postures)))
        new = different_rows(joints, seen)
        seen = np.concatenate([seen, joints[new]])
        parts.append(_with_mirror_images(sound[new]))
    if clips and not sum(len(p) for p in parts):
        raise InputError(f"none of {sum(dropped.values())} frames of {len(clips)} clips is a sound body pose")
    everything = [*parts, _key_examples(key_poses, limits)]
    return Examples(
        postures=joined([p.postures for p in everything]),
        **{name: np.concatenate([getattr(p, name) for p in everything]) for name in ROWS},
        dropped=dropped,
        clipped=clipped_shares(np.concatenate(excess)) if excess else {},
    )


def vary_wrists(postures: Postures, rng: np.random.Generator) -> Postures:
    """Return postures whose hands are turned by small random angles."""
    turns = rng.normal(size=(len(postures), 2, 3)) * WRIST_SPREAD
    local = postures.local.copy()
    for i, s in enumerate("LR"):
        hand = SEGMENT[f"hand.{s}"]
        local[:, hand] = local[:, hand] @ matrix_from_axis_angle(turns[:, i])
    return Postures(local, postures.curls)


def vary_fingers(postures: Postures, rng: np.random.Generator) -> Postures:
    """Return postures with relaxed hands (N), each more open or more closed than another, its fingers not all alike."""
    n = len(postures)
    closing = rng.gamma(CLOSING_SHAPE, 1.0 / CLOSING_SHAPE, (n, 2, 1))  # mean 1, seldom a loose fist
    fanning = 1.0 + FANNING * rng.normal(size=(n, 2, 1)) * FAN  # the little finger's side more bent, or less
    curls = RELAXED_CURLS * closing * fanning + FINGER_SPREAD * rng.normal(size=(n, 2, 5))
    return Postures(postures.local, np.clip(curls, *CURL_RANGE))


def different_rows(vectors: F64, seen: F64) -> I64:
    """Return the rows of vectors (N, D) that lie no nearer than `SAME_POSE_M` to any seen (M, D) or to an earlier one."""
    candidates = np.arange(len(vectors))
    if len(seen) and len(vectors):
        candidates = candidates[cKDTree(seen).query(vectors)[0] >= SAME_POSE_M]
    kept: list[int] = []
    for i in candidates:
        if not kept or np.linalg.norm(vectors[kept] - vectors[i], axis=1).min() >= SAME_POSE_M:
            kept.append(int(i))
    return np.array(kept, np.int64)


def _plain(name: str) -> str:
    return name.removesuffix(" (mirrored)")


def _key_examples(key_poses: KeyPoses, limits: Limits) -> Examples:
    number = {n: -1 - i for i, n in enumerate(dict.fromkeys(_plain(n) for n in key_poses.names))}
    n = len(key_poses.names)
    return Examples(
        postures=clip_postures(key_poses.postures, limits)[0],
        labels=np.array(key_poses.labels),
        names=np.array(key_poses.names),
        clip=np.array([number[_plain(name)] for name in key_poses.names], np.int32),
        frame=np.full(n, -1, np.int32),
        is_key=np.ones(n, bool),
        dropped={},
        clipped={},
    )


def sound_frames(
    clip: Clip,
    number: int,
    anatomy: Anatomy,
    limits: Limits,
    capsules: Capsules,
    rng: np.random.Generator,
    maps: tuple[JointMap, ...] | None,
) -> tuple[Examples, F64]:
    """Return a clip's sound frames and by how much (N, S) each of them was beyond the limits."""
    step = max(1, round(clip.fps / FPS))
    glitches = find_glitches(clip, maps)[::step]
    clip = without_missing(clip)
    labels = np.array(label_frames(clip, maps))[::step]
    postures = postures_from_clip(clip, maps)[::step]
    if "hand.L" not in match_joints(clip.joint_names, clip.source, maps):
        postures = vary_wrists(postures, rng)
    postures = level_soles(vary_fingers(postures, rng), (labels == "standing") | (labels == "moving"))
    clipped, excess = clip_postures(postures, limits)
    depth = self_penetration(capsules, pose_of(anatomy, clipped))
    broken = np.stack(
        [
            *(glitches == i for i in range(len(GLITCHES))),
            _excess_of_body(excess) >= BROKEN_JOINT,
            depth >= BROKEN_BODY_M,
        ]
    )
    sound = np.asarray(~broken.any(axis=0))
    first_reason = broken[:, ~sound].argmax(axis=0)
    frame = (step * np.flatnonzero(sound)).astype(np.int32)
    found = Examples(
        postures=clipped[sound],
        labels=labels[sound],
        names=np.array([f"{clip.name} frame {i}" for i in frame], np.str_),
        clip=np.full(len(frame), number, np.int32),
        frame=frame,
        is_key=np.zeros(len(frame), bool),
        dropped={reason: int((first_reason == i).sum()) for i, reason in enumerate(DROPPED)},
        clipped={},
    )
    return found, excess[sound]


def _with_mirror_images(frames: Examples) -> Examples:
    names = np.concatenate([frames.names, np.char.add(frames.names, " (mirrored)")])
    rows: dict[str, Any] = {name: np.tile(getattr(frames, name), 2) for name in ROWS} | {"names": names}
    return replace(frames, postures=joined([frames.postures, mirrored(frames.postures)]), **rows)


def _excess_of_body(excess: F64) -> F64:
    """Return the largest excess (N,) over the limits but the wrists', which motion capture gets wrong without harm."""
    rest = [i for name, i in SEGMENT.items() if not name.startswith("hand")]
    return np.asarray(excess[:, rest].max(axis=1))
