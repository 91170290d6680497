"""The cloth of a collar: a clean piece of the garment's own, with shade along the edge of the leaf.

What a photo shows about a neck, a collar laid flat, its inside, buttons and a label, lies otherwise on a body.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.pattern.collar import Collar
from manikin.tasks.clothing.pattern.template import BodyFront

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

_BELOW = 0.15  # metres under a collar's texels on the flat body, from where their cloth is taken
_DOWN = 0.3  # metres under the neck that any of it is painted
_SHADE = (0.005, 0.68)  # metres beside a leaf in which it throws shade, and what that leaves of the light at its edge
_EDGE = (0.003, 0.9)  # likewise within the leaf: its seam
_ASIDE = (0.08, 0.11)  # metres from the middle of the chest, between which the photo's cloth comes back


def paint_collar(
    front: BodyFront, collar: Collar, wanted: NDArray[np.bool_], colours: U8, cloth: Callable[[F32], F32]
) -> None:
    """Paint a collar into colours (S, S, 3), in place.

    Args:
        front: the body.
        collar: on it.
        wanted: (S, S) texels that are painted at all.
        colours: of the garment without a collar.
        cloth: returns the colours (n, 3) of the garment's back, without prints, at places (n, 2) of the flat body.
    """
    near = np.flatnonzero(wanted & (front.position[..., 1] > collar.middle[1] - _DOWN))
    position = front.position.reshape(-1, 3)[near].astype(np.float64)
    (about, leaf), soft = collar.both(position), collar.form.chest
    here = about > -max(_SHADE[0], soft)
    texels, about, leaf = near[here], about[here], leaf[here]
    flat = colours.reshape(-1, 3)
    below = front.flat.reshape(-1, 2)[texels] - np.array([0.0, _BELOW], np.float32)
    share = (about > 0).astype(np.float64)
    if soft:
        aside = np.clip((_ASIDE[1] - np.abs(position[here][:, 0])) / (_ASIDE[1] - _ASIDE[0]), 0, 1)
        share = np.maximum(share, aside * np.clip(2 * (1 + about / soft), 0, 1))
    flat[texels] = np.rint(flat[texels] + share[:, None] * (cloth(below) - flat[texels])).astype(np.uint8)
    leaf = about if collar.form.fall is None else leaf
    light = np.ones(len(texels))
    outer, inner = leaf <= 0, leaf > 0
    light[outer] = np.interp(-leaf[outer], [0, _SHADE[0]], [_SHADE[1], 1])
    light[inner] = np.interp(leaf[inner], [0, _EDGE[0]], [_EDGE[1], 1])
    flat[texels] = np.rint(flat[texels] * light[:, None]).astype(np.uint8)
