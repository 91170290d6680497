"""Stages made in shards: what is left to do goes to the workers, and the stage is whole when every shard has its marker."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from distributed import Client
from numpy.typing import NDArray

from manikin.storage.arrays import is_sound
from manikin.storage.stage import committed_shards, file_crc
from manikin.storage.tables import part_path
from manikin.tasks.fanout import map_shards
from manikin.tasks.jobs.work import Work

BOX = ("box_x", "box_y", "box_w", "box_h")

MakeShard = Callable[[int], dict[str, Any]]


def run_shards(attempt: Path, work: Work, make: MakeShard, n: int, shard: int) -> dict[str, Any]:
    """Make the shards of n images that have no marker, on Dask, and return what the manifest says of them all."""
    shards = range(-(-n // shard))
    finished = {s: info for s, info in committed_shards(attempt).items() if _is_sound(attempt, s, info["crc"])}
    done = sum(info["images"] for info in finished.values())
    work.report(done, n)

    def one_more(_shard: int, info: dict[str, Any]) -> None:
        nonlocal done
        done += info["images"]
        work.report(done, n)

    todo = [s for s in shards if s not in finished]
    if todo:
        with Client(work.scheduler) as client:
            map_shards(client, make, todo, one_more)
    markers = committed_shards(attempt)
    missing = sorted(set(shards) - set(markers))
    if missing:
        raise RuntimeError(f"shards {missing} have no marker in {attempt}; run again to make them")
    return {"images": n, "shards": [markers[s] for s in shards]}


def _is_sound(attempt: Path, shard: int, crcs: dict[str, str]) -> bool:
    part = part_path(attempt, shard)
    return is_sound(attempt, shard, crcs) and part.is_file() and file_crc(part) == crcs["index"]


def image_statistics(image: NDArray[np.uint8], mask: NDArray[np.uint8]) -> dict[str, float]:
    """Return what the checks look at in a picture (H, W, 3) and its mask: share of the person, brightness, contrast."""
    return {
        "mask_share": float((mask >= 128).mean()),
        "image_mean": float(image.mean()),
        "image_std": float(image.std()),
    }
