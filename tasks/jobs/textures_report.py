"""What becomes of a folder of photos of clothes, on one HTML page that needs nothing beside it.

Each photo has its cut-out, its landmarks and the garment worn from three sides, or the reason why it cannot be used. Pictures are
in the page itself, one strip a photo, written as they are made: a thousand photos take no more memory than one.
"""

import base64
import html
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.helpers import Helpers
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.clothing.cutout.photo import GarmentFiles, list_garments
from manikin.tasks.clothing.geometry.skirt import cut_skirt
from manikin.tasks.clothing.library import GarmentLayer
from manikin.tasks.clothing.pattern.extent import Extent
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.errors import InputError
from manikin.tasks.images.garment_views import Mannequin, draw_cutout, draw_landmarks, fitted
from manikin.tasks.jobs.photos import try_photo

U8 = NDArray[np.uint8]

SIDE = 240  # pixels of each picture
QUALITY = 82  # of JPEG
_HEAD = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>
body {{ font: 15px/1.4 sans-serif; margin: 2em; color: #222; background: #fff; max-width: 1100px }}
section {{ border-top: 1px solid #ccc; padding: .8em 0 }}
h2 {{ font-size: 1em; margin: 0 0 .3em; overflow-wrap: anywhere }}
p {{ margin: .2em 0 .5em }}
img {{ max-width: 100% }}
.rejected h2 {{ color: #a20 }}
td {{ padding-right: 1.5em }}
</style>
"""


@dataclass(slots=True)
class Tally:
    """What came of the photos so far."""

    accepted: Counter[str] = field(default_factory=Counter)  # by category
    rejected: Counter[str] = field(default_factory=Counter)  # by reason, without its figures

    def __str__(self) -> str:
        good, bad = self.accepted.total(), self.rejected.total()
        return f"{good} of {good + bad} photos accepted ({good / max(1, good + bad):.0%})"


def write_report(
    folder: Path,
    out: Path,
    model: BodyModel,
    helpers: Helpers | None,
    front: BodyFront,
    report: Callable[[int, int], None],
) -> Tally:
    """Write the page of a folder of photos and return the counts.

    Args:
        folder: photos, as for --garments.
        out: the page.
        model: the body.
        helpers: of the default body, from which skirts are cut; None leaves what hangs of them out.
        front: the same body laid flat.
        report: told how many photos are done, and of how many.

    Raises:
        InputError: the folder is missing or holds no photo, its labels.csv cannot be read, or the page cannot be written.
    """
    files, tally, mannequin = list_garments(folder), Tally(), Mannequin(model, SIDE)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile("w+", encoding="utf-8", dir=out.parent) as body:
            for k, file in enumerate(files):
                body.write(_section(file, model, helpers, front, mannequin, tally))
                report(k + 1, len(files))
            body.seek(0)
            with out.open("w", encoding="utf-8") as page:
                _write_head(page, folder, tally)
                shutil.copyfileobj(body, page)
                page.write("</html>\n")
    except OSError as error:
        raise InputError(f"report {out}: cannot be written ({error.strerror or error}); give another --out") from error
    return tally


def _section(
    file: GarmentFiles, model: BodyModel, helpers: Helpers | None, front: BodyFront, mannequin: Mannequin, tally: Tally
) -> str:
    made, words = try_photo(file, model, front), []
    for side, reason in made.faults:
        words.append(f"Rejected: {reason}" if side == "front" else f"no back: {reason}")
    if made.found is None or made.garment is None:
        tally.rejected[kind_of(made.faults[0][1])] += 1
        return _entry(file, "rejected", " · ".join(words), [] if made.photo is None else [fitted(made.photo.rgb, SIDE)])
    found, garment = made.found, made.garment
    if file.back is not None and not words:
        words.append(f"back from {file.back.name}")
    tally.accepted[garment.category] += 1
    skirt = None if helpers is None or garment.skirt is None else cut_skirt(model, helpers, garment.skirt, made.shell)
    worn = mannequin.wear(garment.rgba, made.shell, skirt, garment.skirt_rgba)
    pictures = [draw_cutout(found, SIDE), draw_landmarks(found, SIDE), *worn]
    return _entry(file, "accepted", " · ".join([*_facts(garment, found.cutout.source), *words]), pictures)


def _facts(garment: GarmentLayer, source: str) -> Iterator[str]:
    yield garment.category
    yield f"score {garment.score:.2f}"
    yield f"cut out by {source}"
    yield from extent_words(garment.extent)


def extent_words(extent: Extent) -> list[str]:
    """Return where a garment ends, in words; lengths on the default body."""
    return [f"{name} {value:.2f} m" for name, value in asdict(extent).items() if isinstance(value, float)]


def kind_of(reason: str) -> str:
    """Return a reason without its figures, names and advice, so that reasons can be counted."""
    return re.sub(r"[\d.,]+\d", "…", re.split(r"[;(]", reason)[0]).strip()


def _write_head(page: IO[str], folder: Path, tally: Tally) -> None:
    title = html.escape(f"Photos of clothes in {folder.name}")
    page.write(_HEAD.format(title=title) + f"<h1>{title}</h1>\n<p><b>{tally}</b></p>\n<table>\n")
    for counts, word in ((tally.accepted, "accepted"), (tally.rejected, "rejected")):
        for what, n in counts.most_common():
            page.write(f"<tr><td>{n}</td><td>{word}</td><td>{html.escape(what)}</td></tr>\n")
    page.write(
        "</table>\n<p>Each strip: the cut-out; the photo with the cut's contour, the outline bent over it and the landmarks; "
    )
    page.write("the garment worn, from the front, the side and behind.</p>\n")


def _entry(file: GarmentFiles, state: str, words: str, pictures: list[U8]) -> str:
    label = f" ({file.label})" if file.label else ""
    title, words = html.escape(f"{file.path.name}{label}"), html.escape(words)
    strip = f'<img loading="lazy" alt="{title}" src="{_data_uri(np.hstack(pictures))}">\n' if pictures else ""
    return f'<section class="{state}"><h2>{title}</h2>\n<p>{words}</p>\n{strip}</section>\n'


def _data_uri(rgb: U8) -> str:
    _, data = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode("ascii")
