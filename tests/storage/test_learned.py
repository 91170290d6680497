import os

import pytest

from manikin.storage.learned import KEPT, learned
from manikin.tasks.errors import InputError


class Thing:
    """Something that is made, and counts how often."""

    def __init__(self):
        self.made = 0

    def make(self, folder):
        self.made += 1
        (folder / "thing").write_text("whole")

    def load(self, folder):
        try:
            text = (folder / "thing").read_text()
        except OSError as error:
            raise InputError(str(error)) from error
        if text != "whole":
            raise InputError("damaged")
        return text

    def get(self, cache, digest="a"):
        return learned("thing", digest, self.make, self.load, cache)


@pytest.fixture
def thing():
    return Thing()


def test_it_is_made_once(thing, tmp_path):
    assert [thing.get(tmp_path) for _ in range(3)] == ["whole"] * 3
    assert thing.made == 1


def test_another_digest_is_another_thing(thing, tmp_path):
    thing.get(tmp_path)
    thing.get(tmp_path, "b")
    assert thing.made == 2


def test_what_is_damaged_is_made_again(thing, tmp_path):
    thing.get(tmp_path)
    (tmp_path / "learned" / "thing-a" / "thing").write_text("who")
    assert thing.get(tmp_path) == "whole"
    assert thing.made == 2
    assert thing.get(tmp_path) == "whole"
    assert thing.made == 2


def test_a_failure_leaves_nothing(thing, tmp_path):
    def fail(folder):
        (folder / "thing").write_text("whole")
        raise InputError("no pack")

    with pytest.raises(InputError, match="no pack"):
        learned("thing", "a", fail, thing.load, tmp_path)
    assert [p.name for p in (tmp_path / "learned").iterdir()] == [".thing.lock"]
    assert thing.get(tmp_path) == "whole"


def test_a_cache_that_cannot_be_written_costs_only_the_time(thing, tmp_path):
    (tmp_path / "learned").write_text("a file where the folder should be")
    assert [thing.get(tmp_path) for _ in range(2)] == ["whole"] * 2
    assert thing.made == 2


def test_old_ones_are_forgotten(thing, tmp_path):
    for k in range(KEPT + 2):
        thing.get(tmp_path, str(k))
        os.utime(tmp_path / "learned" / f"thing-{k}", (k, k))
    thing.get(tmp_path, "last")
    left = {p.name for p in (tmp_path / "learned").glob("thing-*")}
    assert left == {"thing-last", *(f"thing-{k}" for k in range(3, KEPT + 2))}
