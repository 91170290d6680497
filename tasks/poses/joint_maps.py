"""Which joint of a source skeleton is which landmark of a body: tables of names, kept as data in joint_maps.toml.

A user's own table stands in a file `joint_maps.toml` beside the motions, in the same notation, and is tried first.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from manikin.tasks.errors import InputError

SETTINGS = ("up", "metres_per_unit", "fps", "skeleton")  # may stand before the tables; read_clips.py reads them
REQUIRED = ("pelvis", "chest", "upper_arm", "forearm", "thigh", "shank", "foot")
SIDED = ("clavicle", "upper_arm", "forearm", "hand", "wrist", "thigh", "shank", "foot", "toes")
CENTRAL = ("pelvis", "abdomen", "chest", "neck", "head")
BUILT_IN = Path(__file__).with_name("joint_maps.toml")


@dataclass(frozen=True, slots=True)
class JointMap:
    """One naming convention: landmark -> names, in the order of preference. Sided landmarks end in ".L" or ".R"."""

    name: str
    names: dict[str, tuple[str, ...]]

    def match(self, joint_names: tuple[str, ...]) -> dict[str, int] | None:
        """Return landmark -> joint index for a skeleton, or None where a required landmark has no joint."""
        index = {_plain(n): j for j, n in reversed(list(enumerate(joint_names)))}
        found = {
            landmark: next(index[_plain(n)] for n in names if _plain(n) in index)
            for landmark, names in self.names.items()
            if any(_plain(n) in index for n in names)
        }
        return found if all(r in found for r in required_landmarks()) else None


def required_landmarks() -> list[str]:
    """Return the landmarks that a skeleton must have, sides spelled out."""
    return [f"{r}{side}" for r in REQUIRED for side in ((".L", ".R") if r in SIDED else ("",))]


def read_joint_maps(path: Path = BUILT_IN) -> tuple[JointMap, ...]:
    """Return the naming conventions of a toml file, in its order.

    Raises:
        InputError: the file is no toml, a table misses `sides` or a required landmark, or has an unknown key.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as e:
        raise InputError(f"{path}: not a readable toml file: {e}") from e
    return tuple(_read_table(name, table, path) for name, table in tables.items() if name not in SETTINGS)


def match_joints(joint_names: tuple[str, ...], where: str, maps: tuple[JointMap, ...] | None = None) -> dict[str, int]:
    """Return landmark -> joint index by the first convention that fits.

    Args:
        joint_names: the skeleton's joints.
        where: the file, for the message.
        maps: conventions to try; the built-in ones when None.

    Raises:
        InputError: none fits; the message lists the names and says how to give a table.
    """
    maps = read_joint_maps() if maps is None else maps
    for m in maps:
        if (found := m.match(joint_names)) is not None:
            return found
    raise InputError(
        f"{where}: no known naming convention fits this skeleton's {len(joint_names)} joints: {', '.join(joint_names)}. "
        f"Known: {', '.join(m.name for m in maps)}. Write a file joint_maps.toml beside the motions, with one table that "
        f'holds sides = ["Left", "Right"] and, for each of {", ".join(REQUIRED)}, the name of the joint ("*" = the side), '
        f'for example upper_arm = "*Arm".'
    )


def _plain(name: str) -> str:
    return name.rsplit(":", 1)[-1].lower().translate(str.maketrans("", "", " _-."))


def _read_table(name: str, table: object, path: Path) -> JointMap:
    if not isinstance(table, dict):
        raise InputError(f"{path}: '{name}' stands outside a table; expected [name] tables as in {BUILT_IN.name}")
    sides = table.get("sides")
    if not (isinstance(sides, list) and len(sides) == 2 and all(isinstance(s, str) for s in sides)):
        raise InputError(f'{path}: [{name}] sides = {sides!r}; expected two words such as ["Left", "Right"]')
    names: dict[str, tuple[str, ...]] = {}
    for landmark, value in table.items():
        if landmark == "sides":
            continue
        if landmark not in SIDED + CENTRAL:
            raise InputError(f"{path}: [{name}] '{landmark}' is no landmark; expected {', '.join(CENTRAL + SIDED)}")
        options = [value] if isinstance(value, str) else value
        if not (isinstance(options, list) and options and all(isinstance(v, str) for v in options)):
            raise InputError(f"{path}: [{name}] {landmark} = {value!r}; expected a joint's name or a list of names")
        if landmark in CENTRAL:
            names[landmark] = tuple(options)
            continue
        for side, word in zip(("L", "R"), sides, strict=True):
            names[f"{landmark}.{side}"] = tuple(o.replace("*", word) for o in options)
    if missing := [r for r in REQUIRED if r not in table]:
        raise InputError(
            f"{path}: [{name}] misses {', '.join(missing)}; every one of {', '.join(REQUIRED)} is required"
        )
    return JointMap(name, names)
