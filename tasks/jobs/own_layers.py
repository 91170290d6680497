"""The layers that come with the program: bottoms, shoes, skins, hair, underwear and socks, made once and kept in the asset cache.

They depend on the body, the atlas and the seed, and on no photo, so a wardrobe of other photos copies them.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import zarr

from manikin.storage.digest import code_digest, stage_digest
from manikin.storage.learned import learned
from manikin.storage.packs import read_packs
from manikin.storage.tables import read_table, write_table
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.clothing.library import GarmentLayer
from manikin.tasks.clothing.looks.bottoms import default_bottoms
from manikin.tasks.clothing.looks.shoe_mesh import shoe_shell
from manikin.tasks.clothing.looks.shoes import default_shoes
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.errors import InputError
from manikin.tasks.jobs import looks
from manikin.tasks.jobs.layer import Layer
from manikin.tasks.jobs.photos import cut_shell
from manikin.tasks.jobs.shelf import STORE, write_layer
from manikin.tasks.randomness import Stream, rng_for

TABLE = "layers.parquet"
N_BOTTOMS, N_SHOES = 10, 6
BOTTOM_STREAM, SHOES_STREAM = 0, 1000  # default layers draw from streams of their own, as looks do


def bring_own_layers(
    store: Path, filled: set[str], model: BodyModel, front: BodyFront, body_digest: str, seed: int
) -> list[dict[str, Any]]:
    """Copy the program's layers into a wardrobe's store and return their rows of its table.

    Args:
        store: the Zarr group of the wardrobe.
        filled: slots that photos fill; there, the program's bottoms are left out.
        model: the body.
        front: the same body laid flat.
        body_digest: of the stage that made it.
        seed: of what is drawn.
    """
    packs = {pack.name: pack.digest for pack in read_packs() if pack.name == looks.SKINS}
    parameters = {"atlas": front.size, "seed": seed, "packs": packs}
    digest = stage_digest("own-layers", code_digest(__name__), parameters, [body_digest])

    def make(folder: Path) -> None:
        group = zarr.open_group(folder / STORE, mode="w")
        rows = [write_layer(group, layer) for layer in own_layers(model, front, seed)]
        write_table(folder / TABLE, pd.DataFrame(rows))

    def bring(folder: Path) -> list[dict[str, Any]]:
        rows = [dict(row) for row in _table(folder).to_dict("records")]
        worn = [row for row in rows if row["slot"] != "bottom" or "bottom" not in filled]
        names = {str(row["layer"]) for row in worn}
        try:
            parts = [p for p in sorted((folder / STORE).iterdir()) if names & {p.name, p.stem}]  # texture; geometry
            if missing := sorted(names - {p.name for p in parts}):
                raise InputError(f"{folder}: damaged: there is no {missing[0]}")
            for part in parts:
                shutil.copytree(part, store / part.name, dirs_exist_ok=True)
        except OSError as error:
            raise InputError(f"{folder}: layers cannot be read: {error}") from error
        return worn

    return learned("layers", digest, make, bring)


def own_layers(model: BodyModel, front: BodyFront, seed: int) -> Iterator[Layer]:
    """Yield the program's layers of a body."""
    yield from _drawn(model, front, seed, default_bottoms, "bottom", BOTTOM_STREAM, N_BOTTOMS)
    shoes = shoe_shell(model, front)
    for layer in _drawn(model, front, seed, default_shoes, "shoes", SHOES_STREAM, N_SHOES):
        yield replace(layer, shell=shoes)
    yield from looks.skins(model, front, seed)
    yield from looks.hair(model, front, seed)
    yield from looks.linen(front)


def _table(folder: Path) -> pd.DataFrame:
    try:
        return read_table(folder / TABLE)
    except (OSError, ValueError) as error:
        raise InputError(f"{folder}: no kept layers: {error}") from error


def _drawn(
    model: BodyModel,
    front: BodyFront,
    seed: int,
    make: Callable[[BodyFront, np.random.Generator], GarmentLayer],
    slot: str,
    stream: int,
    n: int,
) -> Iterator[Layer]:
    for k in range(n):
        garment = make(front, rng_for(seed, Stream.TEXTURE, stream + k))
        shell = cut_shell(model, front, garment)
        yield Layer(
            f"{slot}-{k}", slot, garment.category, garment.rgba, garment.source, "CC0-1.0", "Manikin", shell=shell
        )
