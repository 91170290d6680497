"""Hair as a mesh: a cap of locks over the scalp, and what hangs from it: a curtain, a bun, a tail.

Rows run from the crown to the painted hairline, columns around. Vertices of the cap are bound to the
scalp beneath and lifted along its normal; vertices that hang are bound to three scalp vertices over their column, and so
keep their place on the head in every pose and shape.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from manikin.tasks.clothing.geometry.shell import Shell
from manikin.tasks.clothing.looks.scalp import Head, bind, direction

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

COLUMNS, ROWS, HANGING_ROWS = 80, 12, 10
PATCH = (0.008, 0.572, 0.112, 0.806)  # u, v, u, v of the atlas: a place without islands, where strands are painted
_TURNS = 4  # times that the patch goes round the head and back
_PATCH_LENGTH = 0.45  # metres of strand on the patch
_EDGE_M = 0.0008  # lift of the cap's rim
_LINED = 5  # of the cap's rows
_THICK = 0.008  # of a curtain, in metres
# Crown angle and turn from its column of the three scalp vertices that hanging hair is bound to; where the turn is beyond
# the ear they lie lower, for the head is upright there.
_BOUND_BESIDE = ((0.95, -0.35), (0.95, 0.35), (1.5, 0.0))
_BOUND_BEHIND = ((1.15, -0.4), (1.15, 0.4), (1.85, 0.0))
_BEHIND = 2.2  # turn
_INSIDE = 0.002  # of the painted hair's edge, in metres, where the cap ends
_RADIUS = 0.11  # of a head, metres: lengths of strands by angle
_CURTAIN_FROM = 1.5  # crown angle at which hair begins to hang
_HIDES = 0.7  # share of the way to the hairline within which the scalp is not drawn
_TAIL_ROWS, _TAIL_SIDES = 14, 16
_FRINGE = 0.6  # height of the hair over the forehead, of that on top
_FACE = 0.9  # half angle of the face, which no curtain hangs before


@dataclass(frozen=True, slots=True)
class Volume:
    """How far hair stands off the head, and what hangs from it; lengths in metres."""

    top: float
    side: float
    back: float
    taper: float = 0.03  # from the hairline to the full height
    lumps: float = 0.2  # unevenness, as a share of the height
    hangs: float | None = None  # how far below the eyes hair hangs at the back
    at_side: float = 0.0  # how far below the eyes it hangs before the shoulders
    tail: str = ""  # "bun" or "ponytail"
    is_curly: bool = False


def turns() -> F64:
    """Return (COLUMNS,) the columns' directions about the crown: 0 in front, then to the left."""
    return np.arange(COLUMNS, dtype=np.float64) * (2 * np.pi / COLUMNS)


def hairline(head: Head, inside: Callable[[F64], F64], volume: Volume, rng: np.random.Generator) -> F64:
    """Return (COLUMNS,) the crown angles at which the cap ends.

    Args:
        head: the head.
        inside: how far points (n, 3) of the head lie inside the painted hair, in metres.
        volume: of the hair; hair that hangs ends over the ears, where its curtain begins.
        rng: of the unevenness.
    """
    polar = np.linspace(0.2, 2.4, 221)
    grid = np.stack(np.meshgrid(polar, turns(), indexing="ij"), axis=-1).reshape(-1, 2)
    ends = inside(head.at(grid[:, 0], grid[:, 1])).reshape(len(polar), COLUMNS) < _INSIDE
    edge = polar[np.where(ends.any(axis=0), ends.argmax(axis=0), len(polar) - 1)]
    edge = gaussian_filter1d(edge, 0.7, mode="wrap") + 0.02 * rng.standard_normal(COLUMNS)
    if volume.hangs is not None:
        edge = np.where(_hangs(), _CURTAIN_FROM, np.minimum(edge, _CURTAIN_FROM))
    return np.asarray(edge, np.float64)


def _hangs() -> NDArray[np.bool_]:
    return np.asarray(np.abs(np.angle(np.exp(1j * turns()))) > _FACE)


