"""A prior that composes poses from parts of different examples: a sparse non-parametric Bayesian network over body parts.

After Lehrmann, Gehler, Nowozin 2013 ("A Non-parametric Bayesian Network Prior of Human Pose"). Parts are drawn from the
pelvis outwards. A part's first parent is the one it hangs on; others are those, of the parts drawn before it, that tell most
of it by mutual information, if that is not little; it is estimated from ranks, as of Gaussian variables. (A Chow-Liu tree,
free of anatomy, takes the hands for its root, since captures differ most in how they hold the hands; on held-out clips its
poses are less plausible at the same coverage.) A part's conditional density is a kernel estimate: of the examples whose
parents are most like the parents drawn, one gives the part, the nearer the likelier, with a little noise. So arms may come
from one capture and legs from another where neither tells much of the other, and what belongs together stays together.

What decides is rounded and ties go to the first, so that the structure is the same on any machine.
"""

from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.stats import norm, rankdata

from manikin.tasks.errors import InputError
from manikin.tasks.poses.anatomy import PARENTS, SEGMENT, SEGMENTS
from manikin.tasks.poses.controls import ANGLES, BALLS, N_CONTROLS, ControlSpace, control_space
from manikin.tasks.poses.prior import DECIMALS, KEY_SHARE, Draws, chosen, example_weights
from manikin.tasks.poses.training import Examples

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

N_PARENTS = 3  # at most
TELLING = 0.1  # nats that a part must tell of another to be its parent beside the one it hangs on
N_NEIGHBOURS = 16  # examples among which a part is chosen
BANDWIDTH = 0.4  # of the kernel, in median distances of those neighbours
NOISE = 0.05  # of a part's spread over all examples
RIDGE = 0.05  # added to the correlations: hinges are nearly constant in many examples
FEWEST = 4

PARTS: tuple[str, ...] = (*BALLS, *dict.fromkeys(segment for segment, _ in ANGLES))
_WIDTHS = [3 if p in BALLS else sum(segment == p for segment, _ in ANGLES) for p in PARTS]
COLUMNS: tuple[slice, ...] = tuple(  # of a control vector, for each part
    slice(end - width, end) for end, width in zip(accumulate(_WIDTHS), _WIDTHS, strict=True)
)


def _hold(part: str) -> int:
    """Return the part that a part hangs on, -1 for the pelvis; the chest stands for the whole spine."""
    parent = PARENTS[SEGMENT[part]]
    while parent >= 0 and SEGMENTS[parent] not in PARTS:
        parent = PARENTS[parent]
    return PARTS.index(SEGMENTS[parent]) if parent >= 0 else -1


HOLDS = tuple(_hold(p) for p in PARTS)


@dataclass(frozen=True, slots=True)
class Network:
    """N examples as control vectors, and for each of the P parts the parts it depends on."""

    origins: F64  # (7, 3, 3) of the control space
    controls: F64  # (N, 39) radians
    weights: F64  # (N,)
    order: I32  # (P,) parts, parents first
    parents: I32  # (P, N_PARENTS) parts, -1 where there are fewer
    spreads: F64  # (P,) radians, of each part over the examples
    trees: tuple[cKDTree | None, ...]  # of the examples' parents, for each part; None for the root

    @property
    def space(self) -> ControlSpace:
        """Return the control space."""
        return ControlSpace(self.origins)

    @property
    def parts(self) -> tuple[str, ...]:
        """Return the parts of the body."""
        return PARTS

    @property
    def n_choices(self) -> int:
        """Return one choice for each part, in the order of drawing."""
        return len(PARTS)

    def draw(self, choices: F64, noise: F64) -> Draws:
        """Return poses composed part by part; see `Prior.draw`."""
        controls = np.zeros((len(choices), N_CONTROLS))
        made_of = np.zeros((len(choices), len(PARTS)), np.int32)
        if not len(choices):
            return Draws(controls, made_of)
        for part, choice in zip(self.order, choices.T, strict=True):
            tree, columns = self.trees[part], COLUMNS[part]
            if tree is None:
                rows = chosen(self.weights, choice)
            else:
                rows = self._neighbour(tree, _joined(controls, self.parents[part], self.spreads), choice)
            scale = NOISE * self.spreads[part] / np.sqrt(columns.stop - columns.start)
            controls[:, columns] = self.controls[rows, columns] + scale * noise[:, columns]
            made_of[:, part] = rows
        return Draws(controls, made_of)

    def _neighbour(self, tree: cKDTree, parents: F64, choice: F64) -> I32:
        """Return for each row an example whose parents are near (n, D), chosen by kernel weight."""
        distance, rows = tree.query(parents, k=min(N_NEIGHBOURS, tree.n))
        width = BANDWIDTH * np.maximum(np.median(distance, axis=1, keepdims=True), 1e-9)
        edges = np.cumsum(np.exp(-0.5 * (distance / width) ** 2) * self.weights[rows], axis=1)
        at = (edges <= choice[:, None] * edges[:, -1:]).sum(axis=1).clip(max=rows.shape[1] - 1)
        return np.asarray(rows[np.arange(len(rows)), at], np.int32)

    def save(self, path: Path) -> None:
        """Write the prior as an npz."""
        np.savez(
            path,
            kind="network",
            origins=self.origins,
            controls=self.controls,
            weights=self.weights,
            order=self.order,
            parents=self.parents,
        )


