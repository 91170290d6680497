"""The stored wardrobe: texture layers and their geometry, written one by one and read back when they are first worn."""

from collections import OrderedDict
from dataclasses import asdict
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from manikin.storage.stage import StageRef, data_folder
from manikin.tasks.clothing.cloth.variation import Cloth, Variation, main_colour
from manikin.tasks.clothing.geometry.piece import Piece
from manikin.tasks.clothing.geometry.shell import Shell, opaque
from manikin.tasks.clothing.looks.tone import AS_IT_IS, TONES, tone_table
from manikin.tasks.clothing.pattern.extent import Extent
from manikin.tasks.images.texture import Texture
from manikin.tasks.images.vary import even_places, recolour, vary
from manikin.tasks.jobs.layer import Layer
from manikin.tasks.scenes.outfit import BARE, LOOKS, VARIED

STORE = "layers.zarr"
PLACES = ".places"  # in the store: where on the flat body each texel of the atlas lies
SHELL = ".shell"  # after a layer's name: the group of its geometry in the store
PIECE, HUNG = ".piece", ".hung"  # likewise of what the rig moves of it, and the texture of that
COLUMNS = ("slot", "category", "sex", "suits", "source", "licence", "attribution", "score", "sha256")
REACHES = ("waist", "hem", "sleeve", "leg", "neck")


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


def write_layer(group: zarr.Group, layer: Layer) -> dict[str, Any]:
    """Write a layer and return its row of the wardrobe's table."""
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
