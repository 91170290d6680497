"""MakeHuman's macro phenotypes: from a few numbers in [0, 1] to the weight of each of its modelling targets.

Every macro target is made for a combination of extremes ("female, old, max muscle, min weight"). Its weight is the
product, over those extremes, of how much of each extreme the person has: hat functions for the ordered factors, shares
for the races. (MakeHuman and Anny do the same.) Age runs from "baby" (about 1 year) by "child" (10) and "young" (25) to
"old" (90); `AGE_OF` names these places.
"""

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]

RACES = ("african", "asian", "caucasian")
EXTREMES: dict[str, tuple[str, ...]] = {
    "gender": ("male", "female"),
    "age": ("baby", "child", "young", "old"),
    "muscle": ("minmuscle", "averagemuscle", "maxmuscle"),
    "weight": ("minweight", "averageweight", "maxweight"),
    "height": ("minheight", "maxheight"),
    "proportions": ("idealproportions", "uncommonproportions"),
    "cupsize": ("mincup", "averagecup", "maxcup"),
    "firmness": ("minfirmness", "averagefirmness", "maxfirmness"),
}
PHENOTYPES = (*RACES, *EXTREMES)  # columns of a phenotype array
PHENOTYPE_LABELS = (*RACES, *(label for labels in EXTREMES.values() for label in labels))
AGE_OF = {
    name: i / (len(EXTREMES["age"]) - 1) for i, name in enumerate(EXTREMES["age"])
}  # their places on the age axis


def _hats(x: F64, n: int) -> F64:
    """Return how much (B, n) of each of n evenly spaced extremes the values x (B,) in [0, 1] have; rows sum to 1."""
    position = np.clip(x, 0.0, 1.0) * (n - 1)
    return np.maximum(0.0, 1.0 - np.abs(position[:, None] - np.arange(n)))


def target_weights(mask: U8, phenotypes: F64) -> F64:
    """Return the weight (B, N) of each target for each person.

    Args:
        mask: (N, len(PHENOTYPE_LABELS)) which extremes each target is made for.
        phenotypes: (B, len(PHENOTYPES)) in [0, 1]; the races are shares and need not sum to 1 (all zero: equal shares).
    """
    shares = np.maximum(phenotypes[:, :3], 0.0)
    total = shares[:, 0] + shares[:, 1] + shares[:, 2]
    shares = np.where(total[:, None] > 0.0, shares / np.where(total > 0.0, total, 1.0)[:, None], 1.0 / 3.0)
    columns = [shares] + [_hats(phenotypes[:, 3 + i], len(labels)) for i, labels in enumerate(EXTREMES.values())]
    amounts = np.concatenate(columns, axis=1)
    weights = np.ones((len(phenotypes), len(mask)))
    for label in range(mask.shape[1]):
        weights *= np.where(mask[:, label] > 0, amounts[:, label : label + 1], 1.0)
    return weights
