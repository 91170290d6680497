"""Stage `textures`: the wardrobe. Skins, hair, shoes, bottoms, and garments made from product photos, as texture layers.

A photo that cannot be used is skipped and named with its reason; defaults fill only the slots that photos leave empty. A body
without a texture map gets plain colours in all slots.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
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
from manikin.tasks.bodies.helpers import Helpers
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.clothing.bottoms import default_bottoms
from manikin.tasks.clothing.extent import Extent
from manikin.tasks.clothing.library import GarmentLayer
from manikin.tasks.clothing.mhclo import clothes_category, clothes_texture, fit_clothes, read_mhclo
from manikin.tasks.clothing.photo import list_garments
from manikin.tasks.clothing.piece import Piece
from manikin.tasks.clothing.plain import LEFT_OUT, check_mapped, plain_layers
from manikin.tasks.clothing.shell import Shell, opaque
from manikin.tasks.clothing.shoe_mesh import shoe_shell
from manikin.tasks.clothing.shoes import default_shoes
from manikin.tasks.clothing.skirt import cut_skirt
from manikin.tasks.clothing.template import BodyFront, body_front
from manikin.tasks.clothing.tone import AS_IT_IS, TONES, tone_table
from manikin.tasks.clothing.variation import Cloth, Variation, main_colour
from manikin.tasks.errors import InputError
from manikin.tasks.images.texture import Texture
from manikin.tasks.images.vary import even_places, fabric_places, recolour, vary
from manikin.tasks.jobs import body, looks
from manikin.tasks.jobs.layer import Layer
from manikin.tasks.jobs.photos import SLOT_OF, cut_shell, dress_photos, photo_digest
from manikin.tasks.jobs.work import Work
from manikin.tasks.randomness import Stream, rng_for
from manikin.tasks.scenes.outfit import BARE, LOOKS, NOTHING, VARIED

PHOTOS = "saleor/static/placeholders"  # in the pack
TABLE = "wardrobe.parquet"
STORE = "layers.zarr"
PLACES = ".places"  # in the store: where on the flat body each texel of the atlas lies
SHELL = ".shell"  # after a layer's name: the group of its geometry in the store
PIECE, HUNG = ".piece", ".hung"  # likewise of what the rig moves of it, and the texture of that
COLUMNS = ("slot", "category", "sex", "suits", "source", "licence", "attribution", "score", "sha256")
REACHES = ("waist", "hem", "sleeve", "leg", "neck")
DEFAULT_BOTTOMS = 10
DEFAULT_SHOES = 6
BOTTOM_STREAM, SHOES_STREAM = 0, 1000  # default layers draw from streams of their own, as looks do


@dataclass(slots=True)
class Told:
    """What the manifest says of the photos."""

    skipped: list[tuple[str, str]] = field(default_factory=list)  # file, reason
    made: int = 0  # photos that were processed
    reused: int = 0  # photos whose garment, or fault, was known


def run(attempt: Path, work: Work) -> dict[str, Any]:
    """Make and write the wardrobe; return counts and the photos left out.

    Raises:
        InputError: no photo could be used, or there are photos for a body without a texture map.
    """
    model = body.load(work.upstream["body"])
    check_mapped(model, work.sources.garments)
    group = zarr.open_group(attempt / STORE, mode="w")
    told = Told()
    rows = [_write(group, layer) for layer in (_wardrobe if model.has_uv else _plain_wardrobe)(model, work, told)]
    rows.append(_write(group, Layer(NOTHING, "none", "none", np.zeros((1, 1, 4), np.uint8), *looks.PAINTED)))
    if model.has_uv:
        places = fabric_places(body_front(model, int(work.parameters["atlas"])))
        group.create_array(PLACES, data=places, chunks=places.shape, overwrite=True)
    crc = write_table(attempt / TABLE, pd.DataFrame(rows))
    skipped = [list(s) for s in told.skipped]
    return {"crc": crc, "layers": len(rows), "skipped": skipped, "made": told.made, "reused": told.reused}


def load_table(ref: StageRef) -> pd.DataFrame:
    """Return the wardrobe, a row a layer.

    Columns: layer, slot, category, sex, suits, source, licence, attribution, score, sha256 of the photo; waist, hem, sleeve, leg
    and neck as `Extent` has them, NaN where a garment does not end there; light, chroma, hue_deg and share of its main colour as
    `Cloth` has them; varies, of `VARIES`.
    """
    return read_table(data_folder(ref) / TABLE)


class LayerShelf:
    """Texture layers by name, read when first asked for; the least used leave when there are too many."""

    def __init__(self, ref: StageRef, capacity: int = 96) -> None:
        self._group = zarr.open_group(data_folder(ref) / STORE, mode="r")
        self._capacity = capacity
        self._held: OrderedDict[str | tuple[str, Variation | int], Texture] = OrderedDict()
        self._places = np.asarray(self._group[PLACES][:]) if PLACES in self._group else None  # type: ignore[index]
        self._shells: dict[str, Shell | None] = {}
        self._pieces: dict[str, Piece | None] = {}

    def __getitem__(self, layer: str) -> Texture:
        if layer not in self._held:
            array = self._group[layer]
            self._hold(layer, Texture(np.asarray(array[:]), int(array.attrs["size"])))  # type: ignore[index,arg-type]
        self._held.move_to_end(layer)
        return self._held[layer]

    def worn(self, layer: str, variation: Variation) -> Texture:
        """Return a variant of a layer."""
        if variation.variant == 0:
            return self[layer]
        key = (layer, variation)
        if key not in self._held:
            cloth = Cloth(**self._group[layer].attrs["cloth"])  # type: ignore[arg-type]
            self._hold(key, vary(self[layer], cloth, variation, self._places))
        self._held.move_to_end(key)
        return self._held[key]

    def toned(self, layer: str, tone: int) -> Texture:
        """Return a skin in a tone, `AS_IT_IS` where its origin is not known."""
        origin = str(self._group[layer].attrs["category"])
        if tone == AS_IT_IS or origin not in TONES:
            return self[layer]
        key = (layer, tone)
        if key not in self._held:
            self._hold(key, recolour(self[layer], tone_table(origin, tone)))
        self._held.move_to_end(key)
        return self._held[key]

    def _hold(self, key: str | tuple[str, Variation | int], texture: Texture) -> None:
        self._held[key] = texture
        if len(self._held) > self._capacity:
            self._held.popitem(last=False)

    def shell(self, layer: str) -> Shell | None:
        """Return the geometry of a layer, None where it is painted on the body."""
        if layer not in self._shells:
            arrays = self._group.get(f"{layer}{SHELL}")
            found = {k: np.asarray(a[:]) for k, a in arrays.arrays()} if isinstance(arrays, zarr.Group) else None
            self._shells[layer] = None if found is None else Shell.of(found)
        return self._shells[layer]

    def piece(self, layer: str) -> Piece | None:
        """Return what of a layer the rig moves, None for most."""
        if layer not in self._pieces:
            arrays = self._group.get(f"{layer}{PIECE}")
            found = {k: np.asarray(a[:]) for k, a in arrays.arrays()} if isinstance(arrays, zarr.Group) else None
            self._pieces[layer] = None if found is None else Piece.of(found)
        return self._pieces[layer]

    def hung(self, layer: str, variation: Variation) -> Texture:
        """Return the texture of a layer's piece in a variant."""
        name = f"{layer}{HUNG}"
        piece, key = self.piece(layer), (name, variation)
        if variation.variant == 0 or piece is None:
            return self[name]
        if key not in self._held:
            cloth = Cloth(**self._group[layer].attrs["cloth"])  # type: ignore[arg-type]
            self._hold(key, vary(self[name], cloth, variation, even_places(self[name].size, piece.span())))
        self._held.move_to_end(key)
        return self._held[key]


