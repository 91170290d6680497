"""Stage `augment`: change the finished pictures as other cameras, crops and codecs would, and their labels with them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from manikin.storage.arrays import create_arrays, open_arrays, read_slice, write_shard
from manikin.storage.stage import commit_shard, data_folder
from manikin.storage.tables import column_arrays, part_path, read_table, write_table
from manikin.tasks.adaptation.augment import Augmentation, Labels, augment_image, augment_labels
from manikin.tasks.images.annotate import Visibility
from manikin.tasks.jobs.shards import BOX, image_statistics, run_shards
from manikin.tasks.jobs.work import Work
from manikin.tasks.scenes.plan import AUGMENT_PREFIX, part_of_row

XY, VISIBILITY = "_xy", "_visibility"


@dataclass(frozen=True, slots=True)
class AugmentJob:
    """What a worker needs to know."""

    attempt: Path
    rendered: Path  # the data of stage `render`, in shards of the same size
    images: int
    shard: int


def run(attempt: Path, work: Work) -> dict[str, Any]:
    """Augment every shard that has no marker and return the counts."""
    n, size, shard = (int(work.parameters[k]) for k in ("images", "size", "shard"))
    rendered = data_folder(work.upstream["render"])
    create_arrays(attempt, n, size, shard, dict(open_arrays(rendered).attrs))
    return run_shards(attempt, work, partial(augment_shard, AugmentJob(attempt, rendered, n, shard)), n, shard)


def augment_shard(job: AugmentJob, shard: int) -> dict[str, Any]:
    """Augment, write and commit one shard; runs on a worker, and gives the same bytes each time it does."""
    start, stop = shard * job.shard, min(job.images, (shard + 1) * job.shard)
    arrays = read_slice(job.rendered, start, stop)
    part = part_path(job.rendered, shard)
    columns = column_arrays(part)
    table = read_table(part).drop(columns=list(columns))
    rows = []
    for i in range(stop - start):
        row = table.iloc[i].to_dict()
        change = part_of_row(Augmentation, row, AUGMENT_PREFIX)
        labels = augment_labels(_labels(row, i, columns, arrays), change)
        arrays["images"][i] = augment_image(arrays["images"][i], change)
        _keep(labels, i, columns, arrays)
        rows.append(row | _statistics(labels, arrays["images"][i]))
    crcs = write_shard(job.attempt, shard, start, arrays)
    crcs["index"] = write_table(part_path(job.attempt, shard), pd.DataFrame(rows), columns)
    info = {"shard": shard, "images": stop - start, "crc": crcs}
    commit_shard(job.attempt, shard, info)
    return info


def _skeletons(columns: Mapping[str, Any]) -> list[str]:
    return [name.removesuffix(XY) for name in columns if name.endswith(XY)]


def _labels(
    row: Mapping[str, Any], i: int, columns: Mapping[str, NDArray[Any]], arrays: Mapping[str, NDArray[Any]]
) -> Labels:
    return Labels(
        K=columns["K"][i],
        xy={name: columns[name + XY][i] for name in _skeletons(columns)},
        visibility={name: columns[name + VISIBILITY][i] for name in _skeletons(columns)},
        box=(row["box_x"], row["box_y"], row["box_w"], row["box_h"]),
        mask=arrays["mask"][i],
        depth=arrays["depth"][i],
        part=arrays["part"][i],
    )


def _keep(labels: Labels, i: int, columns: dict[str, NDArray[Any]], arrays: dict[str, NDArray[Any]]) -> None:
    columns["K"][i] = labels.K
    for name in labels.xy:
        columns[name + XY][i] = labels.xy[name]
        columns[name + VISIBILITY][i] = labels.visibility[name]
    arrays["mask"][i], arrays["depth"][i], arrays["part"][i] = labels.mask, labels.depth, labels.part


def _statistics(labels: Labels, image: NDArray[np.uint8]) -> dict[str, Any]:
    visible = {f"{k}_visible": int((v == Visibility.VISIBLE).sum()) for k, v in labels.visibility.items()}
    return image_statistics(image, labels.mask) | dict(zip(BOX, labels.box, strict=True)) | visible
