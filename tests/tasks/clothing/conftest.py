"""The body laid flat, the product photos, and what is made of three of them: dressed once for all tests."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from manikin.storage.assets import locate
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.clothing.cutout.photo import Photo, read_photo
from manikin.tasks.clothing.library import GarmentLayer, dress_photo
from manikin.tasks.clothing.pattern.template import BodyFront, body_front

U8 = NDArray[np.uint8]


@dataclass(frozen=True)
class Shots:
    """The product photos, whose alpha is the truth, and ways to take them again."""

    folder: Path

    def read(self, name: str) -> Photo:
        return read_photo(self.folder / f"saleordemoproduct_cl_{name}.png")

    def picture(self, rgb: U8, name: str = "picture.png") -> Photo:
        return Photo(np.ascontiguousarray(rgb), None, "0" * 64, Path(name))

    def on(self, photo: Photo, *ground: int) -> U8:
        """The garment's pixels before a plain ground (R, G, B)."""
        assert photo.alpha is not None
        a = photo.alpha[..., None] / 255
        return np.rint(photo.rgb * a + np.array(ground) * (1 - a)).astype(np.uint8)

    def without_alpha(self, photo: Photo, *ground: int) -> Photo:
        return replace(photo, rgb=self.on(photo, *ground), alpha=None)


@pytest.fixture(scope="session")
def shots(assets: Path) -> Shots:
    return Shots(locate("saleor", assets) / "saleor/static/placeholders")


@pytest.fixture(scope="session")
def front(body: BodyModel) -> BodyFront:
    return body_front(body, 512)


@pytest.fixture(scope="session")
def dressed(shots: Shots, front: BodyFront) -> dict[str, GarmentLayer]:
    return {name: dress_photo(shots.read(name), front) for name in ("bogo01_1", "polo02", "polo03-woman")}
