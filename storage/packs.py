"""The list of asset packs: what each package holds, which of its files are needed, and under which licence.

`assets.toml` pins every pack to one file by its SHA-256: the same bytes on any machine, whatever its Python. Nothing
here touches the network or the cache.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from manikin.tasks.errors import InputError

LIST = Path(__file__).with_name("assets.toml")
ROLES = ("body", "mocap", "skins", "garments", "backgrounds")
CLIENTS = ("pip", "npm")
SCENES = ("room", "street", "park", "nature", "water", "skyline")


@dataclass(frozen=True, slots=True)
class Background:
    """One photo to stand people in front of."""

    id: str  # "<pack>/<name>"
    path: str  # below the unpacked pack
    area: tuple[int, int, int, int]  # x0, y0, x1, y1 in pixels: the part of the photo that shows nobody
    scene: str
    by: str = ""  # the photographer, where the package tells


@dataclass(frozen=True, slots=True)
class Pack:
    """One package and what is taken from it."""

    name: str
    role: str
    client: str  # the package client that brings it
    package: str
    version: str
    file: str  # name of the file that the client brings
    sha256: str
    size: int  # bytes
    paths: tuple[str, ...]  # patterns of the files to unpack; * stays in a folder, ** does not
    holds: str
    licence: str  # SPDX expression
    attribution: str
    source: str  # the project it comes from
    platform: str = "manylinux2014_x86_64"  # of a pip wheel
    note: str = ""  # what a user should know before publishing
    backgrounds: tuple[Background, ...] = ()

    @property
    def contents(self) -> str:
        """The SHA-256 of what gets unpacked: of the archive's hash and the patterns."""
        return hashlib.sha256(json.dumps([self.sha256, sorted(self.paths)]).encode()).hexdigest()

    @property
    def digest(self) -> str:
        """The SHA-256 of all that a picture can show of the pack: of its contents and its photos' names and areas."""
        photos = [[photo.id, photo.path, *photo.area] for photo in self.backgrounds]
        return hashlib.sha256(json.dumps([self.contents, photos]).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Licence:
    """What may be done with one asset, and whom to name."""

    asset_id: str
    licence: str
    attribution: str
    source: str
    note: str


def read_packs(path: Path | None = None) -> tuple[Pack, ...]:
    """Return the packs of a list, in its order.

    Args:
        path: a TOML file of `[[pack]]` tables; the list of the default assets when not given.

    Raises:
        InputError: the file is missing, is no TOML, or a pack lacks a value or has a wrong one.
    """
    path = path or LIST
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(
            f"asset list {path}: cannot be read ({error}); expected a TOML file of [[pack]] tables"
        ) from error
    entries = table.get("pack")
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise InputError(f"asset list {path}: has no [[pack]] tables; add at least one")
    packs = tuple(_pack(entry, path) for entry in entries)
    _refuse_twins([pack.name for pack in packs], f"asset list {path}: pack")
    _refuse_twins([b.id for pack in packs for b in pack.backgrounds], f"asset list {path}: background")
    return packs


def licence_of(asset_id: str, packs: Sequence[Pack] | None = None) -> Licence:
    """Return the licence of an asset.

    Args:
        asset_id: a pack's name, alone or followed by "/" and the name of a thing in it.
        packs: the packs to look in; the default list when not given.

    Raises:
        InputError: no pack has that name.
    """
    packs = read_packs() if packs is None else packs
    name = asset_id.partition("/")[0]
    pack = next((pack for pack in packs if pack.name == name), None)
    if pack is None:
        known = ", ".join(pack.name for pack in packs)
        raise InputError(f"asset '{asset_id}': no pack is called '{name}'; known packs: {known}")
    by = next((b.by for b in pack.backgrounds if b.id == asset_id), "")
    return Licence(
        asset_id, pack.licence, f"{by}, {pack.attribution}" if by else pack.attribution, pack.source, pack.note
    )


def _refuse_twins(names: Sequence[str], what: str) -> None:
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise InputError(f"{what} '{twins[0]}' stands there twice; every name must be unique")


def _pack(entry: Mapping[str, Any], path: Path) -> Pack:
    name = str(entry.get("name", "without a name"))
    where = f"asset list {path}: pack '{name}'"
    known = {field.name: field for field in fields(Pack)}
    unknown = sorted(set(entry) - set(known))
    if unknown:
        raise InputError(f"{where}: unknown key '{unknown[0]}'; expected only {', '.join(known)}")
    needed = ("name", "role", "client", "package", "version", "file", "sha256", "size", "paths")
    for key in (*needed, "holds", "licence", "attribution", "source"):
        if not entry.get(key):
            raise InputError(f"{where}: '{key}' is missing; add it")
    for key in sorted(set(entry) - {"size", "paths", "backgrounds"}):
        if not isinstance(entry[key], str):
            raise InputError(f"{where}: '{key}' is {entry[key]!r}; expected a text")
    _check_values(entry, where)
    values = dict(entry) | {
        "paths": tuple(entry["paths"]),
        "backgrounds": tuple(_background(b, name, where) for b in entry.get("backgrounds", ())),
    }
    return Pack(**values)


def _check_values(entry: Mapping[str, Any], where: str) -> None:
    for key, choices in (("role", ROLES), ("client", CLIENTS)):
        if entry[key] not in choices:
            raise InputError(f"{where}: '{key}' is {entry[key]!r}; expected one of {', '.join(choices)}")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", entry["name"]):
        raise InputError(f"{where}: expected a name of letters, digits, '.', '_' and '-', because it names a folder")
    if Path(entry["file"]).name != entry["file"]:
        raise InputError(f"{where}: 'file' is {entry['file']!r}; expected a file name without folders")
    if not re.fullmatch(r"[0-9a-f]{64}", entry["sha256"]):
        raise InputError(f"{where}: 'sha256' is {entry['sha256']!r}; expected 64 hexadecimal digits in lower case")
    if type(entry["size"]) is not int or entry["size"] <= 0:
        raise InputError(f"{where}: 'size' is {entry['size']!r}; expected the file's length in bytes")
    if not isinstance(entry["paths"], list) or not all(isinstance(p, str) and p for p in entry["paths"]):
        raise InputError(f"{where}: 'paths' is {entry['paths']!r}; expected a list of patterns")


def _background(entry: Any, pack: str, where: str) -> Background:
    if not isinstance(entry, dict) or not {"name", "path", "area", "scene"} <= set(entry) <= {
        *("name", "path", "area", "scene", "by")
    }:
        raise InputError(f"{where}: background {entry!r} must have 'name', 'path', 'area', 'scene' and may have 'by'")
    where = f"{where}: background '{entry['name']}'"
    if entry["scene"] not in SCENES:
        raise InputError(f"{where}: 'scene' is {entry['scene']!r}; expected one of {', '.join(SCENES)}")
    area = entry["area"]
    if not (isinstance(area, list) and len(area) == 4 and all(type(v) is int for v in area)):
        raise InputError(f"{where}: 'area' is {area!r}; expected x0, y0, x1, y1 in pixels")
    x0, y0, x1, y1 = area
    if not (0 <= x0 < x1 and 0 <= y0 < y1):
        raise InputError(f"{where}: 'area' is {area!r}; expected 0 <= x0 < x1 and 0 <= y0 < y1")
    return Background(f"{pack}/{entry['name']}", entry["path"], (x0, y0, x1, y1), entry["scene"], entry.get("by", ""))
