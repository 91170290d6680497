"""Reads MakeHuman's clothes (.mhclo with its .obj) and fits them to the default body: garments that a user brings.

Each vertex of such a garment is bound to three vertices of the base mesh by barycentric weights and an offset, which scales
with distances on the body (makehumancommunity.org, "Documentation: MHCLO"). All of that is linear in the base mesh, so the
garment has a linear shape basis of its own and, from the same bindings, skinning weights: it fits every shape and follows
every pose.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.helpers import Helpers, base_shape
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.bodies.skinning import falling_weights
from manikin.tasks.clothing.cutout.photo import read_photo
from manikin.tasks.clothing.geometry.piece import Piece
from manikin.tasks.clothing.geometry.skirt import nearest_parts
from manikin.tasks.errors import InputError

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
U8 = NDArray[np.uint8]

T = TypeVar("T")

_DECIMETRES = 10.0  # of the files, a metre
_AXES = ("x_scale", "y_scale", "z_scale")
MAX_BYTES = 64 << 20
_SHOES_TO, _BOTTOMS_TO, _TOPS_FROM = 0.45, 1.15, 0.65  # heights in metres


@dataclass(frozen=True, slots=True)
class Clothes:
    """A garment as its files say: G vertices bound to base vertices, H triangles."""

    name: str
    corner: I32  # (G, 3) base vertices
    weight: F64  # (G, 3)
    offset: F64  # (G, 3) decimetres at the scale of the base mesh
    scale: tuple[tuple[int, int, float] | None, ...]  # of x, y, z: two base vertices, and their distance in decimetres
    deleted: I32  # (D,) base vertices that it hides
    faces: I32  # (H, 3)
    uv: F32  # (H, 3, 2) v down


def read_mhclo(path: Path) -> Clothes:
    """Return a garment of a .mhclo file and the .obj file that it names.

    Raises:
        InputError: a file is missing or wrong; the message names the line.
    """
    fields: dict[str, str] = {}
    scale: list[tuple[int, int, float] | None] = [None, None, None]
    bindings: list[tuple[float, ...]] = []
    deleted: list[int] = []
    section = ""
    for number, line in enumerate(_lines(path), 1):
        words = line.split("#")[0].split()
        if not words:
            continue
        if section == "verts" and _is_number(words[0]):
            bindings.append(_parsed(path, number, line, _binding, words))
        elif section == "delete_verts" and words[0].isdigit():
            deleted += _parsed(path, number, line, _ranges, words)
        else:
            section = words[0]
            if section in _AXES:
                scale[_AXES.index(section)] = _parsed(path, number, line, _scale, words)
            elif section not in ("verts", "delete_verts"):
                fields[section] = " ".join(words[1:])
    if not bindings:
        raise InputError(f"{path}: no bindings; expected a line 'verts 0' and then 'v0 v1 v2 w0 w1 w2 dx dy dz' each")
    if "obj_file" not in fields:
        raise InputError(f"{path}: no line 'obj_file NAME.obj' says which mesh it is")
    table = np.array(bindings)
    faces, uv = _read_obj(path.parent / Path(fields["obj_file"]).name, len(table))
    return Clothes(
        name=fields.get("name", path.stem),
        corner=table[:, :3].astype(np.int32),
        weight=table[:, 3:6],
        offset=table[:, 6:],
        scale=tuple(scale),
        deleted=np.unique(np.array(deleted, np.int32)),
        faces=faces,
        uv=uv,
    )


def clothes_category(piece: Piece) -> str:
    """Return what a garment is by how far it reaches on the mean body: "shoes", "trousers", "top" or "dress"."""
    low, high = np.percentile(piece.v_template[:, 1], [2, 98])
    if high < _SHOES_TO:
        return "shoes"
    if high < _BOTTOMS_TO:
        return "trousers"
    return "top" if low > _TOPS_FROM else "dress"


def clothes_texture(path: Path, size: int) -> U8:
    """Return the opaque texture (size, size, 4) of a .mhclo file.

    It is the picture of the same name beside it, or else the one that its material names.

    Raises:
        InputError: there is none, or it cannot be read.
    """
    beside = [path.with_suffix(suffix) for suffix in (".png", ".jpg", ".jpeg")]
    beside += [path.parent / Path(name).name for name in _named_pictures(path)]
    found = next((picture for picture in beside if picture.is_file()), None)
    if found is None:
        raise InputError(f"{path}: no texture; expected {beside[0].name} beside it, or a material that names a picture")
    rgb = cv2.resize(read_photo(found).rgb, (size, size), interpolation=cv2.INTER_AREA)
    return np.dstack([rgb, np.full((size, size), 255, np.uint8)])


def _named_pictures(path: Path) -> list[str]:
    """Return the diffuse textures that the material of a .mhclo file names."""
    materials = [line.split()[1] for line in _lines(path) if line.startswith("material ") and len(line.split()) > 1]
    files = [path.parent / Path(name).name for name in materials]
    words = [line.split() for file in files if file.is_file() for line in _lines(file)]
    return [w[1] for w in words if len(w) > 1 and w[0] == "diffuseTexture"]


def fit_clothes(clothes: Clothes, model: BodyModel, helpers: Helpers) -> Piece:
    """Return a garment fitted to a body.

    Raises:
        InputError: it is bound to vertices that the base mesh has not, or the helpers are another body's.
    """
    shape = base_shape(model, helpers)
    n = len(shape.v_template)
    named = [
        clothes.corner.max(),
        clothes.corner.min(),
        *clothes.deleted,
        *(v for s in clothes.scale if s for v in s[:2]),
    ]
    wrong = [int(v) for v in named if not 0 <= v < n]
    if wrong:
        raise InputError(f"clothes {clothes.name}: base vertex {wrong[0]}; the base mesh has 0..{n - 1}")

    def mixed(values: F64) -> F64:
        """From base vertices (..., N, C) to the garment's (..., G, C)."""
        a, b, c = (clothes.weight[:, k, None] * values[..., clothes.corner[:, k], :] for k in range(3))
        return np.asarray(a + b + c)

    def fitted(base: F64, unscaled: float) -> F64:
        spans = _spans(clothes, shape.v_template, base, unscaled)
        return np.asarray(mixed(base) + spans[..., None, :] * clothes.offset)

    weights = np.maximum(mixed(shape.weights), 0.0)
    falling, joints = falling_weights(weights / weights.sum(axis=1, keepdims=True))
    template = fitted(shape.v_template, 1.0 / _DECIMETRES)
    g = len(template)
    hidden = np.isin(helpers.body_number, clothes.deleted)
    empty = np.zeros(0, np.int32)
    return Piece(
        v_template=template.astype(np.float32),
        shapedirs=np.ascontiguousarray(fitted(shape.shapedirs, 0.0), np.float32),
        weights=falling,
        weight_idx=joints,
        faces=clothes.faces,
        uv=clothes.uv,
        part=nearest_parts(model, template[clothes.faces].mean(axis=1), model.part_names),
        hides=np.flatnonzero(hidden[model.faces].all(axis=1)).astype(np.int32),
        skin=empty,
        under=empty,
        grip=np.zeros(g, np.float32),
        threads=np.zeros((0, 2), np.int32),
        gathers=empty,
        slack=np.zeros(0, np.float32),
        corner=np.zeros((g, 3), np.int32),
        weight=np.tile(np.array([1, 0, 0], np.float32), (g, 1)),
        offset=np.zeros(g, np.float32),
    )


