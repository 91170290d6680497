import os
from pathlib import Path

import numpy as np
import pytest

from manikin.storage import kept as module
from manikin.storage.kept import Result, open_kept

RESULT = Result(
    {"id": "top-1", "score": 0.1 + 0.2, "extent": {"hem": None}},
    {"rgba": np.arange(64, dtype=np.uint8).reshape(4, 4, 4), "weight": np.float32([[0.1, 0.9]])},
)


def test_what_is_kept_comes_back_bit_by_bit(tmp_path: Path) -> None:
    open_kept("garments", "d1", tmp_path).put("a", RESULT)
    found = open_kept("garments", "d1", tmp_path).get("a")
    assert found is not None
    assert found.record == RESULT.record
    assert found.arrays.keys() == RESULT.arrays.keys()
    for name, values in RESULT.arrays.items():
        assert found.arrays[name].dtype == values.dtype
        np.testing.assert_array_equal(found.arrays[name], values)


def test_another_key_digest_or_name_is_not_it(tmp_path: Path) -> None:
    open_kept("garments", "d1", tmp_path).put("a", RESULT)
    assert open_kept("garments", "d1", tmp_path).get("b") is None
    assert open_kept("garments", "d2", tmp_path).get("a") is None
    assert open_kept("skins", "d1", tmp_path).get("a") is None


@pytest.mark.parametrize("damage", ["cut", "flipped", "emptied", "text"])
def test_a_damaged_result_counts_as_missing(tmp_path: Path, damage: str) -> None:
    kept = open_kept("garments", "d1", tmp_path)
    kept.put("a", RESULT)
    path = kept.folder / "a.npz"
    data = path.read_bytes()
    middle = data.index(b"rgba.npy") + 60
    path.write_bytes(
        {
            "cut": data[: len(data) // 2],
            "flipped": data[:middle] + bytes([data[middle] ^ 0xFF]) + data[middle + 1 :],
            "emptied": b"",
            "text": b"hello",
        }[damage]
    )
    assert kept.get("a") is None
    kept.put("a", RESULT)
    assert kept.get("a") is not None


def test_results_and_digests_used_last_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RESULTS", 2)
    kept = open_kept("garments", "d1", tmp_path)
    for age, key in ((30, "a"), (20, "b")):
        kept.put(key, RESULT)
        os.utime(kept.folder / f"{key}.npz", (1e9 - age, 1e9 - age))
    assert kept.get("a") is not None  # used now
    kept.put("c", RESULT)
    assert sorted(p.stem for p in kept.folder.glob("*.npz")) == ["a", "c"]
    for age in range(module.DIGESTS + 2):
        folder = open_kept("garments", f"old{age}", tmp_path).folder
        os.utime(folder, (1e9 - age, 1e9 - age))
    open_kept("garments", "d1", tmp_path)
    left = {p.name for p in kept.folder.parent.iterdir()}
    assert len(left) == module.DIGESTS
    assert {"d1", "old0"} <= left


def test_a_cache_that_cannot_be_written_keeps_nothing_and_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"a file where the folder would be")
    kept = open_kept("garments", "d1", tmp_path)
    kept.put("a", RESULT)
    assert kept.get("a") is None
