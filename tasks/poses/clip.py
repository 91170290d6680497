"""A motion clip: one skeleton, its rest offsets and a local rotation per joint and frame, in metres with y up.

Readers bring every file format to this record. Identity rotations give the skeleton's own rest pose, whatever that is: an
N-, A- or T-pose, or, in some exports, all bones along one axis (`rebased` makes any frame the rest).
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Clip:
    """Shapes: S joints, F frames."""

    name: str
    source: str  # where it came from: a file
    fps: float
    joint_names: tuple[str, ...]
    parents: I32  # (S,) -1 for the root; parents[j] < j
    offsets: F64  # (S, 3) metres from the parent at rest, world axes
    tips: F64  # (S, 3) metres from a leaf joint to its end at rest; 0 where the file gives none
    rotations: F64  # (F, S, 3, 3) local, relative to rest
    root_positions: F64  # (F, 3) metres
    metres_per_unit: float = 1.0  # the file's unit
    up: str = "y"  # the file's vertical axis, before it was turned to y
    notes: tuple[str, ...] = ()  # what the reader had to find out by itself

    @property
    def n_frames(self) -> int:
        """Return the number of frames."""
        return len(self.rotations)

    def joint(self, name: str) -> int:
        """Return the index of a joint by name."""
        return self.joint_names.index(name)


def global_rotations(clip: Clip) -> F64:
    """Return the rotation of every joint in the world, (F, S, 3, 3)."""
    return compose_chain(clip.rotations, clip.parents)


def compose_chain(local: F64, parents: I32) -> F64:
    """Return global rotations (..., S, 3, 3) of local ones (..., S, 3, 3) down a tree with parents[j] < j."""
    out = np.empty_like(local)
    for j, p in enumerate(parents):
        out[..., j, :, :] = local[..., j, :, :] if p < 0 else out[..., p, :, :] @ local[..., j, :, :]
    return out


def local_rotations(globals_: F64, parents: I32) -> F64:
    """Return what `compose_chain` composed: local rotations (..., S, 3, 3) of global ones."""
    out = globals_.copy()
    for j, p in enumerate(parents):
        if p >= 0:
            out[..., j, :, :] = np.swapaxes(globals_[..., p, :, :], -1, -2) @ globals_[..., j, :, :]
    return out


def joint_positions(clip: Clip) -> F64:
    """Return the position of every joint in the world, (F, S, 3) metres."""
    return chain_positions(global_rotations(clip), clip.offsets, clip.parents) + clip.root_positions[:, None]


def rest_positions(clip: Clip) -> F64:
    """Return the joints of the rest pose, (S, 3) metres, root at the origin."""
    return chain_positions(np.tile(np.eye(3), (len(clip.parents), 1, 1)), clip.offsets, clip.parents)


def chain_positions(globals_: F64, offsets: F64, parents: I32) -> F64:
    """Return joint positions (..., S, 3) in metres of a tree with global rotations (..., S, 3, 3), its root at the origin.

    Args:
        globals_: (..., S, 3, 3).
        offsets: (S, 3) metres from the parent at rest.
        parents: (S,) with parents[j] < j.
    """
    out = np.zeros(globals_.shape[:-1])
    for j, p in enumerate(parents):
        if p >= 0:
            out[..., j, :] = out[..., p, :] + globals_[..., p, :, :] @ offsets[j]
    return out


def resampled(clip: Clip, fps: float) -> Clip:
    """Return the clip with every k-th frame, k chosen so that the rate comes nearest to `fps` (never above the clip's own)."""
    step = max(1, round(clip.fps / fps))
    return replace(
        clip, fps=clip.fps / step, rotations=clip.rotations[::step], root_positions=clip.root_positions[::step]
    )


def first_frame(clip: Clip) -> Clip:
    """Return the clip with its first frame alone."""
    return replace(clip, rotations=clip.rotations[:1], root_positions=clip.root_positions[:1])


def rebased(clip: Clip, frame: int) -> Clip:
    """Return the same motion with the pose of one frame as the rest pose, the root at its place unmoved."""
    globals_ = global_rotations(clip)
    rest = globals_[frame]
    parent_rest = np.where((clip.parents >= 0)[:, None, None], rest[clip.parents], np.eye(3))
    return replace(
        clip,
        offsets=np.einsum("sij,sj->si", parent_rest, clip.offsets),
        tips=np.einsum("sij,sj->si", rest, clip.tips),
        rotations=local_rotations(globals_ @ np.swapaxes(rest, -1, -2), clip.parents),
    )


def turned(clip: Clip, rotation: F64) -> Clip:
    """Return the clip with the whole world turned by `rotation` (3, 3): rest, motion and places alike."""
    return replace(
        clip,
        offsets=clip.offsets @ rotation.T,
        tips=clip.tips @ rotation.T,
        rotations=rotation @ clip.rotations @ rotation.T,
        root_positions=clip.root_positions @ rotation.T,
    )