def _spans(clothes: Clothes, mean: F64, base: F64, unscaled: float) -> F64:
    """Return what (..., 3) offsets are multiplied by: metres a decimetre of the base mesh, linear in its vertices.

    Args:
        clothes: the garment.
        mean: (N, 3) of the mean body, which says on which side of each other two vertices are.
        base: (..., N, 3) vertices, or directions in which they move.
        unscaled: for axes along which the garment keeps its size.
    """
    columns = []
    for axis, scale in enumerate(clothes.scale):
        if scale is None:
            columns.append(np.full(base.shape[:-2], unscaled))
        else:
            a, b, length = scale
            sign = np.sign(mean[a, axis] - mean[b, axis])
            columns.append(sign * (base[..., a, axis] - base[..., b, axis]) / length)
    return np.stack(columns, axis=-1)


def _read_obj(path: Path, n_vertices: int) -> tuple[I32, F32]:
    """Return triangles (H, 3) and their uv (H, 3, 2), v down, of a Wavefront mesh; polygons are cut into fans."""
    places: list[tuple[float, ...]] = []
    faces: list[tuple[int, ...]] = []
    corners: list[tuple[int, ...]] = []
    found = 0
    for number, line in enumerate(_lines(path), 1):
        words = line.split()
        if not words or words[0] not in ("v", "vt", "f"):
            continue
        if words[0] == "v":
            found += 1
        elif words[0] == "vt":
            places.append(_parsed(path, number, line, lambda w: (float(w[1]), float(w[2])), words))
        else:
            polygon = _parsed(path, number, line, _polygon, words)
            if any(not (0 <= v < n_vertices and 0 <= t < len(places)) for v, t in polygon):
                raise InputError(
                    f"{path} line {number}: {line.strip()!r} names a vertex beyond the {n_vertices} that are bound or a "
                    f"place beyond the {len(places)} 'vt' before it"
                )
            for i in range(1, len(polygon) - 1):
                three = (polygon[0], polygon[i], polygon[i + 1])
                faces.append(tuple(v for v, _ in three))
                corners.append(tuple(t for _, t in three))
    if found != n_vertices or not faces:
        raise InputError(
            f"{path}: {found} vertices and {len(faces)} triangles; expected the {n_vertices} vertices that are bound, and "
            "faces 'f v/vt v/vt v/vt'"
        )
    uv = np.array(places)[np.array(corners)]
    return np.array(faces, np.int32), np.stack([uv[..., 0], 1.0 - uv[..., 1]], axis=-1).astype(np.float32)