def _write(group: zarr.Group, layer: Layer) -> dict[str, Any]:
    rgba = layer.rgba
    if layer.shell is not None:
        rgba = rgba if layer.slot in LOOKS else opaque(rgba)  # hair is painted on the scalp too
        for name, values in layer.shell.arrays().items():
            group.create_array(f"{layer.name}{SHELL}/{name}", data=values, chunks=values.shape, overwrite=True)
    if layer.piece is not None and layer.piece_rgba is not None:
        for name, values in layer.piece.arrays().items():
            group.create_array(f"{layer.name}{PIECE}/{name}", data=values, chunks=values.shape, overwrite=True)
        hung = Texture.from_rgba(layer.piece_rgba)
        array = group.create_array(f"{layer.name}{HUNG}", data=hung.texels, chunks=hung.texels.shape, overwrite=True)
        array.attrs["size"] = hung.size
    texture = Texture.from_rgba(rgba)
    array = group.create_array(layer.name, data=texture.texels, chunks=texture.texels.shape, overwrite=True)
    cloth = _main_colour(rgba if layer.piece_rgba is None else layer.piece_rgba)
    array.attrs.update({"size": texture.size, "cloth": asdict(cloth), "category": layer.category})
    row = {"layer": layer.name} | {name: getattr(layer, name) for name in COLUMNS} | _reaches(layer.extent)
    return row | asdict(cloth) | {"varies": _varies(layer)}


def _main_colour(rgba: NDArray[np.uint8]) -> Cloth:
    shown = rgba[rgba[..., 3] == 255][::16, :3]
    return main_colour(shown) if len(shown) else BARE


def _varies(layer: Layer) -> str:
    """Return what a layer comes in: clothes laid on the atlas in all fabrics, other ones in all colours."""
    if layer.slot not in VARIED:
        return "no"
    return "colour" if layer.extent is None else "fabric"


