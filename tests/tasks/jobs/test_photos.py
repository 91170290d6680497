"""A folder of photos through `dress_photos`: what is made, what is reused, and what is said of those that cannot be."""

import csv
import shutil
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.clothing.cutout.photo import list_garments
from manikin.tasks.clothing.pattern.template import BodyFront, body_front
from manikin.tasks.jobs.photos import Outcome, dress_photos, try_photo

BLUE, GREEN = (40, 60, 150), (20, 120, 50)


@dataclass
class Wardrobe:
    """A folder of photos and the cache of what was made of them."""

    folder: Path
    cache: Path
    model: BodyModel
    front: BodyFront

    def dress(self) -> dict[str, Outcome]:
        files = list_garments(self.folder)
        outcomes = dress_photos(files, self.model, self.front, "digest", "CC0-1.0", self.cache)
        return {o.files.path.name: o for o in outcomes}

    def made(self) -> list[str]:
        return sorted(name for name, o in self.dress().items() if o.is_made)

    def put(self, name: str, rgb: np.ndarray) -> Path:
        assert cv2.imwrite(str(self.folder / name), rgb[..., ::-1])
        return self.folder / name

    def label(self, **labels: str) -> None:
        with (self.folder / "labels.csv").open("w", newline="") as file:
            csv.writer(file).writerows([["file", "label"], *labels.items()])


def shirt(colour: tuple[int, int, int], ground: int = 235) -> np.ndarray:
    """A short-sleeved top laid flat."""
    rgb = np.full((300, 300, 3), ground, np.uint8)
    half = [(18, 40), (45, 46), (105, 90), (80, 125), (58, 105), (58, 215)]
    outline = [(150 + x, y) for x, y in half] + [(150 - x, y) for x, y in half[::-1]]
    cv2.fillPoly(rgb, [np.array(outline)], colour)
    return rgb


@pytest.fixture(scope="module")
def small_front(body: BodyModel) -> BodyFront:
    return body_front(body, 256)


@pytest.fixture
def wardrobe(tmp_path: Path, body: BodyModel, small_front: BodyFront) -> Wardrobe:
    (tmp_path / "photos").mkdir()
    return Wardrobe(tmp_path / "photos", tmp_path / "cache", body, small_front)


def test_adding_a_photo_processes_one_and_removing_one_none(wardrobe: Wardrobe) -> None:
    wardrobe.put("a.png", shirt(BLUE))
    (wardrobe.folder / "bad.jpg").write_bytes(b"no picture")
    before = wardrobe.dress()
    assert [o.is_made for o in before.values()] == [True, True]
    wardrobe.put("b.png", shirt(GREEN))
    after = wardrobe.dress()
    assert [n for n, o in after.items() if o.is_made] == ["b.png"]
    kept, made = after["a.png"], before["a.png"]
    assert kept.garment is not None
    assert made.garment is not None
    np.testing.assert_array_equal(kept.garment.rgba, made.garment.rgba)
    assert kept.garment.extent == made.garment.extent
    assert kept.garment.slack == made.garment.slack
    assert (kept.garment.id, kept.garment.score, kept.garment.licence, kept.garment.source) == (
        *(made.garment.id, made.garment.score),
        *("CC0-1.0", "a.png"),
    )
    assert kept.shell is not None
    assert made.shell is not None
    for name, values in made.shell.arrays().items():
        np.testing.assert_array_equal(kept.shell.arrays()[name], values, err_msg=name)
    assert after["bad.jpg"].faults == before["bad.jpg"].faults
    assert "no JPEG, PNG or WebP picture" in after["bad.jpg"].faults[0][1]
    (wardrobe.folder / "a.png").unlink()
    assert {n: o.is_made for n, o in wardrobe.dress().items()} == {"b.png": False, "bad.jpg": False}


def test_a_photo_is_known_by_its_contents_and_label(wardrobe: Wardrobe) -> None:
    path = wardrobe.put("a.png", shirt(BLUE))
    assert wardrobe.made() == ["a.png"]
    shutil.move(path, wardrobe.folder / "renamed.png")
    outcome = wardrobe.dress()["renamed.png"]
    assert not outcome.is_made
    assert outcome.garment is not None
    assert outcome.garment.source == "renamed.png"
    wardrobe.label(**{"renamed.png": "Polo"})
    assert wardrobe.made() == ["renamed.png"]
    wardrobe.label(**{"renamed.png": "polo "})
    assert wardrobe.made() == []


