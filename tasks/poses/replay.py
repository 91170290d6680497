"""The plainest prior: the examples themselves, mirror images included, each time moved a little. The baseline for others."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.poses.controls import VARIATION, ControlSpace, control_space
from manikin.tasks.poses.prior import DECIMALS, KEY_SHARE, Draws, chosen, example_weights
from manikin.tasks.poses.training import Examples

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Replay:
    """N examples as control vectors, and how often each comes up."""

    origins: F64  # (7, 3, 3) of the control space
    controls: F64  # (N, 39) radians
    weights: F64  # (N,)

    @property
    def space(self) -> ControlSpace:
        """Return the control space."""
        return ControlSpace(self.origins)

    @property
    def parts(self) -> tuple[str, ...]:
        """Return that a pose is all of one example."""
        return ("example",)

    @property
    def n_choices(self) -> int:
        """Return 1: the example."""
        return 1

    def draw(self, choices: F64, noise: F64) -> Draws:
        """Return examples moved by `VARIATION`; see `Prior.draw`."""
        rows = chosen(self.weights, choices[:, 0])
        return Draws(self.controls[rows] + noise * VARIATION, rows[:, None])

    def save(self, path: Path) -> None:
        """Write the prior as an npz."""
        np.savez(path, kind="replay", origins=self.origins, controls=self.controls, weights=self.weights)


def fit_replay(examples: Examples, key_share: float = KEY_SHARE) -> Replay:
    """Return the prior that repeats examples, key poses with their share of the weight."""
    space = control_space(examples.postures)
    controls = np.round(space.encode(examples.postures), DECIMALS)
    return Replay(space.origins, controls, example_weights(examples.is_key, key_share))