def _reaches(extent: Extent | None) -> dict[str, float]:
    """Return where a garment ends, in metres on the default body; NaN where it does not end there."""
    lengths = {} if extent is None else asdict(extent)
    return {name: np.nan if (value := lengths.get(name)) is None else float(value) for name in REACHES}


def _plain_wardrobe(_model: BodyModel, _work: Work, told: Told) -> Iterator[Layer]:
    told.skipped.append(
        (LEFT_OUT, "the body has no texture map (UV); people are painted in plain colours by body part")
    )
    for layer in plain_layers():
        yield Layer(layer.name, layer.slot, layer.category, layer.rgba, "painted", "CC0-1.0", "Manikin")


def _wardrobe(model: BodyModel, work: Work, told: Told) -> Iterator[Layer]:
    front, seed = body_front(model, int(work.parameters["atlas"])), int(work.parameters["seed"])
    filled = set()  # the user's photos first, so that a folder of nothing usable is said at once
    default, own = (locate("saleor") / PHOTOS, licence_of("saleor")), work.sources.garments
    users = Licence("user", "user", "user", "", "")
    for layer in _garments(model, front, *((own, users) if own else default), work, told):
        filled.add(layer.slot)
        yield layer
    for layer in _brought(model, work, front.size // 2, told) if own else ():
        filled.add(layer.slot)
        yield layer
    if not filled:
        raise InputError(
            f"none of the {len(told.skipped)} photos of clothes can be used; the first: {': '.join(told.skipped[0])}. "
            "Give photos of single garments with --garments, or leave it out for the default"
        )
    if "top" not in filled:
        yield from (layer for layer in _garments(model, front, *default, work, told) if layer.slot == "top")
    if "bottom" not in filled:
        yield from _defaults(model, front, seed, default_bottoms, "bottom", BOTTOM_STREAM, DEFAULT_BOTTOMS)
    shoes = shoe_shell(model, front)
    for layer in _defaults(model, front, seed, default_shoes, "shoes", SHOES_STREAM, DEFAULT_SHOES):
        yield replace(layer, shell=shoes)
    yield from looks.skins(model, front, seed)
    yield from looks.hair(model, front, seed)
    yield from looks.linen(front)


def _garments(
    model: BodyModel, front: BodyFront, folder: Path, licence: Licence, work: Work, told: Told
) -> Iterator[Layer]:
    photos = list_garments(folder)
    digest = photo_digest(work.upstream["body"].digest, front.size)
    helpers, seen = body.load_helpers(work.upstream["body"]), set()
    for k, outcome in enumerate(dress_photos(photos, model, front, digest, licence.licence)):
        told.skipped += [(path.name, reason) for path, reason in outcome.faults]
        told.made += outcome.is_made
        told.reused += not outcome.is_made
        garment = outcome.garment
        if garment is not None and garment.id not in seen:
            seen.add(garment.id)
            yield _layer(garment, outcome.shell, _skirt(model, helpers, garment), licence.attribution)
        work.report(k + 1, len(photos))


def _brought(model: BodyModel, work: Work, size: int, told: Told) -> Iterator[Layer]:
    """Yield the garments with a mesh of their own that lie in the user's folder."""
    folder, helpers = work.sources.garments, body.load_helpers(work.upstream["body"])
    if folder is None or helpers is None:
        return
    for path in sorted(folder.glob("*.mhclo")):
        try:
            piece, rgba = fit_clothes(read_mhclo(path), model, helpers), clothes_texture(path, size)
        except InputError as error:
            told.skipped.append((path.name, str(error)))
            continue
        category, digest = clothes_category(piece), hashlib.sha256(path.read_bytes() + rgba.tobytes()).hexdigest()
        yield Layer(
            name=f"{category}-{digest[:12]}",
            slot=SLOT_OF.get(category, category),
            category=category,
            rgba=np.zeros((1, 1, 4), np.uint8),
            source=path.name,
            licence="user",
            attribution="user",
            sha256=digest,
            piece=piece,
            piece_rgba=rgba,
        )


def _defaults(
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


def _skirt(model: BodyModel, helpers: Helpers | None, garment: GarmentLayer) -> Piece | None:
    return None if helpers is None or garment.skirt is None else cut_skirt(model, helpers, garment.skirt)


def _layer(garment: GarmentLayer, shell: Shell | None, skirt: Piece | None, attribution: str) -> Layer:
    return Layer(
        name=garment.id,
        slot=SLOT_OF[garment.category],
        category=garment.category,
        rgba=garment.rgba,
        source=garment.source,
        licence=garment.licence,
        attribution=attribution,
        score=garment.score,
        sha256=garment.sha256 or "",
        extent=garment.extent,
        shell=shell,
        piece=skirt,
        piece_rgba=garment.skirt_rgba,
    )