def test_a_view_of_the_back_is_what_shows_behind(wardrobe: Wardrobe) -> None:
    wardrobe.put("a.png", shirt(BLUE))
    plain = wardrobe.dress()["a.png"].garment
    behind = shirt(GREEN)
    behind[100:200, 150:200][behind[100:200, 150:200, 2] < 200] = (
        150,
        20,
        20,
    )  # right in the picture, right on the wearer
    wardrobe.put("a_back.png", behind)
    outcomes = wardrobe.dress()
    assert list(outcomes) == ["a.png"]
    assert outcomes["a.png"].is_made
    garment, front = outcomes["a.png"].garment, wardrobe.front
    assert garment is not None
    assert plain is not None
    assert outcomes["a.png"].faults == ()
    assert garment.extent == plain.extent
    shown = (garment.rgba[..., 3] > 200) & front.is_part("torso")
    ahead, rear = shown & (front.facing > 0.3), shown & (front.facing < -0.4)
    np.testing.assert_allclose(garment.rgba[ahead][:, :3].mean(axis=0), BLUE, atol=4)
    red = garment.rgba[..., 0] > 90
    assert not (red & ahead).any()
    assert (red & rear).sum() > 0.1 * rear.sum()
    assert front.position[..., 0][red & rear].max() < 0.015  # +x is the wearer's left
    green = rear & ~red
    np.testing.assert_allclose(np.median(garment.rgba[green][:, :3], axis=0), GREEN, atol=6)


def test_a_bad_back_is_named_and_the_front_is_worn(wardrobe: Wardrobe) -> None:
    wardrobe.put("a.png", shirt(BLUE))
    back = wardrobe.put("a_back.png", np.full((300, 300, 3), 90, np.uint8))
    outcome = wardrobe.dress()["a.png"]
    assert outcome.garment is not None
    assert outcome.garment.category == "top"
    [(path, reason)] = outcome.faults
    assert path == back
    assert "one flat colour" in reason


def test_a_label_that_contradicts_the_picture_is_refused(wardrobe: Wardrobe) -> None:
    wardrobe.put("a.png", shirt(BLUE))
    wardrobe.label(**{"a.png": "Pants"})
    outcome = wardrobe.dress()["a.png"]
    assert outcome.garment is None
    assert 'label "Pants" contradicts the picture' in outcome.faults[0][1]


def test_a_person_who_wears_it_is_refused(wardrobe: Wardrobe) -> None:
    body, rgb = wardrobe.model, np.full((640, 600, 3), 225, np.uint8)
    x, y = 300 + 330 * body.v_template[:, 0], 620 - 330 * body.v_template[:, 1]
    corners = np.rint(np.stack([x, y], axis=-1)[body.faces]).astype(np.int32)
    names = np.array(body.part_names)[body.part]
    worn = {"torso": BLUE, "left_upper_arm": BLUE, "right_upper_arm": BLUE}
    worn |= {f"{side}_{part}_leg": (60, 60, 60) for side in ("left", "right") for part in ("upper", "lower")}
    for triangle, name in zip(corners, names, strict=True):
        cv2.fillPoly(rgb, [triangle], worn.get(name, (206, 160, 134)))
    wardrobe.put("person.png", rgb)
    wardrobe.put("waist_up.png", rgb[:330])
    wardrobe.label(**{"waist_up.png": "T-Shirt"})
    outcomes = wardrobe.dress()
    assert all(outcome.garment is None for outcome in outcomes.values())
    assert "is no garment's (the nearest, " in outcomes["person.png"].faults[0][1]
    assert "as when a person wears it" in outcomes["waist_up.png"].faults[0][1]


def test_a_folder_of_bad_photos_names_each(wardrobe: Wardrobe) -> None:
    good = shirt(BLUE)
    wardrobe.put("cut_off.png", good[:170])
    wardrobe.put("dot.png", good[:1, :1])
    wardrobe.put("flat.png", 0 * good)
    (wardrobe.folder / "truncated.jpg").write_bytes(cv2.imencode(".jpg", good)[1].tobytes()[:900])
    (wardrobe.folder / "empty.webp").write_bytes(b"")
    wardrobe.put("good.png", good)
    outcomes = wardrobe.dress()
    assert [n for n, o in outcomes.items() if o.garment is not None] == ["good.png"]
    why = {n: o.faults[0][1] for n, o in outcomes.items() if o.faults}
    assert sorted(why) == ["cut_off.png", "dot.png", "empty.webp", "flat.png", "truncated.jpg"]
    for name, words in {
        "cut_off.png": "runs out of the picture",
        "dot.png": "1x1 pixels, too small",
        "flat.png": "one flat colour",
        "truncated.jpg": "the JPEG file is cut short",
        "empty.webp": "the file is empty",
    }.items():
        assert words in why[name]


@pytest.mark.parametrize("error", [np.linalg.LinAlgError("singular matrix"), cv2.error("no points")])
def test_an_outline_that_cannot_be_laid_on_the_body_is_said_and_no_end(
    wardrobe: Wardrobe, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def folded(*_: object, **__: object) -> None:
        raise error

    wardrobe.put("blue.png", shirt(BLUE))
    monkeypatch.setattr("manikin.tasks.jobs.photos.dress_found", folded)
    made = try_photo(list_garments(wardrobe.folder)[0], wardrobe.model, wardrobe.front)
    assert made.garment is None
    assert made.photo is not None
    ((side, reason),) = made.faults
    assert side == "front"
    assert "cannot be laid on the body" in reason
    assert "laid out flat" in reason