def hair_shell(head: Head, volume: Volume, edge: F64, rng: np.random.Generator) -> Shell:
    """Return the mesh of a volume of hair whose cap ends at crown angles (COLUMNS,), its texture on `PATCH`."""
    pieces = [_cap(head, volume, edge, rng)]
    if volume.hangs is not None:
        pieces += [_curtain(head, volume, edge, pieces[0], rng), _lining(pieces[0])]
    if volume.tail:
        pieces.append(_tail(head, volume, rng))
    start = np.cumsum([0] + [len(p.offset) for p in pieces])
    faces = np.concatenate([p.faces + s for p, s in zip(pieces, start, strict=False)])
    if volume.hangs is not None:  # the curtain's first row is the cap's last one
        faces = np.where((faces >= start[1]) & (faces < start[1] + COLUMNS), faces - COLUMNS, faces)
    corner, weight, offset, uv, inner = (
        np.concatenate([getattr(p, n) for p in pieces]) for n in ("corner", "weight", "offset", "uv", "is_inner")
    )
    used, faces = np.unique(faces, return_inverse=True)
    faces = faces.reshape(-1, 3)
    part = np.full(len(faces), head.model.part_names.index("head"), np.uint8)
    return Shell(
        corner=corner[used].astype(np.int32),
        weight=weight[used].astype(np.float32),
        offset=offset[used].astype(np.float32),
        faces=faces.astype(np.int32),
        uv=uv.astype(np.float32),
        part=part,
        beneath=np.full(len(faces), head.number[0], np.int32),
        is_inner=inner,
        hides=_hidden(head, edge),
    )


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the mesh before it is joined to others; fields as of `Shell`."""

    corner: I64
    weight: F64
    offset: F64
    faces: I64
    uv: F64
    is_inner: NDArray[np.bool_]


def _cap(head: Head, volume: Volume, edge: F64, rng: np.random.Generator) -> Piece:
    share = np.broadcast_to(np.linspace(0, 1, ROWS + 1)[:, None], (ROWS + 1, COLUMNS))
    polar, turn = (share * edge).reshape(-1), np.tile(turns(), ROWS + 1)
    face, weight = head.hit(polar, turn)
    along = _RADIUS * polar
    lift = _lift(volume, direction(polar, turn), _RADIUS * (1 - share.reshape(-1)) * np.tile(edge, ROWS + 1), rng)
    quads, uv = _sheet(along.reshape(share.shape), np.ones(COLUMNS, bool))
    return Piece(head.faces[face], weight, lift, quads, uv, np.zeros(len(quads), bool))


def _lift(volume: Volume, ray: F64, to_edge: F64, rng: np.random.Generator) -> F64:
    """Return (n,) how far the cap stands off at unit rays (n, 3), so far from the hairline."""
    x, y, z = ray[:, 0] ** 2, np.clip(ray[:, 1], 0, 1) ** 2, ray[:, 2] ** 2
    ahead = _FRINGE * volume.top
    height = (volume.side * x + volume.top * y + np.where(ray[:, 2] > 0, ahead, volume.back) * z) / (x + y + z)
    lumps = gaussian_filter(rng.standard_normal((ROWS + 1, COLUMNS)), (1.2, 1.2), mode=("nearest", "wrap"))
    lumps *= np.clip(np.arange(ROWS + 1) / 5, 0, 1)[:, None] / lumps.std()  # none on the crown, where columns meet
    height = height * np.clip(1 + volume.lumps * lumps.reshape(-1), 0.3, 1.7)
    t = np.clip(to_edge / volume.taper, 0, 1)
    t = t * (2 - t)
    if volume.hangs is not None:
        t = np.where(np.tile(_hangs(), ROWS + 1), 1.0, t)  # a curtain begins at the full height
    return np.asarray(_EDGE_M + height * t, np.float64)


def _sheet(along: F64, columns: NDArray[np.bool_]) -> tuple[I64, F64]:
    """Return the triangles of a grid (rows, COLUMNS), where both columns are chosen, and their UV by length along a strand."""
    rows = len(along)
    left = np.flatnonzero(columns & np.roll(columns, -1))
    right = (left + 1) % COLUMNS
    r = np.arange(rows - 1)[:, None] * COLUMNS
    a, b, c, d = r + left, r + COLUMNS + left, r + COLUMNS + right, r + right
    faces = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    wave = np.arccos(np.cos(2 * np.pi * _TURNS * (faces % COLUMNS) / COLUMNS)) / np.pi  # there and back: no seam
    return faces, _on_patch(wave, along.reshape(-1)[faces])


def _on_patch(across: F64, along: F64) -> F64:
    u0, v0, u1, v1 = PATCH
    margin = 0.06
    u = margin + (1 - 2 * margin) * across
    v = margin / 2 + (1 - margin) * np.clip(along / _PATCH_LENGTH, 0, 1)
    return np.stack([u0 + (u1 - u0) * u, v0 + (v1 - v0) * v], axis=-1)


def _lining(cap: Piece) -> Piece:
    """Return the inner side of the cap's lower rows, which is seen from below where hair stands off the temples."""
    first = (ROWS - _LINED) * COLUMNS
    quads, _ = _sheet(np.zeros((_LINED + 1, COLUMNS)), np.ones(COLUMNS, bool))
    uv = np.broadcast_to(_on_patch(np.array(0.5), np.array(_PATCH_LENGTH)), (len(quads), 3, 2))
    offset = np.maximum(cap.offset[first:] - _THICK, _EDGE_M / 4)
    return Piece(cap.corner[first:], cap.weight[first:], offset, quads[:, ::-1], uv, np.ones(len(quads), bool))


