"""The garment of each photo of a folder, made once: what was made of a photo, or why it cannot be used, is kept by contents."""

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from manikin.storage.digest import code_digest, stage_digest
from manikin.storage.kept import Kept, Result, open_kept
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.clothing.cutout.photo import GarmentFiles, Photo, read_photo
from manikin.tasks.clothing.geometry.shell import Shell, make_shell
from manikin.tasks.clothing.geometry.skirt import SkirtCut
from manikin.tasks.clothing.geometry.slack import Slack
from manikin.tasks.clothing.library import GarmentLayer, dress_found
from manikin.tasks.clothing.outline.found import Found, find_back, find_garment
from manikin.tasks.clothing.pattern.collar import collar_on
from manikin.tasks.clothing.pattern.extent import Extent
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.errors import InputError

SLOT_OF = {
    "top": "top",
    "outerwear": "top",
    "dress": "top",
    "trousers": "bottom",
    "shorts": "bottom",
    "skirt": "bottom",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one photo."""

    files: GarmentFiles
    garment: GarmentLayer | None  # without its reach, which its shell is cut by
    shell: Shell | None
    faults: tuple[tuple[Path, str], ...]  # each file that cannot be used, with its reason
    is_made: bool  # and not what was kept


@dataclass(frozen=True, slots=True)
class Attempt:
    """How far one photo was taken: to its pixels, to the garment found in it, and to its layer and its cloth."""

    photo: Photo | None
    found: Found | None
    garment: GarmentLayer | None
    shell: Shell | None
    faults: list[tuple[str, str]]  # "front" or "back", with what is wrong with it


def photo_digest(body_digest: str, atlas: int) -> str:
    """Return what the garment of every photo depends on, beside the photo and its label."""
    return stage_digest("photos", code_digest(__name__), {"atlas": atlas}, [body_digest])


def dress_photos(
    files: list[GarmentFiles], model: BodyModel, front: BodyFront, digest: str, licence: str, cache: Path | None = None
) -> Iterator[Outcome]:
    """Yield what comes of each photo, in order.

    Args:
        files: from `list_garments`.
        model: the body.
        front: the same body laid flat.
        digest: from `photo_digest`.
        licence: of the photos.
        cache: the asset cache.
    """
    kept = open_kept("garments", digest, cache)
    for file in files:
        yield _outcome(kept, file, model, front, licence)


def try_photo(files: GarmentFiles, model: BodyModel, front: BodyFront) -> Attempt:
    """Return what comes of a photo; what is wrong with it or with its back is said and not raised."""
    photo: Photo | None = None
    faults: list[tuple[str, str]] = []
    try:
        photo = read_photo(files.path, label=files.label)
        found = find_garment(photo)
        garment = dress_found(found, front, back=_back(files, found, faults))
        return Attempt(photo, found, garment, cut_shell(model, front, garment), faults)
    except InputError as error:
        why = _reason(files.path, error)
    except (np.linalg.LinAlgError, cv2.error) as error:  # an outline folded onto itself: one photo must not end a run
        why = f"the garment's outline cannot be laid on the body ({error}); take another photo of it, laid out flat"
    return Attempt(photo, None, None, None, [("front", why)])


def cut_shell(model: BodyModel, front: BodyFront, garment: GarmentLayer) -> Shell | None:
    """Return the cloth of a garment, None for one that is painted on the body."""
    if garment.reach is None or garment.slack is None:
        return None
    is_bottom, collar = SLOT_OF[garment.category] == "bottom", collar_on(front, garment.extent.collar)
    return make_shell(model, front, garment.reach, garment.slack, is_bottom, collar)


def _outcome(kept: Kept, files: GarmentFiles, model: BodyModel, front: BodyFront, licence: str) -> Outcome:
    key = _key(files)
    result = None if key is None else kept.get(key)
    is_made = result is None
    if result is None:
        result = _made(files, model, front)
        if key is not None:
            kept.put(key, result)
    faults = tuple((_side(files, side), reason) for side, reason in result.record["faults"])
    garment, shell = _garment(result)
    if garment is not None:
        garment = replace(garment, source=files.path.name, licence=licence)
    return Outcome(files, garment, shell, faults, is_made)


def _key(files: GarmentFiles) -> str | None:
    """Return what one photo's garment depends on: its contents, its back's and its label; None where they cannot be read."""
    try:
        hashes = [hashlib.sha256(p.read_bytes()).hexdigest() if p else "" for p in (files.path, files.back)]
    except OSError:
        return None
    label = (files.label or "").strip().lower()
    return hashlib.sha256("\n".join([*hashes, label]).encode()).hexdigest()[:32]


def _side(files: GarmentFiles, side: str) -> Path:
    return files.back if side == "back" and files.back else files.path


def _made(files: GarmentFiles, model: BodyModel, front: BodyFront) -> Result:
    made = try_photo(files, model, front)
    garment, shell = made.garment, made.shell
    if garment is None:
        return Result({"faults": made.faults}, {})
    record: dict[str, Any] = {
        "faults": made.faults,
        "extent": _plain(garment.extent),
        "slack": _plain(garment.slack) if garment.slack else None,
        "lift": garment.skirt.lift if garment.skirt else None,
    }
    record |= {name: getattr(garment, name) for name in ("id", "category", "score", "sha256")}
    arrays = {"rgba": garment.rgba} | ({} if shell is None else {f"shell.{n}": a for n, a in shell.arrays().items()})
    if garment.skirt is not None and garment.skirt_rgba is not None:
        arrays |= {
            "skirt.rgba": garment.skirt_rgba,
            "skirt.height": garment.skirt.height,
            "skirt.girth": garment.skirt.girth,
        }
    return Result(record, arrays)


def _back(files: GarmentFiles, found: Found, faults: list[tuple[str, str]]) -> Found | None:
    """Return the back where there is one that can be used: with a fault, the garment has a back of its front's cloth."""
    if files.back is None:
        return None
    try:
        return find_back(read_photo(files.back), found)
    except InputError as error:
        faults.append(("back", _reason(files.back, error)))
        return None


def _plain(lengths: Extent | Slack) -> dict[str, float | str | None]:
    return {
        n: value if value is None or isinstance(value, str) else float(value) for n, value in asdict(lengths).items()
    }


def _reason(path: Path, error: InputError) -> str:
    """Return what is wrong without the file's place, where it need not be the next time."""
    return str(error).removeprefix(f"photo {path}: ")


def _garment(result: Result) -> tuple[GarmentLayer | None, Shell | None]:
    record, arrays = result.record, result.arrays
    if "id" not in record:
        return None, None
    shell = {n.removeprefix("shell."): a for n, a in result.arrays.items() if n.startswith("shell.")}
    garment = GarmentLayer(
        id=record["id"],
        category=record["category"],
        rgba=result.arrays["rgba"],
        extent=Extent(**record["extent"]),
        score=record["score"],
        source="",
        sha256=record["sha256"],
        licence="",
        slack=Slack(**record["slack"]) if record["slack"] else None,
        skirt=None
        if record["lift"] is None
        else SkirtCut(arrays["skirt.height"], arrays["skirt.girth"], record["lift"]),
        skirt_rgba=arrays.get("skirt.rgba"),
    )
    return garment, Shell.of(shell) if shell else None
