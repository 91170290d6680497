"""Stage `fit`: gather captured and authored poses and fit the prior to them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from manikin.storage.assets import locate
from manikin.storage.stage import StageRef, data_folder, file_crc
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.jobs import body
from manikin.tasks.jobs.work import Work
from manikin.tasks.poses.anatomy import anatomy_of
from manikin.tasks.poses.clip import Clip
from manikin.tasks.poses.collision import fit_capsules
from manikin.tasks.poses.fitting import fit_prior, load_prior
from manikin.tasks.poses.gmm import Gmm
from manikin.tasks.poses.joint_maps import JointMap, read_joint_maps
from manikin.tasks.poses.keyposes import read_key_poses
from manikin.tasks.poses.limits import read_limits
from manikin.tasks.poses.prior import Prior
from manikin.tasks.poses.read_clips import folder_maps, read_clips
from manikin.tasks.poses.training import Examples, gather_examples
from manikin.tasks.randomness import Stream, rng_for

PRIOR = "prior.npz"
EXAMPLES = "examples.npz"
DEFAULT_PACKS = ("pybullet", "isaaclab")
GATHER, FIT = 0, 1  # streams of their own


@dataclass(frozen=True, slots=True)
class Motion:
    """Clips, the files that were left out, each with its reason, and the naming conventions to read the clips by."""

    clips: list[Clip]
    skipped: list[tuple[str, str]]
    maps: tuple[JointMap, ...]


def run(attempt: Path, work: Work) -> dict[str, Any]:
    """Write the prior and its examples; return counts, what readers found out by themselves, and what was left out.

    Raises:
        InputError: no motion could be used, or no such prior.
    """
    seed = int(work.parameters["seed"])
    motion = read_motion(work.sources.mocap)
    examples = gather(body.load(work.upstream["body"]), motion, seed)
    prior = fit(str(work.parameters["prior"]), examples, seed)
    prior.save(attempt / PRIOR)
    examples.save(attempt / EXAMPLES)
    return {
        "crc": {name: file_crc(attempt / name) for name in (PRIOR, EXAMPLES)},
        "clips": len(motion.clips),
        "frames": int((~examples.is_key).sum()),
        "key_poses": int(examples.is_key.sum()),
        **({"components": prior.n_components} if isinstance(prior, Gmm) else {}),
        "notes": {clip.name: list(clip.notes) for clip in motion.clips if clip.notes},
        "skipped": [list(s) for s in motion.skipped],
        "rejected": {f"frame of motion: {reason}": n for reason, n in examples.dropped.items()},
        "clipped": examples.clipped,
    }


def load(ref: StageRef) -> tuple[Prior, Examples]:
    """Return the prior of a committed stage and the examples it was fitted to."""
    folder = data_folder(ref)
    return load_prior(folder / PRIOR), Examples.load(folder / EXAMPLES)


def read_motion(own: Path | None) -> Motion:
    """Return the motion of a user's folder, or the default clips.

    Raises:
        InputError: the folder holds no readable motion.
    """
    if own is None:
        return Motion([clip for pack in DEFAULT_PACKS for clip in read_clips(locate(pack))[0]], [], read_joint_maps())
    clips, skipped = read_clips(own)
    return Motion(clips, [(path.name, reason) for path, reason in skipped], folder_maps(own))


def gather(model: BodyModel, motion: Motion, seed: int) -> Examples:
    """Return the examples that motion and key poses give on a body.

    Raises:
        InputError: no frame can be used.
    """
    return gather_examples(
        motion.clips,
        read_key_poses(model),
        anatomy_of(model),
        read_limits(),
        fit_capsules(model),
        rng_for(seed, Stream.PRIOR, GATHER),
        motion.maps,
    )


def fit(name: str, examples: Examples, seed: int) -> Prior:
    """Return the prior of a name fitted to examples.

    Raises:
        InputError: no such prior, or too few examples for it.
    """
    return fit_prior(name, examples, rng_for(seed, Stream.PRIOR, FIT))
