"""A handful of colours that stand for a cloth or a ground, and how far a pixel is from them.

Plain k-means in Lab with lightness halved (folds and light change lightness most), from fixed starts: no randomness.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.kernel import kernel

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
        flat = lab.reshape(-1, 3)
        far, which = _nearest(np.ascontiguousarray(flat.T), self.centres, self.spreads)
        return which.reshape(lab.shape[:-1]).astype(np.int64), far.reshape(lab.shape[:-1])

    def owner(self, samples: F32) -> NDArray[np.int64]:
        """Return (n,) which colour each of (n, 3) samples belongs to, whatever the colours' spreads."""
        return np.argmin([((samples - c) ** 2).sum(axis=-1) for c in self.centres], axis=0)

    def shares(self, samples: F32) -> NDArray[np.float64]:
        """Return (k,) the share of (n, 3) samples, n > 0, that belongs to each colour."""
        return np.bincount(self.owner(samples), minlength=len(self.centres)) / len(samples)

    def common(self, samples: F32, least: float) -> "Colours":
        """Return those of the colours that at least such a share of (n, 3) samples has; the most usual one has enough."""
        share = self.shares(samples)
        return self.only(share >= min(least, share.max()))

    def only(self, kept: NDArray[np.bool_]) -> "Colours":
        """Return those of the colours (k,) that are kept."""
        return Colours(self.centres[kept], self.spreads[kept])


def folded_lab(rgb: U8) -> F32:
    """Return (H, W, 3) Lab with lightness halved."""
    lab = np.asarray(cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)
    return lab * np.array([0.5, 1, 1], np.float32)


def thinned(samples: F32, most: int) -> F32:
    """Return of (n, 3) samples every so many that about so many are left, fewer than twice."""
    return samples[:: max(1, len(samples) // most)]


def fit_colours(samples: F32, k: int) -> Colours:
    """Return at most k colours that stand for (n, 3) samples, n > 0."""
    samples = thinned(samples, _MAX_SAMPLES)
    order = np.argsort(samples[:, 0], kind="stable")
    centres = samples[order[np.linspace(0, len(order) - 1, k + 2).astype(int)[1:-1]]]
    nearest, centres = _settled(np.ascontiguousarray(samples.T), centres)
    share = np.bincount(nearest, minlength=k) / len(samples)
    kept = [c for c in range(k) if share[c] >= min(_MIN_SHARE, share.max())]
    spreads = [np.maximum(samples[nearest == c].std(axis=0), _MIN_SPREAD) for c in kept]
    return Colours(centres[kept], np.stack(spreads).astype(np.float32))


@kernel
def _nearest(channels: F32, centres: F32, spreads: F32) -> tuple[F32, NDArray[np.int32]]:
    """Return (n,) how many spreads each of (3, n) pixels is from the nearest of (k, 3) centres, and (n,) which that is."""
    light, red, yellow = channels[0], channels[1], channels[2]
    n = len(light)
    least, which = np.full(n, np.inf, np.float32), np.zeros(n, np.int32)
    for k in range(len(centres)):
        for i in range(n):
            a = (light[i] - centres[k, 0]) / spreads[k, 0]
            b = (red[i] - centres[k, 1]) / spreads[k, 1]
            c = (yellow[i] - centres[k, 2]) / spreads[k, 2]
            far = np.sqrt(a * a + b * b + c * c)
            which[i] = k if far < least[i] else which[i]
            least[i] = far if far < least[i] else least[i]
    return least, which


@kernel
def _settled(channels: F32, centres: F32) -> tuple[NDArray[np.int32], F32]:
    """Return (n,) which of k colours each of (3, n) samples is nearest to, and those (k, 3), from (k, 3) to start with."""
    light, red, yellow = channels[0], channels[1], channels[2]
    n, most = len(light), len(centres)
    centres = centres.copy()
    which, before = np.zeros(n, np.int32), np.full(n, -1, np.int32)
    least = np.empty(n, np.float32)
    for _ in range(_ROUNDS):
        least[:] = np.inf
        for k in range(most):
            for i in range(n):
                a, b, c = light[i] - centres[k, 0], red[i] - centres[k, 1], yellow[i] - centres[k, 2]
                far = a * a + b * b + c * c
                which[i] = k if far < least[i] else which[i]
                least[i] = far if far < least[i] else least[i]
        total, count, is_settled = np.zeros((most, 3)), np.zeros(most), True
        for i in range(n):
            k = which[i]
            is_settled = is_settled and k == before[i]
            before[i] = k
            count[k] += 1
            total[k, 0] += light[i]
            total[k, 1] += red[i]
            total[k, 2] += yellow[i]
        if is_settled:
            break
        for k in range(most):
            if count[k] > 0:
                for c in range(3):
                    centres[k, c] = np.float32(total[k, c] / count[k])
    return which, centres
