"""Stage `textures`: the wardrobe. Skins, hair, shoes, bottoms, and garments made from product photos, as texture layers.

A photo that cannot be used is skipped and named with its reason; defaults fill only the slots that photos leave empty. A body
without a texture map gets plain colours in all slots.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import zarr

from manikin.storage.assets import locate
from manikin.storage.packs import Licence, licence_of
from manikin.storage.stage import StageRef, data_folder
from manikin.storage.tables import read_table, write_table
from manikin.tasks.bodies.helpers import Helpers
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.clothing.cutout.photo import list_garments
from manikin.tasks.clothing.geometry.mhclo import clothes_category, clothes_texture, fit_clothes, read_mhclo
from manikin.tasks.clothing.geometry.piece import Piece
from manikin.tasks.clothing.geometry.shell import Shell
from manikin.tasks.clothing.geometry.skirt import cut_skirt
from manikin.tasks.clothing.library import GarmentLayer
from manikin.tasks.clothing.looks.plain import LEFT_OUT, check_mapped, plain_layers
from manikin.tasks.clothing.pattern.template import BodyFront, body_front
from manikin.tasks.errors import InputError
from manikin.tasks.images.vary import fabric_places
from manikin.tasks.jobs import body
from manikin.tasks.jobs.layer import Layer
from manikin.tasks.jobs.looks import PAINTED
from manikin.tasks.jobs.own_layers import bring_own_layers
from manikin.tasks.jobs.photos import SLOT_OF, dress_photos, photo_digest
from manikin.tasks.jobs.shelf import PLACES, STORE, write_layer
from manikin.tasks.jobs.work import Work
from manikin.tasks.scenes.outfit import NOTHING

PHOTOS = "saleor/static/placeholders"  # in the pack
TABLE = "wardrobe.parquet"


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
    if model.has_uv:
        front = body_front(model, int(work.parameters["atlas"]))
        rows = [write_layer(group, layer) for layer in _wardrobe(model, front, work, told)]
        filled = {row["slot"] for row in rows}
        body_digest, seed = work.upstream["body"].digest, int(work.parameters["seed"])
        rows += bring_own_layers(attempt / STORE, filled, model, front, body_digest, seed)
        places = fabric_places(front)
        group.create_array(PLACES, data=places, chunks=places.shape, overwrite=True)
    else:
        rows = [write_layer(group, layer) for layer in _plain_wardrobe(told)]
    rows.append(write_layer(group, Layer(NOTHING, "none", "none", np.zeros((1, 1, 4), np.uint8), *PAINTED)))
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


def _plain_wardrobe(told: Told) -> Iterator[Layer]:
    told.skipped.append(
        (LEFT_OUT, "the body has no texture map (UV); people are painted in plain colours by body part")
    )
    for layer in plain_layers():
        yield Layer(layer.name, layer.slot, layer.category, layer.rgba, "painted", "CC0-1.0", "Manikin")


def _wardrobe(model: BodyModel, front: BodyFront, work: Work, told: Told) -> Iterator[Layer]:
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
            yield _layer(garment, outcome.shell, _skirt(model, helpers, garment, outcome.shell), licence.attribution)
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


def _skirt(model: BodyModel, helpers: Helpers | None, garment: GarmentLayer, shell: Shell | None) -> Piece | None:
    return None if helpers is None or garment.skirt is None else cut_skirt(model, helpers, garment.skirt, shell)


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
