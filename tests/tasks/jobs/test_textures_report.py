"""The page of a folder of photos: what it says of good and bad ones, and that it needs nothing beside it."""

import base64
import re
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.clothing.pattern.template import BodyFront, body_front
from manikin.tasks.errors import InputError
from manikin.tasks.images.clay import PAPER
from manikin.tasks.jobs.textures_report import SIDE, Tally, kind_of, write_report

BLUE = (40, 60, 150)


def shirt(colour: tuple[int, int, int]) -> np.ndarray:
    """A short-sleeved top laid flat, before light grey."""
    rgb = np.full((300, 300, 3), 235, np.uint8)
    half = [(18, 40), (45, 46), (105, 90), (80, 125), (58, 105), (58, 250)]
    cv2.fillPoly(rgb, [np.array([(150 + x, y) for x, y in half] + [(150 - x, y) for x, y in half[::-1]])], colour)
    return rgb


class Page(HTMLParser):
    """The tags of a page in order, and its text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def pictures(self) -> list[np.ndarray]:
        found = []
        for tag, attributes in self.tags:
            if tag == "img":
                data = base64.b64decode(str(attributes["src"]).removeprefix("data:image/jpeg;base64,"))
                found.append(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1].astype(int))
        return found


@pytest.fixture(scope="module")
def small_front(body: BodyModel) -> BodyFront:
    return body_front(body, 256)


@pytest.fixture(scope="module")
def written(
    body: BodyModel, small_front: BodyFront, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Page, Tally, list]:
    folder = tmp_path_factory.mktemp("photos")
    cv2.imwrite(str(folder / "a <b>shirt&.png"), shirt(BLUE)[..., ::-1])
    cv2.imwrite(str(folder / "noise.png"), np.random.default_rng(0).integers(0, 256, (200, 200, 3)).astype(np.uint8))
    (folder / "cut.jpg").write_bytes(cv2.imencode(".jpg", shirt(BLUE))[1].tobytes()[:900])
    (folder / "labels.csv").write_text("file,label\na <b>shirt&.png,T-Shirt\n")
    done: list[tuple[int, int]] = []
    out = folder / "pages" / "report.html"
    tally = write_report(folder, out, body, None, small_front, lambda k, n: done.append((k, n)))
    return Page(out), tally, done


def test_it_counts_and_tells_progress(written) -> None:
    page, tally, done = written
    assert str(tally) == "1 of 3 photos accepted (33%)"
    assert "1 of 3 photos accepted (33%)" in page.text
    assert tally.accepted == {"top": 1}
    assert tally.rejected.total() == 2
    assert all(reason in page.text for reason in tally.rejected)
    assert done == [(1, 3), (2, 3), (3, 3)]


def test_it_needs_nothing_beside_it_and_runs_nothing(written) -> None:
    page, _, _ = written
    assert not {"script", "link", "iframe", "object"} & {tag for tag, _ in page.tags}
    for _, attributes in page.tags:
        assert str(attributes.get("src", "data:image/jpeg;base64,")).startswith("data:image/jpeg;base64,")
        assert "href" not in attributes


def test_names_of_files_are_words_and_no_tags(written) -> None:
    page, _, _ = written
    assert "a <b>shirt&.png (T-Shirt)" in page.text
    assert "b" not in {tag for tag, attributes in page.tags if attributes}
    assert [tag for tag, _ in page.tags].count("b") == 1  # the summary's


def test_a_garment_has_its_facts_and_five_pictures(written) -> None:
    page, _, _ = written
    assert re.search(r"top · score [01]\.\d\d · cut out by grabcut · hem 0\.\d\d m · sleeve 0\.\d\d m", page.text)
    strip = page.pictures()[0]
    assert strip.shape[0] == SIDE
    cut, fit, worn = strip[:, :SIDE], strip[:, SIDE : 2 * SIDE], strip[:, 2 * SIDE :]
    assert np.abs(cut[5, 5] - PAPER).max() < 8
    assert np.abs(cut[SIDE // 2, SIDE // 2] - BLUE).max() < 12
    assert np.abs(fit[5, 5] - 235).max() < 8
    marks = (fit[..., 0] > 180) & (fit[..., 1] < 170) & (fit[..., 2] < 90)
    assert marks.sum() > 50
    for view in np.split(worn, 3, axis=1):
        blue = (view[..., 2] - view[..., 0] > 25).mean()
        assert 0.02 < blue < 0.35


def test_a_bad_photo_has_its_reason_and_is_shown_where_it_can_be_read(written) -> None:
    page, _, _ = written
    assert re.search(r"cut\.jpg\s+Rejected: the JPEG file is cut short", page.text)
    assert re.search(r"noise\.png\s+Rejected: no garment found", page.text)
    assert len(page.pictures()) == 2
    assert page.pictures()[1].shape == (SIDE, SIDE, 3)
    states = [attributes["class"] for tag, attributes in page.tags if tag == "section"]
    assert states == ["accepted", "rejected", "rejected"]


def test_reasons_are_counted_without_their_figures() -> None:
    kinds = {
        kind_of(f"the shape that stands out is no garment's (the nearest, {k}, is met to {n}%)")
        for k, n in (("top", 61), ("skirt", 70))
    }
    assert kinds == {"the shape that stands out is no garment's"}
    assert kind_of("31.5 of 64 pixels; move away") == kind_of("12.75 of 99 pixels; move away")


def test_a_folder_without_photos_and_a_page_that_cannot_be_written_are_refused(
    body: BodyModel, small_front: BodyFront, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="holds no photo"):
        write_report(tmp_path, tmp_path / "report.html", body, None, small_front, lambda k, n: None)
    assert not (tmp_path / "report.html").exists()
    cv2.imwrite(str(tmp_path / "noise.png"), np.zeros((200, 200, 3), np.uint8))
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"report .*file/report\.html: cannot be written .* give another --out"):
        write_report(tmp_path, tmp_path / "file" / "report.html", body, None, small_front, lambda k, n: None)
