"""Pose priors by name: which there are, how to fit one, and how to read one that was saved."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from manikin.tasks.errors import InputError
from manikin.tasks.poses.gmm import CANDIDATES, Gmm, fit_gmm
from manikin.tasks.poses.network import fit_network, network
from manikin.tasks.poses.prior import KEY_SHARE, Prior
from manikin.tasks.poses.replay import Replay, fit_replay
from manikin.tasks.poses.training import Examples

# `gmm` is the mixture whose covariances suit held-out clips best
PRIORS = ("gmm", *(f"gmm-{kind}" for kind in CANDIDATES if kind != "shrunk"), "network", "replay")


def fit_prior(name: str, examples: Examples, rng: np.random.Generator, key_share: float = KEY_SHARE) -> Prior:
    """Return the prior of a name, learned from examples.

    Args:
        name: one of `PRIORS`.
        examples: from `gather_examples`.
        rng: a mixture's.
        key_share: share of the key poses in the training weight, in [0, 1).

    Raises:
        InputError: no such prior, or too few examples for it.
    """
    kind, _, covariance = name.partition("-")
    if name not in PRIORS:
        raise InputError(f"prior '{name}'; expected one of {', '.join(PRIORS)}")
    if kind == "gmm":
        return fit_gmm(examples, rng, covariance or "shrunk", key_share=key_share)
    return fit_network(examples, key_share) if kind == "network" else fit_replay(examples, key_share)


def load_prior(path: Path) -> Prior:
    """Return the prior that its `save` wrote.

    Raises:
        InputError: the file is no npz of a prior.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            fields = {name: archive[name] for name in archive.files}
        kind = str(fields.pop("kind"))
        readers: dict[str, Callable[..., Prior]] = {"gmm": Gmm, "network": network, "replay": Replay}
        return readers[kind](**fields)
    except (OSError, ValueError, KeyError, TypeError, EOFError) as e:
        raise InputError(f"{path}: no pose prior written by manikin: {e}") from e