def _lines(path: Path) -> list[str]:
    if not path.is_file() or path.stat().st_size > MAX_BYTES:
        raise InputError(f"{path}: no such file, or one over {MAX_BYTES >> 20} MiB; expected a .mhclo beside its .obj")
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: no text ({error}); expected MakeHuman's .mhclo or a Wavefront .obj") from error


def _parsed(path: Path, number: int, line: str, parse: Callable[[list[str]], T], words: list[str]) -> T:
    try:
        return parse(words)
    except (ValueError, IndexError) as error:
        raise InputError(f"{path} line {number}: {line.strip()!r}: {error}") from error


def _is_number(word: str) -> bool:
    return word.lstrip("-").isdigit()


def _binding(words: list[str]) -> tuple[float, ...]:
    """Return three base vertices, three weights and an offset; one vertex alone stands for itself."""
    if len(words) == 1:
        return (*(3 * [float(words[0])]), 1.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    if len(words) != 9:
        raise ValueError(f"{len(words)} numbers; expected 'v0 v1 v2 w0 w1 w2 dx dy dz', or one base vertex")
    values = (*(float(int(w)) for w in words[:3]), *(float(w) for w in words[3:]))
    if not np.isfinite(values).all() or abs(sum(values[3:6]) - 1.0) > 0.02:
        raise ValueError(f"weights {' '.join(words[3:6])}; expected three finite numbers that sum to 1")
    return values


def _scale(words: list[str]) -> tuple[int, int, float]:
    a, b, length = int(words[1]), int(words[2]), float(words[3])
    if not np.isfinite(length) or length <= 0:
        raise ValueError(f"distance {words[3]}; expected one above 0, in decimetres")
    return a, b, length


def _ranges(words: list[str]) -> list[int]:
    """Return the numbers of "3 7 - 9 12"."""
    out: list[int] = []
    tokens = " ".join(words).replace("-", " - ").split()
    i = 0
    while i < len(tokens):
        first = int(tokens[i])
        is_range = i + 2 < len(tokens) and tokens[i + 1] == "-"
        last = int(tokens[i + 2]) if is_range else first
        if not 0 <= last - first < 1 << 16:
            raise ValueError(f"range {first} - {last}; expected it to rise")
        out += range(first, last + 1)
        i += 3 if is_range else 1
    return out


def _polygon(words: list[str]) -> list[tuple[int, int]]:
    """Return the numbers of vertex and place at each corner of "f 1/1 2/2 3/3"."""
    corners = [word.split("/") for word in words[1:]]
    if len(corners) < 3 or any(len(c) < 2 or not c[1] for c in corners):
        raise ValueError("expected a face of three corners or more, each 'vertex/place'")
    return [(int(c[0]) - 1, int(c[1]) - 1) for c in corners]
