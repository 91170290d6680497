"""Where joints and landmarks of a body are in the anatomical position: the tables of joint_places.toml."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

PLACES = Path(__file__).with_name("joint_places.toml")


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(PLACES.read_text(encoding="utf-8"))


def joint_places(skeleton: str) -> dict[str, F64]:
    """Return joint -> place (3,) in metres from the middle of the hips, for "h36m17" or "coco17"."""
    return {joint: np.array(place) for joint, place in _tables()[skeleton].items()}


def to_centres(skeleton: str, side: str) -> dict[str, dict[str, F64]]:
    """Return, for one side, joint -> segment -> vector (3,) in its frame: their sum leads from a landmark to a joint's centre."""
    table = _tables()["to_centres"].get(skeleton, {})
    return {
        joint: {part: np.array(vector) * across(side) for part, vector in carriers.items()}
        for joint, carriers in table.items()
    }


def centre(joint: str, side: str) -> F64:
    """Return the place (3,) of the centre of a limb's joint, metres from the middle of the hips; side "L" or "R"."""
    return np.array(_tables()["centres"][joint]) * across(side)


def spine_bones() -> tuple[tuple[float, F64], ...]:
    """Return the bones (3,) from the middle of the hips up, each with how far its turn has gone from pelvis to chest."""
    spine = _tables()["spine"]
    return tuple((share, np.array(bone)) for share, bone in zip(spine["shares"], spine["bones"], strict=True))


def across(side: str) -> F64:
    """Return what a vector of the left side is to be multiplied with for a side."""
    return np.array([-1.0 if side == "R" else 1.0, 1.0, 1.0])
