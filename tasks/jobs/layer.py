"""One layer of the wardrobe, before it is written."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.geometry.piece import Piece
from manikin.tasks.clothing.geometry.shell import Shell
from manikin.tasks.clothing.pattern.extent import Extent
from manikin.tasks.scenes.outfit import ANYBODY


@dataclass(frozen=True, slots=True)
class Layer:
    """A texture layer and what is known of it."""

    name: str
    slot: str
    category: str
    rgba: NDArray[np.uint8]  # (S, S, 4)
    source: str
    licence: str
    attribution: str
    sex: str = "any"
    suits: str = ANYBODY  # the age group or, for hair, the skins it goes with
    score: float = 1.0
    sha256: str = ""  # of the photo
    extent: Extent | None = None  # how far a garment reaches
    shell: Shell | None = None  # its geometry; without one it is painted on the body
    piece: Piece | None = None  # what of it the rig moves: the skirt, or a garment with a mesh of its own
    piece_rgba: NDArray[np.uint8] | None = None  # (T, T, 4) of that
