"""From the flat body into the photo: a thin-plate spline through landmarks and outline.

The spline (Bookstein, PAMI 1989) maps the flat body's outline onto the garment's, so each texel knows which pixel of the
photo it shows. Evaluated on a coarse grid and interpolated: the map is smooth. Within trunk and sleeves, points keep the
cloth as wide in the middle as at the sides, and a trunk's rows level and of one scale.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RBFInterpolator

from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.kernel import kernel

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

_STEP = 0.01  # metres of flat body between the grid's nodes
_MARGIN = 0.03
_INNER = (0.1, 0.3, 0.5, 0.7, 0.9)  # of the way from flank to flank, where a trunk's cloth is held
_IN_SLEEVE = (0.33, 0.67)  # likewise across a sleeve
_ALIKE = 0.5  # quantile of a trunk's rows whose scale, of photo to body, all rows have
_DEGREE, _OF_HEM = 2, 10.0  # of the curve that the middles of a trunk's rows lie on; the last row's weight
_SQUEEZED = 1.12  # times as tall as wide that a trunk's cloth may be squeezed
_OTHERWISE = (0.8, 1.2)  # times as wide as its edges that a row may be for that
_ENDS, _OF_SIDES = ("shoulder", "waist", "hem"), 0.3  # edges that say how level it is, and the weight of others


@dataclass(frozen=True, slots=True)
class Warp:
    """The map from flat body to photo as a grid."""

    origin: F64  # (2,) flat coordinates of the first node
    nodes: F32  # (rows, columns, 2) photo pixels; columns run along x, rows along y, `_STEP` apart
    body: F64  # (n, 2) the flat points it was made from
    photo: F64  # (n, 2) where they go

    def at(self, flat: NDArray[np.floating]) -> F32:
        """Return (..., 2) photo pixels of (..., 2) flat points, by bilinear interpolation, the border's value beyond."""
        cells = ((flat - self.origin) / _STEP).astype(np.float32)
        out = np.empty(cells.shape, np.float32)
        _sample(self.nodes, cells.reshape(-1, 2), out.reshape(-1, 2))
        return out


def fit_warp(front: BodyFront, body: F64, photo: F64) -> Warp:
    """Return the thin-plate spline that takes `body` (n, 2) flat points to `photo` (n, 2) pixels exactly.

    Points given twice (an edge's end is its neighbour's beginning) count once.
    """
    body, photo = _once(body, photo)
    spline = RBFInterpolator(body, photo, kernel="thin_plate_spline", degree=1)
    flat = front.flat[front.is_flat]
    low, high = flat.min(axis=0) - _MARGIN, flat.max(axis=0) + _MARGIN
    xs, ys = (np.arange(low[c], high[c] + _STEP, _STEP, dtype=np.float64) for c in range(2))
    grid = np.stack(np.meshgrid(xs, ys), axis=-1)
    nodes = spline(grid.reshape(-1, 2)).reshape(grid.shape).astype(np.float32)
    return Warp(np.array([xs[0], ys[0]]), nodes, body, photo)


def trunk_points(body: Mapping[str, F64], photo: Mapping[str, F64]) -> tuple[F64, F64]:
    """Return (n, 2) flat points within a trunk or skirt and (n, 2) where they go, by its edges on body and photo.

    They lie evenly from flank to flank, at one scale all over (`_even_rows`): cloth laid flat is not stretched, and so a
    print keeps its shape. The upper rows are as level as the garment's ends are: what pulls one armpit down and not the
    other, as a sleeve that lies otherwise, does not tilt the chest.
    """
    sides = np.stack([body["side_left"], body["side_right"]])
    ends = [name for name in body if name.startswith(_ENDS)]
    flat, seen = (
        np.concatenate([*(e[n] for n in ("side_left", "side_right")), *(e[n] for n in ends)]) for e in (body, photo)
    )
    weight = np.where(np.arange(len(flat)) < 2 * sides.shape[1], _OF_SIDES, 1.0)[:, None]
    y0 = flat[:, 1].mean()
    x, y = flat[:, 0], flat[:, 1] - y0
    model = np.linalg.lstsq(
        weight * np.stack([np.ones_like(x), x, y, x * y, y * y], axis=1), weight * seen, rcond=None
    )[0]
    along = model[2] / max(float(np.linalg.norm(model[2])), 1e-9)
    held = np.array(_INNER)[:, None, None]
    wide = _even_rows(sides, np.stack([photo["side_left"], photo["side_right"]]))
    inner, seen = ((1 - held) * s[0, :-1] + held * s[1, :-1] for s in (sides, wide))
    across = inner[-1] - inner[0]
    level = (across[:, :1] * (model[1] + (inner[0, :, 1:] - y0) * model[3])) @ along
    hold = 1 - np.square(np.arange(len(across)) / len(across))  # the hem is its own
    rise = (level - (seen[-1] - seen[0]) @ along) * hold
    share = (np.array(_INNER) - 0.5) / (_INNER[-1] - _INNER[0])
    return inner.reshape(-1, 2), (seen + share[:, None, None] * rise[:, None] * along).reshape(-1, 2)


