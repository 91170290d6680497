"""A prior over human poses: a Gaussian mixture fitted by EM to control vectors of motion and key poses.

As in Chen et al. 2016, a mixture stands for the space of poses: a component is a kind of posture, its covariance the ways
in which it varies. Key poses are few and motion frames are many, so each key pose enters as many times as gives it its
share, each time moved a little. The number of components is the one with the greatest likelihood of held-out clips; frames
of one clip are never on both sides. Numbers are rounded to 1e-4 rad so that a BLAS's last bits do not show.
"""

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.special import logsumexp
from sklearn.mixture import GaussianMixture

from manikin.tasks.errors import InputError
from manikin.tasks.poses.controls import VARIATION, ControlSpace, control_space
from manikin.tasks.poses.training import Examples

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Str = NDArray[np.str_]

# Fewer than 24 are as likely on the default data, but then lying, kneeling and standing bodies share components, and checks
# leave little of the rarer ones.
CANDIDATES = (24, 32, 48, 64, 96)
N_SPLITS = 4
KEY_SHARE = 0.6  # of the training weight: daily life before acrobatics
REGULARISATION = 1e-3  # rad^2, added to the diagonal: hinges make axis-angles rank deficient
SHRINKAGE = 0.5  # of covariances between controls: a component has too few examples for 39 x 39 numbers
MAX_FRAMES = 6000  # of motion that are fitted to; more say nothing new and cost minutes
HELD_OUT_SHARE, MAX_ITERATIONS, DECIMALS = 0.15, 200, 4


@dataclass(frozen=True, slots=True)
class GaussianMixturePrior:
    """K components over D control numbers, and what they were learned from."""

    weights: F64  # (K,)
    means: F64  # (K, D) radians
    factors: F64  # (K, D, D) lower Cholesky factors of the covariances
    origins: F64  # (7, 3, 3) of the control space
    candidates: I64  # (M,) numbers of components that were tried
    held_out: F64  # (M,) mean log-likelihood of a held-out example for each
    clips: Str  # names of the clips
    n_frames: I64  # () frames of motion, mirror images included
    n_key_poses: I64  # () mirror images included

    @property
    def n_components(self) -> int:
        """Return the number of components."""
        return len(self.weights)

    @property
    def space(self) -> ControlSpace:
        """Return the control space."""
        return ControlSpace(self.origins)

    def component(self, rng: np.random.Generator) -> int:
        """Return a component's number, drawn by weight."""
        return min(int(np.searchsorted(np.cumsum(self.weights), rng.random())), self.n_components - 1)

    def mean(self, component: int) -> F64:
        """Return a component's mean (D,) in radians."""
        return self.means[component]

    def covariance(self, component: int) -> F64:
        """Return a component's covariance (D, D) in square radians."""
        return np.asarray(self.factors[component] @ self.factors[component].T)

    def sample(self, n: int, rng: np.random.Generator, temperature: float = 1.0) -> tuple[F64, I64]:
        """Return control vectors (n, D) and the components (n,) they come from.

        Args:
            n: how many.
            rng: the stream.
            temperature: scales the covariances; below 1 samples stay nearer to the means.
        """
        components = np.array([self.component(rng) for _ in range(n)], np.int64)
        noise = rng.normal(size=(n, self.means.shape[1])) * np.sqrt(temperature)
        return self.means[components] + np.einsum("nij,nj->ni", self.factors[components], noise), components

    def save(self, path: Path) -> None:
        """Write the prior as an npz."""
        np.savez(path, **{f.name: getattr(self, f.name) for f in fields(self)})

    @classmethod
    def load(cls, path: Path) -> "GaussianMixturePrior":
        """Read what `save` wrote.

        Raises:
            InputError: the file is no npz of a prior.
        """
        try:
            with np.load(path, allow_pickle=False) as z:
                return cls(**{f.name: z[f.name] for f in fields(cls)})
        except (OSError, ValueError, KeyError, EOFError) as e:
            raise InputError(f"{path}: no pose prior written by manikin: {e}") from e


def fit_gmm(
    examples: Examples, rng: np.random.Generator, candidates: tuple[int, ...] = CANDIDATES, key_share: float = KEY_SHARE
) -> GaussianMixturePrior:
    """Return the Gaussian mixture of examples, with the number of components that explains held-out clips best.

    Args:
        examples: from `gather_examples`.
        rng: draws the held-out clips, the key poses' copies and EM's start.
        candidates: numbers of components to try; a single one is taken untried.
        key_share: share of the key poses in the training weight, in [0, 1).

    Raises:
        InputError: too few examples for the smallest candidate.
    """
    space = control_space(examples.postures)
    controls = space.encode(examples.postures)
    candidates = tuple(k for k in sorted(candidates) if 2 * k <= len(controls))
    if not candidates:
        raise InputError(f"{len(controls)} pose examples are too few to fit a mixture; add motions or key poses")
    held_out = np.full(len(candidates), np.nan)
    if len(candidates) > 1:
        held_out = np.mean([_held_out(examples, controls, candidates, key_share, rng) for _ in range(N_SPLITS)], axis=0)
    best = candidates[int(np.nanargmax(held_out))] if np.isfinite(held_out).any() else candidates[0]
    weights, means, factors = _fit(_weighted(controls, examples.is_key, key_share, rng), best, int(rng.integers(2**31)))
    weights = np.round(weights, DECIMALS + 2)
    return GaussianMixturePrior(
        weights=weights / weights.sum(),
        means=np.round(means, DECIMALS),
        factors=np.round(factors, DECIMALS),
        origins=space.origins,
        candidates=np.array(candidates, np.int64),
        held_out=held_out,
        clips=np.array(sorted({n.rsplit(" frame ", 1)[0] for n in examples.names[~examples.is_key]}), np.str_),
        n_frames=np.array((~examples.is_key).sum()),
        n_key_poses=np.array(examples.is_key.sum()),
    )


