"""The photos that people are put in front of, from the cache of asset packs.

Each was looked at: where a photo shows somebody, a statue or a portrait, its area leaves that part out. A person who is
in a picture without a label teaches a network wrong things.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.storage.assets import locate
from manikin.storage.packs import Pack, licence_of, read_packs
from manikin.tasks.errors import InputError


@dataclass(frozen=True, slots=True)
class BackgroundFile:
    """One background photo in the cache; read it with `read_background`."""

    id: str
    path: Path
    area: tuple[int, int, int, int]  # x0, y0, x1, y1 in pixels: the part of the photo that shows nobody
    scene: str
    licence: str
    attribution: str

    @property
    def width(self) -> int:
        """The width of the area in pixels."""
        return self.area[2] - self.area[0]

    @property
    def height(self) -> int:
        """The height of the area in pixels."""
        return self.area[3] - self.area[1]


def background_files(cache: Path | None = None, packs: Sequence[Pack] | None = None) -> tuple[BackgroundFile, ...]:
    """Return the background photos of the cache, in the order of the list.

    Args:
        cache: the cache folder.
        packs: the list; the default assets when not given.

    Raises:
        InputError: a pack with backgrounds is missing.
    """
    packs = read_packs() if packs is None else packs
    roots = {pack.name: locate(pack.name, cache, packs) for pack in packs if pack.backgrounds}
    found = []
    for pack in packs:
        for photo in pack.backgrounds:
            terms = licence_of(photo.id, packs)
            path = roots[pack.name] / photo.path
            found.append(BackgroundFile(photo.id, path, photo.area, photo.scene, terms.licence, terms.attribution))
    return tuple(found)


def read_background(file: BackgroundFile) -> NDArray[np.uint8]:
    """Return a background photo (H, W, 3), uint8 sRGB, cut to the area that shows nobody.

    Raises:
        InputError: the file cannot be decoded, or is smaller than its area.
    """
    pixels = cv2.imread(str(file.path), cv2.IMREAD_COLOR)
    x0, y0, x1, y1 = file.area
    if pixels is None or pixels.shape[0] < y1 or pixels.shape[1] < x1:
        is_ = "cannot be decoded" if pixels is None else f"has {pixels.shape[1]} x {pixels.shape[0]} pixels"
        raise InputError(f"background '{file.id}': {file.path} {is_}; expected a photo of at least {x1} x {y1} pixels")
    return np.ascontiguousarray(pixels[y0:y1, x0:x1, ::-1]).astype(np.uint8, copy=False)
