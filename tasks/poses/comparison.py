"""Priors against each other on the same motion: which covers unseen people's poses, and whose poses are people's.

Clips are dealt into folds. In turn each fold is held out, every prior is fitted to the others' examples (frames at 12 a second,
near-duplicates left out, mirror images added; no key poses), and its samples are compared with both: precision is the share
of samples in the manifold of the training examples, recall the share of held-out frames, at 6 a second, in the manifold of
as many samples, and coverage the share of held-out frames that have a sample nearer than their own 5th neighbour among the
held-out frames; unlike recall it gains nothing by wild samples (Naeem et al. 2020). See coverage.py for the rest.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.errors import InputError
from manikin.tasks.poses.anatomy import Anatomy
from manikin.tasks.poses.clip import Clip
from manikin.tasks.poses.collision import Capsules, self_penetration
from manikin.tasks.poses.coverage import N_NEIGHBOURS, covered_share, frechet_distance, manifold_share, nearest_distance
from manikin.tasks.poses.fitting import fit_prior
from manikin.tasks.poses.joint_maps import JointMap
from manikin.tasks.poses.keyposes import KeyPoses
from manikin.tasks.poses.kinematics import compared_joints, joint_places
from manikin.tasks.poses.limits import Limits
from manikin.tasks.poses.plausibility import Plausibility, plausibility
from manikin.tasks.poses.postures import joined, pose_of
from manikin.tasks.poses.prior import draw_freely
from manikin.tasks.poses.sample import Mix, sample_poses
from manikin.tasks.poses.training import gather_examples, sound_frames
from manikin.tasks.randomness import Stream, rng_for

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

N_FOLDS = 10
HELD_OUT_STEP = 2  # of the 12 frames a second
DEEP_M = 0.05
HELD_OUT, JUDGED = "held-out frames", " with rejection"
SPLIT, FIT, DRAW, GATHER = 10, 11, 12, 20  # streams of their own


@dataclass(frozen=True, slots=True)
class Score:
    """What one prior came to; lengths in millimetres, means over the folds."""

    prior: str
    precision: float
    recall: float
    coverage: float
    covering_radius: float  # 95 of 100 held-out frames have a sample as near as this
    nearest: float  # median distance of a sample to the nearest training example
    nearest_90: float  # 90th percentile
    frechet: float  # to the held-out frames
    penetrating: float  # share of samples that run through themselves by more than 5 cm
    tries: float  # draws for each sample that is kept


def compare_priors(
    names: Sequence[str],
    clips: Sequence[Clip],
    key_poses: KeyPoses,
    anatomy: Anatomy,
    limits: Limits,
    capsules: Capsules,
    seed: int,
    maps: tuple[JointMap, ...] | None = None,
    n_folds: int = N_FOLDS,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> list[Score]:
    """Return the scores of held-out frames and of each prior without and with rejection.

    Args:
        names: priors, of `fitting.PRIORS`.
        clips: motions.
        key_poses: of the body; only their format is used.
        anatomy: the body's.
        limits: ranges of motion.
        capsules: for self-penetration.
        seed: of folds, fits and draws.
        maps: naming conventions; the built-in ones when None.
        n_folds: into how many parts clips are dealt; fewer where that leaves less than two clips to one.
        report: told of folds done and their number.

    Raises:
        InputError: too few clips, or a clip whose skeleton cannot be mapped.
    """
    n_folds = min(n_folds, len(clips) // 2)
    if n_folds < 2:
        raise InputError(
            f"{len(clips)} clips; comparing priors takes at least 4 and 2 folds, to fit to some and hold out others"
        )
    dealt = rng_for(seed, Stream.PRIOR, SPLIT).permutation(len(clips))
    rows: list[list[Score]] = []
    for k in range(n_folds):
        train, test = (
            [clips[i] for i in sorted(part)] for part in (np.delete(dealt, np.s_[k::n_folds]), dealt[k::n_folds])
        )
        rng = rng_for(seed, Stream.PRIOR, GATHER + k)
        examples = gather_examples(train, key_poses, anatomy, limits, capsules, rng, maps)
        frames = [sound_frames(c, 0, anatomy, limits, capsules, rng, maps)[0].postures[::HELD_OUT_STEP] for c in test]
        if (n := sum(len(f) for f in frames)) <= N_NEIGHBOURS:
            raise InputError(
                f"clips {', '.join(c.name for c in test)} have {n} sound frames to hold out; expected more than {N_NEIGHBOURS}"
            )
        measure = plausibility(anatomy, limits, capsules, examples[~examples.is_key])
        rows.append(_scores(names, measure, pose_of(anatomy, joined(frames)), seed))
        report(k + 1, n_folds)
    return [_mean(same) for same in zip(*rows, strict=True)]


def _scores(names: Sequence[str], measure: Plausibility, frames: F64, seed: int) -> list[Score]:
    """Return the scores of one fold: of its held-out frames (N, J, 3), then of each prior."""
    out = [_score(HELD_OUT, frames, measure, frames, 1.0)]
    n = len(measure.examples)
    for name in names:
        prior = fit_prior(name, measure.examples, rng_for(seed, Stream.PRIOR, FIT))
        free = draw_freely(prior, n, rng_for(seed, Stream.PRIOR, DRAW))
        postures = prior.space.decode(free.controls, np.zeros((n, 2, 5)))
        out.append(_score(name, pose_of(measure.anatomy, postures), measure, frames, 1.0))
        batch, report = sample_poses(prior, measure, n, seed, Mix(1.0, 0.0, 0.0))
        kept = batch.poses[~batch.is_fallback]
        out.append(_score(name + JUDGED, kept, measure, frames, report.n_draws / max(len(kept), 1)))
    return out


def _score(name: str, poses: F32 | F64, measure: Plausibility, frames: F64, tries: float) -> Score:
    """Return the score of poses (N, J, 3) against the examples of the measure and held-out frames (M, J, 3)."""
    samples, held_out, examples = (
        compared_joints(measure.anatomy, joint_places(measure.anatomy, p))
        for p in (poses, frames, pose_of(measure.anatomy, measure.examples.postures))
    )
    nearest = nearest_distance(samples, examples)
    m = min(len(held_out), len(samples))
    alike = [
        samples[i : i + m] for i in range(0, len(samples) - m + 1, m)
    ]  # sets as large as that of the held-out frames
    return Score(
        prior=name,
        precision=manifold_share(samples, examples),
        recall=float(np.mean([manifold_share(held_out, same) for same in alike])),
        coverage=float(np.mean([covered_share(held_out, same) for same in alike])),
        covering_radius=1e3 * float(np.percentile(nearest_distance(held_out, samples), 95)),
        nearest=1e3 * float(np.median(nearest)),
        nearest_90=1e3 * float(np.percentile(nearest, 90)),
        frechet=1e3 * frechet_distance(samples, held_out),
        penetrating=float(np.mean(self_penetration(measure.capsules, poses) > DEEP_M)),
        tries=tries,
    )


def _mean(scores: Sequence[Score]) -> Score:
    numbers = {f.name: float(np.mean([getattr(s, f.name) for s in scores])) for f in fields(Score) if f.name != "prior"}
    return Score(scores[0].prior, **numbers)