def _held_out(
    examples: Examples, controls: F64, candidates: tuple[int, ...], key_share: float, rng: np.random.Generator
) -> F64:
    """Return the mean log-likelihood of examples that were kept back, for each number of components; -inf for too many."""
    train, test = _split(examples, rng)
    vectors = _weighted(controls[train], examples.is_key[train], key_share, rng)
    weight = _example_weights(examples.is_key[test], key_share)
    out = np.full(len(candidates), -np.inf)
    for i, k in enumerate(candidates):
        if 2 * k <= len(vectors):
            fitted = _fit(vectors, k, int(rng.integers(2**31)))
            out[i] = np.average(log_likelihood(*fitted, controls[test]), weights=weight)
    return out


def _fit(vectors: F64, n_components: int, seed: int) -> tuple[F64, F64, F64]:
    """Return weights, means and Cholesky factors of a mixture: EM with diagonal covariances, then shrunk full ones.

    EM with full covariances over-fits (the held-out likelihood falls from 8 components on) and diagonal ones forget that a
    knee bends with its hip; so the last step takes the full covariances under EM's memberships, half-way to their diagonals.
    """
    model = GaussianMixture(
        n_components,
        covariance_type="diag",
        reg_covar=REGULARISATION,
        max_iter=MAX_ITERATIONS,
        init_params="k-means++",
        random_state=seed,
    ).fit(vectors)
    member = model.predict_proba(vectors)
    covariances = np.stack([np.cov(vectors.T, aweights=w, ddof=0) for w in member.T])
    diagonals = covariances * np.eye(vectors.shape[1])
    covariances = (1.0 - SHRINKAGE) * covariances + SHRINKAGE * diagonals + REGULARISATION * np.eye(vectors.shape[1])
    return np.asarray(model.weights_), np.asarray(model.means_), np.asarray(np.linalg.cholesky(covariances))


def log_likelihood(weights: F64, means: F64, factors: F64, vectors: F64) -> F64:
    """Return the log density (N,) of vectors (N, D) under a mixture with Cholesky factors (K, D, D)."""
    out = np.empty((len(weights), len(vectors)))
    for k, factor in enumerate(factors):
        z = solve_triangular(factor, (vectors - means[k]).T, lower=True)
        out[k] = np.log(weights[k]) - 0.5 * (z**2).sum(axis=0) - np.log(np.diag(factor)).sum()
    return np.asarray(logsumexp(out, axis=0) - 0.5 * vectors.shape[1] * np.log(2 * np.pi))


def _split(examples: Examples, rng: np.random.Generator) -> tuple[I64, I64]:
    """Return rows to train on and rows to test on, no clip and no key pose in both."""
    groups = np.unique(examples.clip)
    test = np.concatenate(
        [
            rng.permutation(g)[: max(1, round(HELD_OUT_SHARE * len(g)))]
            for g in (groups[groups < 0], groups[groups >= 0])
            if len(g)
        ]
    )
    is_test = np.isin(examples.clip, test)
    return np.flatnonzero(~is_test), np.flatnonzero(is_test)


def _example_weights(is_key: NDArray[np.bool_], key_share: float) -> F64:
    """Return the weight (N,) of each example so that key poses together weigh their share."""
    n_key, n_motion = int(is_key.sum()), int((~is_key).sum())
    if not n_key or not n_motion:
        return np.ones(len(is_key))
    return np.where(is_key, key_share / n_key, (1.0 - key_share) / n_motion)


def _weighted(controls: F64, is_key: NDArray[np.bool_], key_share: float, rng: np.random.Generator) -> F64:
    """Return the control vectors with each key pose repeated, moved a little each time, to give key poses their share."""
    n_key, n_motion = int(is_key.sum()), int((~is_key).sum())
    frames = controls[~is_key]
    if n_motion > MAX_FRAMES:
        frames, n_motion = frames[np.sort(rng.choice(n_motion, MAX_FRAMES, replace=False))], MAX_FRAMES
    if not n_key:
        return frames
    copies = max(1, round(key_share / (1.0 - key_share) * n_motion / n_key)) if n_motion else 8
    repeated = np.repeat(controls[is_key], copies, axis=0)
    return np.concatenate([frames, repeated + rng.normal(size=repeated.shape) * VARIATION])
