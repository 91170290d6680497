"""The plan: one row per image that holds every random choice of that image.

After the plan nothing draws, so an image can be made again alone, on any machine. Each part of a row comes from its own
stream of its own row (`rng_for`), so row 4711 does not depend on how many rows there are; what it can choose from (poses,
textures, backgrounds) it does depend on.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from manikin.tasks.adaptation.augment import sample_augmentation
from manikin.tasks.bodies.shapes import PersonShape
from manikin.tasks.randomness import Stream, rng_for
from manikin.tasks.scenes.background import sample_background
from manikin.tasks.scenes.camera import CameraMode, sample_camera
from manikin.tasks.scenes.light import sample_light
from manikin.tasks.scenes.outfit import Wardrobe, sample_clothes, sample_looks, wardrobe_of

AUGMENT_PREFIX = "aug_"
AIRBORNE_LIFT_M = (0.05, 0.4)

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Choices:
    """What rows choose from.

    poses: `pose`, `label`, `source`, `origin`, one row a pose. wardrobe: what `wardrobe_of` reads.
    backgrounds: `background`, `width`, `height`. sample_shape draws a person.
    """

    poses: pd.DataFrame
    wardrobe: pd.DataFrame
    backgrounds: pd.DataFrame
    sample_shape: Callable[[np.random.Generator], PersonShape]


@dataclass(frozen=True, slots=True)
class PlanSettings:
    """What a user decides about every row."""

    images: int
    size: int
    seed: int
    camera: CameraMode
    composite: str
    augment: float  # strength, 0 for none
    people: int | None = None  # how many there are, each with a shape, a skin and hair; None for another in each image
    outfits: int | None = None  # how many there are, each worn by everybody in turn; None for another in each image
    variants: int = 8  # of each garment, in colours and fabrics; 1 is the garment as it is


def make_plan(settings: PlanSettings, choices: Choices) -> tuple[pd.DataFrame, NDArray[np.float32]]:
    """Return the plan's table and the shape coefficients (images, K) of its people."""
    wardrobe = wardrobe_of(choices.wardrobe)
    drawn = [_row(settings, choices, wardrobe, i) for i in range(settings.images)]
    return pd.DataFrame([row for row, _ in drawn]), np.stack([shape for _, shape in drawn])


def who_wears(settings: PlanSettings, image: int) -> tuple[int, int]:
    """Return the numbers of the person and the outfit in an image.

    Few people take turns. Few outfits take turns too, each when everybody has worn the one before, so that people times outfits
    images show all of them together.
    """
    person = image % settings.people if settings.people else image
    turn = image // settings.people if settings.people else image
    if settings.outfits:
        return person, turn % settings.outfits
    return person, image


def part_of_row(kind: type[Part], row: Mapping[str, Any], prefix: str = "") -> Part:
    """Return the record of one part of a row (its camera, its light ...), read from the plan's columns."""
    names = kind.__dataclass_fields__  # type: ignore[attr-defined]
    return kind(**{name: _plain(row[prefix + name]) for name in names})


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    return tuple(value.tolist()) if isinstance(value, np.ndarray) else value


def _row(
    settings: PlanSettings, choices: Choices, wardrobe: Wardrobe, i: int
) -> tuple[dict[str, Any], NDArray[np.float32]]:
    def rng(stream: Stream, index: int = i) -> np.random.Generator:
        return rng_for(settings.seed, stream, index)

    who, outfit = who_wears(settings, i)
    shape = choices.sample_shape(rng(Stream.SHAPE, who))
    person = {k: v for k, v in ((n, getattr(shape, n)) for n in shape.__dataclass_fields__) if k != "coefficients"}
    pose = choices.poses.iloc[i % len(choices.poses)]
    backdrop_rng = rng(Stream.BACKGROUND)
    backdrop = choices.backgrounds.iloc[backdrop_rng.integers(len(choices.backgrounds))]
    airborne = pose["label"] == "airborne"
    row: dict[str, Any] = {
        "image": i,
        "person": who,
        "outfit": outfit,
        "pose": int(pose["pose"]),
        "pose_label": str(pose["label"]),
        "pose_source": str(pose["source"]),
        "pose_origin": str(pose["origin"]),
        "lift_m": float(rng(Stream.LIFT).uniform(*AIRBORNE_LIFT_M)) if airborne else 0.0,
        **person,
        **sample_looks(rng(Stream.LOOKS, who), wardrobe, shape.sex, shape.age_years),
        **sample_clothes(
            rng(Stream.OUTFIT, outfit), wardrobe, shape.sex, shape.age_years, settings.variants, settings.seed
        ),
        **asdict(sample_camera(rng(Stream.CAMERA), settings.camera)),
        **asdict(sample_light(rng(Stream.LIGHT))),
        **asdict(
            sample_background(
                backdrop_rng, str(backdrop["background"]), int(backdrop["width"]), int(backdrop["height"])
            )
        ),
        **_compositing(rng(Stream.COMPOSITE), settings.composite),
    }
    augmentation = sample_augmentation(rng(Stream.AUGMENT), settings.augment, settings.size)
    row |= {AUGMENT_PREFIX + k: v for k, v in asdict(augmentation).items()}
    return row, shape.coefficients


def _compositing(rng: np.random.Generator, mode: str) -> dict[str, Any]:
    return {
        "composite": mode,
        "composite_strength": float(rng.uniform(0.6, 1.0)),
        "ground_shadow": float(rng.uniform(0.3, 0.7)),
        "grain_seed": int(rng.integers(2**31)),
    }