def sleeve_points(body: Mapping[str, F64], photo: Mapping[str, F64]) -> tuple[F64, F64]:
    """Return (n, 2) flat points within sleeves and (n, 2) where they go: evenly from one edge to the other."""
    across = np.array(_IN_SLEEVE)[:, None, None]
    out = []
    for edges in (body, photo):
        pairs = (
            (edges[f"sleeve_outer_{side}"][1:], edges[f"sleeve_inner_{side}"][-2::-1])
            for side in ("left", "right")
            if f"sleeve_outer_{side}" in edges
        )
        inner = [((1 - across) * outer + across * under).reshape(-1, 2) for outer, under in pairs]
        out.append(np.concatenate([np.empty((0, 2)), *inner]))
    return out[0], out[1]


def even_sides(body: Mapping[str, F64], photo: Mapping[str, F64]) -> dict[str, F64]:
    """Return a photo's edges, a trunk's sides and hem drawn in or out to where its cloth is of one scale: what is beyond
    goes round to the other side. The armpits stay."""
    names = ("side_left", "side_right")
    sides, seen = (np.stack([e[n] for n in names]) for e in (body, photo))
    even = _even_rows(sides, seen)
    even[:, 0] = seen[:, 0]
    out = {**photo, **dict(zip(names, even, strict=True))}
    if "hem" in photo:
        share = np.linspace(0.0, 1.0, len(photo["hem"]))[:, None]
        move = even[:, -1] - seen[:, -1]
        out["hem"] = photo["hem"] + (1 - share) * move[0] + share * move[1]
    return out


def cut_to_length(body: Mapping[str, F64], photo: Mapping[str, F64]) -> dict[str, F64]:
    """Return a photo's edges, the hem drawn up where the trunk is far longer for its width than the body's part that it
    goes on: its lower end is not shown, instead of all of it squeezed."""
    names = ("side_left", "side_right")
    sides, seen = (np.stack([e[n] for n in names]) for e in (body, photo))
    wide, tall = (
        [float(np.median(np.linalg.norm(np.diff(rows, axis=axis), axis=-1).sum(axis=axis))) for rows in (sides, seen)]
        for axis in (0, 1)
    )
    squeezed = tall[1] / max(tall[0], 1e-9) * wide[0] / max(wide[1], 1e-9)
    if squeezed <= _SQUEEZED:
        return dict(photo)
    share = np.linspace(0.0, _SQUEEZED / squeezed, seen.shape[1]) * (seen.shape[1] - 1)
    at = np.arange(seen.shape[1])
    cut = np.stack([np.stack([np.interp(share, at, side[:, c]) for c in range(2)], axis=1) for side in seen])
    along = np.linspace(0.0, 1.0, len(photo["hem"]))[:, None]
    move = cut[:, -1] - seen[:, -1]
    hem = photo["hem"] + (1 - along) * move[0] + along * move[1]
    return {**photo, **dict(zip(names, cut, strict=True)), "hem": hem}


def _even_rows(body: F64, photo: F64) -> F64:
    """Return the ends (2, n, 2) of a photo's rows, drawn in or out to one scale for all and about one smooth curve, so that
    checks and stripes stay straight and as wide.

    Args:
        body: (2, n, 2) the rows' ends on the flat body.
        photo: (2, n, 2) likewise on the garment's outline.
    """
    of_body, of_photo = (np.linalg.norm(ends[1] - ends[0], axis=-1) for ends in (body, photo))
    scale = of_photo / np.maximum(of_body, 1e-9)
    share = np.clip(np.quantile(scale, _ALIKE) / np.maximum(scale, 1e-9), *_OTHERWISE)[:, None]
    middle = 0.5 * (photo[0] + photo[1])
    row = 0.5 * (body[0] + body[1])[:, 1]
    row = row - row.mean()
    weight = np.where(np.arange(len(row)) < len(row) - 1, 1.0, _OF_HEM)
    powers = weight[:, None] * np.vander(row, _DEGREE + 1)
    smooth = np.vander(row, _DEGREE + 1) @ np.linalg.lstsq(powers, weight[:, None] * middle, rcond=None)[0]
    return np.asarray(smooth + share * (photo - middle))


def _once(body: F64, photo: F64) -> tuple[F64, F64]:
    """Return points (n, 2) on the body and in the photo, each of the body's but once."""
    _, first = np.unique(np.round(body, 6), axis=0, return_index=True)
    first = np.sort(first)
    return body[first], photo[first]


@kernel
def _sample(nodes: F32, cells: F32, out: F32) -> None:
    """Bilinear by hand: OpenCV's remap rounds positions to 1/32 of a cell, a third of a millimetre here."""
    rows, columns = nodes.shape[0], nodes.shape[1]
    for k in range(cells.shape[0]):
        x = min(max(cells[k, 0], np.float32(0)), np.float32(columns - 1.001))
        y = min(max(cells[k, 1], np.float32(0)), np.float32(rows - 1.001))
        i, j = int(x), int(y)
        fx, fy = x - np.float32(i), y - np.float32(j)
        for c in range(2):
            upper = nodes[j, i, c] + fx * (nodes[j, i + 1, c] - nodes[j, i, c])
            lower = nodes[j + 1, i, c] + fx * (nodes[j + 1, i + 1, c] - nodes[j + 1, i, c])
            out[k, c] = upper + fy * (lower - upper)