def _curtain(head: Head, volume: Volume, edge: F64, cap: Piece, rng: np.random.Generator) -> Piece:
    """Return what hangs from the cap's rim behind the face: an outer and an inner sheet, joined at their rims."""
    chosen = _hangs()
    top = _points(head, cap)[-COLUMNS:]
    aside = np.clip((np.abs(np.sin(turns())) - 0.35) / 0.4, 0, 1) + (np.cos(turns()) > 0)
    behind = volume.at_side if volume.hangs is None else volume.hangs
    down = head.eyes[1] - (behind + (volume.at_side - behind) * np.clip(aside, 0, 1))
    down = down + 0.006 * rng.standard_normal(COLUMNS)
    t = np.linspace(0, 1, HANGING_ROWS + 1)[:, None]
    y = top[:, 1] + t * (down - top[:, 1])
    flat = top[:, [0, 2]] - head.crown[[0, 2]]
    bulge = 1 + 0.10 * np.sin(np.pi * np.clip(1.15 * t, 0, 1)) - 0.16 * t**2
    outer = np.stack([flat[:, 0] * bulge, y - head.crown[1], flat[:, 1] * bulge], axis=-1) + head.crown
    inward = np.stack([flat[:, 0], 0 * flat[:, 0], flat[:, 1]], axis=-1)
    inward /= np.linalg.norm(inward, axis=-1, keepdims=True)
    inner = outer - _THICK * inward
    along = _RADIUS * edge + np.abs(y - top[:, 1])
    quads, uv = _sheet(along, chosen)
    n = outer[..., 0].size
    rims = _rims(chosen, n)
    faces = np.concatenate([quads, quads[:, ::-1] + n, rims])
    uv = np.concatenate(
        [uv, uv[:, ::-1], np.broadcast_to(_on_patch(np.array(0.5), np.array(_PATCH_LENGTH)), (len(rims), 3, 2))]
    )
    points = np.concatenate([outer.reshape(-1, 3), inner.reshape(-1, 3)])
    turn = np.tile(turns(), 2 * (HANGING_ROWS + 1))
    is_inner = np.r_[np.zeros(len(quads), bool), np.ones(len(quads) + len(rims), bool)]
    return _hung(head, points, turn, faces, uv, is_inner)


def _rims(chosen: NDArray[np.bool_], n: int) -> I64:
    """Return the triangles that join an outer sheet to the inner one, n vertices on, along their lower and front edges."""
    left = np.flatnonzero(chosen & np.roll(chosen, -1))
    last = HANGING_ROWS * COLUMNS
    first, end = left[np.argmin(turns()[left])], (left[np.argmax(turns()[left])] + 1) % COLUMNS
    r = np.arange(HANGING_ROWS) * COLUMNS
    edges = [(last + left, last + (left + 1) % COLUMNS), (r + first, r + first + COLUMNS), (r + end + COLUMNS, r + end)]
    faces = []
    for a, b in edges:
        faces += [np.stack([a, a + n, b], axis=-1), np.stack([b, a + n, b + n], axis=-1)]
    return np.concatenate(faces)


