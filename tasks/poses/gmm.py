"""A prior that is a Gaussian mixture, fitted by EM to control vectors of motion and key poses.

As in Chen et al. 2016, a mixture stands for the space of poses: a component is a kind of posture, its covariance the ways
in which it varies. Covariances are `full`, `diagonal`, `tied` (one for all components) or, by default, `shrunk`: EM with
full covariances over-fits and diagonal ones forget that a knee bends with its hip, so after EM with diagonal ones the full
covariances are taken under its memberships, half-way to their diagonals. The number of components is the one with the
greatest likelihood of held-out clips; frames of one clip are never on both sides. Each key pose enters as many times as
gives it its share, each time moved a little. Numbers are rounded to 1e-4 rad so that a BLAS's last bits do not show.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.special import logsumexp
from sklearn.mixture import GaussianMixture

from manikin.tasks.errors import InputError
from manikin.tasks.poses.controls import VARIATION, ControlSpace, control_space
from manikin.tasks.poses.prior import DECIMALS, KEY_SHARE, Draws, chosen, example_weights
from manikin.tasks.poses.training import Examples

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

# Numbers of components to try for each kind of covariance. Fewer than 24 shrunk ones are as likely on the default data, but
# then lying, kneeling and standing bodies share components, and checks leave little of the rarer ones.
CANDIDATES: Mapping[str, tuple[int, ...]] = {
    "shrunk": (24, 32, 48, 64, 96),
    "full": (2, 4, 8, 16),
    "diagonal": (24, 48, 96),
    "tied": (24, 48, 96),
}
_SKLEARN = {"shrunk": "diag", "full": "full", "diagonal": "diag", "tied": "tied"}
N_SPLITS = 2
REGULARISATION = 1e-3  # rad^2, added to the diagonal: hinges make axis-angles rank deficient
SHRINKAGE = 0.5  # of covariances between controls: a component has too few examples for 39 x 39 numbers
MAX_FRAMES = 3000  # of motion that are fitted to; more say nothing new and cost minutes
HELD_OUT_SHARE, MAX_ITERATIONS = 0.15, 60


@dataclass(frozen=True, slots=True)
class Gmm:
    """K components over D control numbers, and how their number was found."""

    weights: F64  # (K,)
    means: F64  # (K, D) radians
    factors: F64  # (K, D, D) lower Cholesky factors of the covariances
    origins: F64  # (7, 3, 3) of the control space
    candidates: I64  # (M,) numbers of components that were tried
    held_out: F64  # (M,) mean log-likelihood of a held-out example for each

    @property
    def space(self) -> ControlSpace:
        """Return the control space."""
        return ControlSpace(self.origins)

    @property
    def parts(self) -> tuple[str, ...]:
        """Return that a pose is all of one component."""
        return ("component",)

    @property
    def n_choices(self) -> int:
        """Return 1: the component."""
        return 1

    @property
    def n_components(self) -> int:
        """Return the number of components."""
        return len(self.weights)

    def draw(self, choices: F64, noise: F64) -> Draws:
        """Return draws around components' means; see `Prior.draw`."""
        component = chosen(self.weights, choices[:, 0])
        step = np.einsum("nij,nj->ni", self.factors[component], noise)
        return Draws(self.means[component] + step, component[:, None])

    def save(self, path: Path) -> None:
        """Write the prior as an npz."""
        np.savez(path, kind="gmm", **{f.name: getattr(self, f.name) for f in fields(self)})


def fit_gmm(
    examples: Examples,
    rng: np.random.Generator,
    covariance: str = "shrunk",
    candidates: tuple[int, ...] | None = None,
    key_share: float = KEY_SHARE,
) -> Gmm:
    """Return the Gaussian mixture of examples, with the number of components that explains held-out clips best.

    Args:
        examples: from `gather_examples`.
        rng: draws the held-out clips, the key poses' copies and EM's start.
        covariance: a key of `CANDIDATES`.
        candidates: numbers of components to try, from the smallest until one explains less than the one before; a single
            one is taken untried.
        key_share: share of the key poses in the training weight, in [0, 1).

    Raises:
        InputError: no such covariance, or too few examples for the smallest candidate.
    """
    if covariance not in CANDIDATES:
        raise InputError(f"covariance '{covariance}'; expected one of {', '.join(CANDIDATES)}")
    space = control_space(examples.postures)
    controls = space.encode(examples.postures)
    candidates = tuple(k for k in sorted(candidates or CANDIDATES[covariance]) if 2 * k <= len(controls))
    if not candidates:
        raise InputError(f"{len(controls)} pose examples are too few to fit a mixture; add motions or key poses")
    held_out = np.full(len(candidates), np.nan)
    if len(candidates) > 1:
        splits = [_split(examples, rng) for _ in range(N_SPLITS)]
        for i, k in enumerate(candidates):
            held_out[i] = np.mean([_held_out(examples, controls, s, covariance, k, key_share, rng) for s in splits])
            if i and not held_out[i] > held_out[i - 1]:
                break
    best = candidates[int(np.nanargmax(held_out))] if np.isfinite(held_out).any() else candidates[0]
    vectors = _weighted(controls, examples.is_key, key_share, rng)
    weights, means, factors = _fit(vectors, covariance, best, int(rng.integers(2**31)))
    weights = np.round(weights, DECIMALS + 2)
    return Gmm(
        weights=weights / weights.sum(),
        means=np.round(means, DECIMALS),
        factors=np.round(factors, DECIMALS),
        origins=space.origins,
        candidates=np.array(candidates, np.int64),
        held_out=held_out,
    )


def _held_out(
    examples: Examples,
    controls: F64,
    split: tuple[I64, I64],
    covariance: str,
    n_components: int,
    key_share: float,
    rng: np.random.Generator,
) -> float:
    """Return the mean log-likelihood of examples that were kept back; -inf for too many components."""
    train, test = split
    vectors = _weighted(controls[train], examples.is_key[train], key_share, rng)
    if 2 * n_components > len(vectors):
        return -np.inf
    fitted = _fit(vectors, covariance, n_components, int(rng.integers(2**31)))
    weight = example_weights(examples.is_key[test], key_share)
    return float(np.average(log_likelihood(*fitted, controls[test]), weights=weight))


def _fit(vectors: F64, covariance: str, n_components: int, seed: int) -> tuple[F64, F64, F64]:
    """Return weights, means and Cholesky factors of a mixture."""
    model = GaussianMixture(
        n_components,
        covariance_type=_SKLEARN[covariance],
        reg_covar=REGULARISATION,
        max_iter=MAX_ITERATIONS,
        tol=1e-2,
        init_params="k-means++",
        random_state=seed,
    )
    member = model.fit(vectors).predict_proba(vectors)
    return np.asarray(model.weights_), np.asarray(model.means_), _factors(model, covariance, vectors, member)


def _factors(model: GaussianMixture, covariance: str, vectors: F64, member: F64) -> F64:
    """Return the Cholesky factors (K, D, D) of a fitted mixture's covariances."""
    n = vectors.shape[1]
    if covariance == "shrunk":
        covariances = np.stack([np.cov(vectors.T, aweights=w, ddof=0) for w in member.T])
        diagonals = covariances * np.eye(n)
        covariances = (1.0 - SHRINKAGE) * covariances + SHRINKAGE * diagonals + REGULARISATION * np.eye(n)
    elif covariance == "diagonal":
        covariances = model.covariances_[:, :, None] * np.eye(n)
    else:
        covariances = np.broadcast_to(model.covariances_, (model.n_components, n, n))
    return np.asarray(np.linalg.cholesky(covariances))


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
