"""A handful of colours that stand for a cloth or a ground, and how far a pixel is from them.

Plain k-means in Lab with lightness halved (folds and light change lightness most), from fixed starts: no randomness.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

_ROUNDS = 12
_MIN_SHARE = 0.02  # of the samples that a colour must stand for
_MIN_SPREAD = 2.5  # Lab units; no cloth is plainer than a photo's noise
_MAX_SAMPLES = 6000


@dataclass(frozen=True, slots=True)
class Colours:
    """k colours and their spreads per channel, in `folded_lab`."""

    centres: F32  # (k, 3)
    spreads: F32  # (k, 3)

    def distance(self, lab: F32) -> F32:
        """Return (...) how many spreads each pixel (..., 3) is from the nearest colour."""
        return self.nearest(lab)[1]

    def nearest(self, lab: F32) -> tuple[NDArray[np.int64], F32]:
        """Return (...) which colour is nearest to each pixel (..., 3), and how many spreads away."""
        each = np.stack(
            [np.linalg.norm((lab - c) / s, axis=-1) for c, s in zip(self.centres, self.spreads, strict=True)]
        )
        return each.argmin(axis=0), np.asarray(each.min(axis=0), np.float32)

    def owner(self, samples: F32) -> NDArray[np.int64]:
        """Return (n,) which colour each of (n, 3) samples belongs to, whatever the colours' spreads."""
        return np.argmin([((samples - c) ** 2).sum(axis=-1) for c in self.centres], axis=0)

    def only(self, kept: NDArray[np.bool_]) -> "Colours":
        """Return those of the colours (k,) that are kept."""
        return Colours(self.centres[kept], self.spreads[kept])


def folded_lab(rgb: U8) -> F32:
    """Return (H, W, 3) Lab with lightness halved."""
    lab = np.asarray(cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)
    return lab * np.array([0.5, 1, 1], np.float32)


def fit_colours(samples: F32, k: int) -> Colours:
    """Return at most k colours that stand for (n, 3) samples, n > 0."""
    samples = samples[:: max(1, len(samples) // _MAX_SAMPLES)]
    order = np.argsort(samples[:, 0], kind="stable")
    centres = samples[order[np.linspace(0, len(order) - 1, k + 2).astype(int)[1:-1]]]
    nearest = np.zeros(len(samples), np.int64)
    for _ in range(_ROUNDS):
        nearest = np.argmin(((samples[:, None] - centres) ** 2).sum(axis=-1), axis=1)
        count = np.bincount(nearest, minlength=k)
        total = np.stack([np.bincount(nearest, samples[:, c], k) for c in range(3)], axis=1)
        centres = np.where(count[:, None] > 0, total / np.maximum(count, 1)[:, None], centres).astype(np.float32)
    share = np.bincount(nearest, minlength=k) / len(samples)
    kept = [c for c in range(k) if share[c] >= min(_MIN_SHARE, share.max())]
    spreads = [np.maximum(samples[nearest == c].std(axis=0), _MIN_SPREAD) for c in kept]
    return Colours(centres[kept], np.stack(spreads).astype(np.float32))
