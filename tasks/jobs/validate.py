"""Stage `validate`: check the finished pictures and labels, and show them: a card of the data set and a contact sheet."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import zarr
from numpy.typing import NDArray

from manikin.storage.arrays import open_arrays
from manikin.storage.stage import data_folder, read_manifest, write_atomic
from manikin.storage.tables import INDEX, column_array, read_table, write_table
from manikin.tasks.bodies.skeletons import Skeleton, skeleton
from manikin.tasks.errors import InputError
from manikin.tasks.images.overlay import draw_labels, tile
from manikin.tasks.jobs.work import Work
from manikin.validation.card import dataset_card
from manikin.validation.geometry import bone_ratio, joints_on_person, reprojection_px
from manikin.validation.index import check_index

CARD = "card.md"
CONTACT_SHEET = "contact_sheet.png"
CHECKS = "checks.parquet"
SHEET_IMAGES = 64
SHEET_COLUMNS = 8
SHEET_PIXELS = 192  # of a picture on the sheet
SKELETON = "coco17"
MEASURES = ("reprojection_px", "bone_ratio", "on_person", "on_person_mean")


def run(attempt: Path, work: Work) -> dict[str, Any]:
    """Check a finished data set; write its card and contact sheet.

    Raises:
        InputError: a critical check failed; says which, on which images.
    """
    folder = data_folder(work.upstream["augment"])
    n, size = int(work.parameters["images"]), int(work.parameters["size"])
    human = skeleton(SKELETON)
    findings = []
    for stage in ("render", "augment"):
        part = data_folder(work.upstream[stage])
        index = _measured(part, human)
        write_table(attempt / f"{stage}-{CHECKS}", index[["image", *MEASURES]])
        findings += [{"stage": stage, **f} for f in check_index(index, n, size)]
    upstream = {name: read_manifest(ref) for name, ref in work.upstream.items()}
    write_atomic(attempt / CARD, dataset_card(index, findings, upstream).encode())
    write_atomic(attempt / CONTACT_SHEET, _png(contact_sheet(folder, human)))
    return {"checks": findings}


def _measured(folder: Path, human: Skeleton) -> pd.DataFrame:
    """Return the index with what is measured between labels."""
    index = read_table(folder / INDEX)
    index = index[[c for c in index.columns if np.isscalar(index[c].iloc[0])]]
    xy, visibility, world = (column_array(folder / INDEX, f"{human.name}_{k}") for k in ("xy", "visibility", "world"))
    masks = open_arrays(folder)["mask"]
    assert isinstance(masks, zarr.Array)
    on_person = [joints_on_person(xy[i], visibility[i], np.asarray(masks[i])) for i in range(len(index))]
    return index.assign(
        reprojection_px=reprojection_px(
            column_array(folder / INDEX, "K"), column_array(folder / INDEX, "T_cam_world"), world, xy
        ),
        bone_ratio=bone_ratio(world, np.asarray(human.parents), index["height_m"]),
        on_person=on_person,
        on_person_mean=float(np.mean(on_person)),
    )


def contact_sheet(folder: Path, human: Skeleton) -> NDArray[np.uint8]:
    """Return the first pictures of a stage, and the same with their labels drawn, as one picture."""
    arrays = open_arrays(folder)
    index = read_table(folder / INDEX)
    n = min(len(index), SHEET_IMAGES)
    images, masks = (np.asarray(arrays[name][:n]) for name in ("images", "mask"))  # type: ignore[index]
    xy, visibility = (column_array(folder / INDEX, f"{human.name}_{k}") for k in ("xy", "visibility"))
    boxes = index[["box_x", "box_y", "box_w", "box_h"]].to_numpy(float)
    labelled = [
        draw_labels(images[i], masks[i], tuple(boxes[i]), xy[i], visibility[i], human.parents, human.pairs)
        for i in range(n)
    ]
    columns = min(n, SHEET_COLUMNS)
    sheets = [tile([_fit(i) for i in some], columns) for some in (images, labelled)]
    return tile(sheets, 2, gap=12)


def _fit(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    side = min(image.shape[0], SHEET_PIXELS)
    return np.asarray(cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def _png(image: NDArray[np.uint8]) -> bytes:
    ok, data = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 6])
    if not ok:
        raise InputError(f"OpenCV could not encode a PNG of {image.shape}")
    return data.tobytes()