def _tail(head: Head, volume: Volume, rng: np.random.Generator) -> Piece:
    """Return a bun or a tail at the back of the head: a tube of rings about an axis, closed at both ends."""
    knot = head.at(np.array([1.15]), np.array([np.pi]))[0]
    t = np.linspace(0, 1, _TAIL_ROWS + 1)
    if volume.tail == "bun":
        back = np.array([0.0, 0.25, -1.0]) / np.hypot(0.25, 1.0)
        axis = knot + back * (0.050 * t - 0.004)[:, None]
        radius = 0.036 * np.sqrt(np.clip(1 - (2 * t - 0.95) ** 2, 0.0, 1)) + 0.001
    else:
        drop = np.stack(
            [
                0 * t,
                0.018 * np.sin(np.pi * np.clip(2 * t, 0, 1)) - 0.26 * t**1.3,
                -0.042 * np.sin(0.7 * np.pi * np.clip(1.5 * t, 0, 1)),
            ],
            -1,
        )
        axis = knot + drop
        radius = np.interp(t, [0, 0.08, 0.4, 0.8, 1.0], [0.012, 0.014, 0.026, 0.020, 0.002])
    tangent = np.gradient(axis, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    across = np.array([1.0, 0.0, 0.0])
    other = np.cross(tangent, across)
    around = turns()[:: COLUMNS // _TAIL_SIDES]
    wide = radius[:, None] * (1 + 0.06 * rng.standard_normal((1, _TAIL_SIDES)))
    points = axis[:, None] + wide[..., None] * (
        np.cos(around)[:, None] * across + np.sin(around)[:, None] * other[:, None]
    )
    r = np.arange(_TAIL_ROWS)[:, None] * _TAIL_SIDES
    left, right = np.arange(_TAIL_SIDES), (np.arange(_TAIL_SIDES) + 1) % _TAIL_SIDES
    a, b, c, d = r + left, r + _TAIL_SIDES + left, r + _TAIL_SIDES + right, r + right
    faces = np.concatenate([np.stack(q, -1).reshape(-1, 3) for q in ((a, c, b), (a, d, c))])
    wave = np.abs(2 * (faces % _TAIL_SIDES) / _TAIL_SIDES - 1)
    uv = _on_patch(wave, 0.1 + t[faces // _TAIL_SIDES] * 0.3)
    return _hung(
        head, points.reshape(-1, 3), np.full(points[..., 0].size, np.pi), faces, uv, np.zeros(len(faces), bool)
    )


def _points(head: Head, piece: Piece) -> F64:
    """Return a piece's vertices (n, 3) on the rest body."""
    bound = head.model.v_template[piece.corner] + piece.offset[:, None, None] * head.normals[piece.corner]
    return np.asarray((piece.weight[..., None] * bound).sum(axis=1), np.float64)


def _hung(head: Head, points: F64, turn: F64, faces: I64, uv: F64, is_inner: NDArray[np.bool_]) -> Piece:
    """Return a piece of points (n, 3), each bound to three scalp vertices about its turn (n,)."""
    is_behind = np.abs(np.angle(np.exp(1j * turn))) > _BEHIND
    bound_to = np.where(is_behind[:, None, None], np.array(_BOUND_BEHIND), np.array(_BOUND_BESIDE))
    face, weight = head.hit(bound_to[..., 0].reshape(-1), (turn[:, None] + bound_to[..., 1]).reshape(-1))
    corner = head.faces[face][np.arange(len(face)), weight.argmax(axis=1)].reshape(-1, 3)
    weight, offset = bind(head.model.v_template[corner].astype(np.float64), head.normals[corner], points)
    return Piece(corner, weight, offset, faces, uv, is_inner)


def _hidden(head: Head, edge: F64) -> NDArray[np.int32]:
    """Return the body triangles well inside the cap."""
    ray = head.model.v_template[head.faces].astype(np.float64) - head.crown
    polar = np.arccos(np.clip(ray[..., 1] / np.linalg.norm(ray, axis=-1), -1, 1)).max(axis=1)
    turn = np.arctan2(ray[..., 0].mean(axis=1), ray[..., 2].mean(axis=1)) % (2 * np.pi)
    limit = np.interp(turn, np.r_[turns(), 2 * np.pi], np.r_[edge, edge[0]])
    return np.sort(head.number[polar < _HIDES * limit]).astype(np.int32)
