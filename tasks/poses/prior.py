"""What every pose prior does: turn random numbers into control vectors, and say what each was made of.

A prior is a fixed function of random numbers. Who calls it draws them, from each row's own stream, so that a row is the same
pose whatever the batch; and a row whose draw is rejected may keep its first choice, the kind of pose it is to be, while the
others are drawn anew. Implementations: a Gaussian mixture (gmm.py), a sparse non-parametric network (network.py), and the
examples themselves (replay.py). Key poses are few and frames of motion are many, so each prior weighs examples by
`example_weights`: daily life before acrobatics.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.poses.controls import N_CONTROLS, ControlSpace

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

KEY_SHARE = 0.6  # of the training weight
DECIMALS = 4  # radians; learned numbers are rounded, so that a BLAS's last bits do not show


@dataclass(frozen=True, slots=True)
class Draws:
    """N draws."""

    controls: F64  # (N, 39) radians, see controls.py
    made_of: I32  # (N, P) for each of the prior's parts, the number of what it was taken from


class Prior(Protocol):
    """Something poses can be drawn from."""

    @property
    def space(self) -> ControlSpace:
        """The space of its control vectors."""

    @property
    def parts(self) -> tuple[str, ...]:
        """The P parts of a pose that `made_of` speaks of: `component`, whose numbers are the mixture's components, or
        `example` or names of body parts, whose numbers are rows of the examples."""  # fmt: skip

    @property
    def n_choices(self) -> int:
        """How many choices a draw takes; the first decides the kind of pose."""

    def draw(self, choices: F64, noise: F64) -> Draws:
        """Return the draws that random numbers lead to, each from its own row alone.

        Args:
            choices: (N, n_choices) uniform in [0, 1).
            noise: (N, 39) standard normal; scaled down, draws stay nearer to what they are made of.
        """

    def save(self, path: Path) -> None:
        """Write the prior as an npz, which `fitting.load_prior` reads."""


def draw_freely(prior: Prior, n: int, rng: np.random.Generator) -> Draws:
    """Return n draws that nothing judges."""
    return prior.draw(rng.random((n, prior.n_choices)), rng.normal(size=(n, N_CONTROLS)))


def example_weights(is_key: NDArray[np.bool_], key_share: float = KEY_SHARE) -> F64:
    """Return the weights (N,) of examples, 1 in all, so that key poses together weigh their share.

    Args:
        is_key: (N,) which are key poses, as in `Examples`.
        key_share: in [0, 1); where one kind is missing, all examples weigh the same.
    """
    n_key, n_motion = int(is_key.sum()), int((~is_key).sum())
    if not n_key or not n_motion:
        return np.full(len(is_key), 1.0 / max(len(is_key), 1))
    return np.where(is_key, key_share / n_key, (1.0 - key_share) / n_motion)


def chosen(weights: F64, choices: F64) -> I32:
    """Return for each of choices (N,) in [0, 1) the row that it falls on when rows are as wide as their weights (M,)."""
    edges = np.cumsum(weights)
    return np.minimum(np.searchsorted(edges, choices * edges[-1], side="right"), len(weights) - 1).astype(np.int32)
