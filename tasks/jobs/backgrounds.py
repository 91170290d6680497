"""Stage `backgrounds`: photos of places without people, read once, made small, with what is known of each."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import zarr
from numpy.typing import NDArray

from manikin.storage.backgrounds import background_files, read_background
from manikin.storage.stage import StageRef, data_folder
from manikin.storage.tables import read_table, write_table
from manikin.tasks.clothing.cutout.photo import read_photos
from manikin.tasks.errors import InputError
from manikin.tasks.jobs.work import Work

TABLE = "backgrounds.parquet"
STORE = "backgrounds.zarr"
GROUND = ("room", "street", "park", "nature")  # scenes of the default that have ground to stand on
SMALLEST = 128  # pixels of the shorter side
LARGEST = 1024  # pixels of the longer side; larger photos are made smaller


@dataclass(frozen=True, slots=True)
class _Place:
    name: str
    image: NDArray[np.uint8]
    licence: str
    attribution: str
    file: str


def run(attempt: Path, work: Work) -> dict[str, Any]:
    """Write the photos and their table; return counts and the reasons of those left out.

    Raises:
        InputError: no photo could be used.
    """
    photos, skipped = _default() if work.sources.backgrounds is None else _own(work.sources.backgrounds)
    group = zarr.open_group(attempt / STORE, mode="w")
    rows = []
    for place in photos:
        height, width = place.image.shape[:2]
        if min(height, width) < SMALLEST:
            skipped.append((place.file, f"{width}x{height} pixels, expected at least {SMALLEST} on the shorter side"))
            continue
        small = _shrink(place.image)
        group.create_array(place.name, data=small, chunks=small.shape, overwrite=True)
        rows.append(
            {
                "background": place.name,
                "width": small.shape[1],
                "height": small.shape[0],
                "licence": place.licence,
                "attribution": place.attribution,
            }
        )
    if not rows:
        raise InputError(
            f"none of the {len(skipped)} background photos can be used; the first: {skipped[0][0]}: {skipped[0][1]}. "
            f"Give photos of at least {SMALLEST} pixels with --backgrounds, or leave it out for the default"
        )
    crc = write_table(attempt / TABLE, pd.DataFrame(rows))
    return {"crc": crc, "backgrounds": len(rows), "skipped": [list(s) for s in skipped]}


def load_table(ref: StageRef) -> pd.DataFrame:
    """Return the table of backgrounds: id, width, height, licence, attribution."""
    return read_table(data_folder(ref) / TABLE)


def load_images(ref: StageRef) -> dict[str, NDArray[np.uint8]]:
    """Return all backgrounds by id, (h, w, 3) sRGB."""
    group = zarr.open_group(data_folder(ref) / STORE, mode="r")
    return {name: np.asarray(array[:]) for name, array in group.arrays()}


def _default() -> tuple[list[_Place], list[tuple[str, str]]]:
    files = [f for f in background_files() if f.scene in GROUND]
    return [
        _Place(f.id.replace("/", "-"), read_background(f), f.licence, f.attribution, f.path.name) for f in files
    ], []


def _own(folder: Path) -> tuple[list[_Place], list[tuple[str, str]]]:
    photos, skipped = read_photos(folder)
    unique = {p.sha256: p for p in photos}
    places = [_Place(p.sha256[:16], p.rgb, "user", "user", p.path.name) for p in unique.values()]
    return places, [(path.name, reason) for path, reason in skipped]


def _shrink(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    scale = min(1.0, LARGEST / max(height, width))
    size = (round(width * scale), round(height * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