def fit_network(examples: Examples, key_share: float = KEY_SHARE, n_parents: int = N_PARENTS) -> Network:
    """Return the network of examples.

    Args:
        examples: from `gather_examples`.
        key_share: share of the key poses in the weight, in [0, 1).
        n_parents: the most that a part has; with 1 the network is the skeleton.

    Raises:
        InputError: too few examples to tell which parts go together.
    """
    if len(examples) < FEWEST:
        raise InputError(f"{len(examples)} pose examples are too few for a network; add motions or key poses")
    space = control_space(examples.postures)
    controls = np.round(space.encode(examples.postures), DECIMALS)
    order, parents = structure(mutual_information(controls), n_parents)
    return network(space.origins, controls, example_weights(examples.is_key, key_share), order, parents)


def network(origins: F64, controls: F64, weights: F64, order: I32, parents: I32) -> Network:
    """Return a network from what is stored of it: see the fields of `Network`."""
    spreads = np.array([np.sqrt(controls[:, c].var(axis=0).sum()) for c in COLUMNS])
    spreads = np.maximum(np.round(spreads, DECIMALS), 10.0**-DECIMALS)
    trees = tuple(cKDTree(_joined(controls, p, spreads)) if p[0] >= 0 else None for p in parents)
    return Network(origins, controls, weights, order, parents, spreads, trees)


def mutual_information(controls: F64) -> F64:
    """Return the mutual information (P, P) in nats between parts of control vectors (N, 39), as if ranks were Gaussian."""
    ranks = rankdata(controls, axis=0)  # of constant columns all the same, so 0 below
    scores = norm.ppf(ranks / (len(controls) + 1))
    covariance = np.cov(scores.T) + RIDGE * np.eye(controls.shape[1])

    def log_volume(*parts: int) -> float:
        columns = np.r_[tuple(COLUMNS[p] for p in parts)]
        return float(np.linalg.slogdet(covariance[np.ix_(columns, columns)])[1])

    single = [log_volume(p) for p in range(len(PARTS))]
    out = np.zeros((len(PARTS), len(PARTS)))
    for p in range(len(PARTS)):
        for q in range(p):
            out[p, q] = out[q, p] = max(0.5 * (single[p] + single[q] - log_volume(p, q)), 0.0)
    return np.round(out, DECIMALS)


def structure(information: F64, n_parents: int = N_PARENTS) -> tuple[I32, I32]:
    """Return parts (P,) in an order of drawing and the parents (P, n_parents) of each, -1 for none.

    After the pelvis comes, again and again, of the parts whose hold is there, the one of which those there tell most.

    Args:
        information: (P, P) between parts, symmetric.
        n_parents: the most that a part has.
    """
    order = [PARTS.index("pelvis")]
    parents = np.full((len(PARTS), n_parents), -1, np.int32)
    while len(order) < len(PARTS):
        ready = [p for p, hold in enumerate(HOLDS) if p not in order and hold in order]
        part = ready[int(np.argmax(information[np.ix_(order, ready)].max(axis=0)))]
        telling = [q for q in order if q == HOLDS[part] or information[part, q] >= TELLING]
        telling.sort(key=lambda q: (q != HOLDS[part], -information[part, q], q))
        parents[part, : min(len(telling), n_parents)] = telling[:n_parents]
        order.append(part)
    return np.array(order, np.int32), parents


def _joined(controls: F64, parents: I32, spreads: F64) -> F64:
    """Return the control numbers of parents side by side, each part's in its spread."""
    return np.concatenate([controls[:, COLUMNS[p]] / spreads[p] for p in parents if p >= 0], axis=1)
