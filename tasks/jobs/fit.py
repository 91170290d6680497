"""Stage `fit`: gather captured and authored poses and fit the prior to them."""

from pathlib import Path
from typing import Any

from manikin.storage.assets import locate
from manikin.storage.stage import StageRef, data_folder, file_crc
from manikin.tasks.jobs import body
from manikin.tasks.jobs.work import Work
from manikin.tasks.poses.anatomy import anatomy_of
from manikin.tasks.poses.clip import Clip
from manikin.tasks.poses.collision import fit_capsules
from manikin.tasks.poses.fitting import fit_prior, load_prior
from manikin.tasks.poses.gmm import Gmm
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

Skipped = list[tuple[str, str]]  # file, reason


def run(attempt: Path, work: Work) -> dict[str, Any]:
    """Write the prior and its examples; return counts, what readers found out by themselves, and what was left out.

    Raises:
        InputError: no motion could be used, or no such prior.
    """
    model, seed = body.load(work.upstream["body"]), int(work.parameters["seed"])
    clips, skipped = _clips(work.sources.mocap)
    maps = folder_maps(work.sources.mocap) if work.sources.mocap else None
    examples = gather_examples(
        clips,
        read_key_poses(model),
        anatomy_of(model),
        read_limits(),
        fit_capsules(model),
        rng_for(seed, Stream.PRIOR, GATHER),
        maps,
    )
    prior = fit_prior(str(work.parameters["prior"]), examples, rng_for(seed, Stream.PRIOR, FIT))
    prior.save(attempt / PRIOR)
    examples.save(attempt / EXAMPLES)
    return {
        "crc": {name: file_crc(attempt / name) for name in (PRIOR, EXAMPLES)},
        "clips": len(clips),
        "frames": int((~examples.is_key).sum()),
        "key_poses": int(examples.is_key.sum()),
        **({"components": prior.n_components} if isinstance(prior, Gmm) else {}),
        "notes": {clip.name: list(clip.notes) for clip in clips if clip.notes},
        "skipped": [list(s) for s in skipped],
        "rejected": {f"frame of motion: {reason}": n for reason, n in examples.dropped.items()},
        "clipped": examples.clipped,
    }


def load(ref: StageRef) -> tuple[Prior, Examples]:
    """Return the prior of a committed stage and the examples it was fitted to."""
    folder = data_folder(ref)
    return load_prior(folder / PRIOR), Examples.load(folder / EXAMPLES)


def _clips(own: Path | None) -> tuple[list[Clip], Skipped]:
    if own is None:
        return [clip for pack in DEFAULT_PACKS for clip in read_clips(locate(pack))[0]], []
    clips, skipped = read_clips(own)
    return clips, [(path.name, reason) for path, reason in skipped]
