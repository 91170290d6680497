"""A top with short sleeves laid flat, as masks of the working size."""

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
SIZE = 192


def inside() -> Mask:
    """Its cloth."""
    out = np.zeros((SIZE, SIZE), bool)
    out[30:180, 50:142] = True
    out[30:70, 15:177] = True
    return out


def trunk() -> Mask:
    """Where nothing but its trunk can be."""
    out = np.zeros((SIZE, SIZE), bool)
    out[40:170, 60:132] = True
    return out
