"""Which places of the flat body show which of a photo's garment, for the warp between them.

The body's edges show the garment's, its waist the waist that a dress flares from. Within trunk and sleeves, points keep the
cloth as wide in the middle as at the sides, and a trunk's rows level and of one scale.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.lateral import within_edge
from manikin.tasks.clothing.outline.landmarks import Landmarks, at_shares, share_near
from manikin.tasks.clothing.pattern.extent import Extent
from manikin.tasks.clothing.pattern.seams import body_edges, flanks
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.clothing.pattern.warp import Warp, fit_warp

F64 = NDArray[np.float64]

_INNER = (0.1, 0.3, 0.5, 0.7, 0.9)  # of the way from flank to flank, where a trunk's cloth is held
_IN_SLEEVE = (0.33, 0.67)  # likewise across a sleeve
_ALIKE = 0.5  # quantile of a trunk's rows whose scale, of photo to body, all rows have
_DEGREE, _OF_HEM = 2, 10.0  # of the curve that the middles of a trunk's rows lie on; the last row's weight
_SQUEEZED = 1.12  # times as tall as wide that a trunk's cloth may be squeezed
_OTHERWISE = (0.8, 1.2)  # times as wide as its edges that a row may be for that
_ENDS, _OF_SIDES = ("shoulder", "waist", "hem"), 0.3  # edges that say how level it is, and the weight of others


def garment_warp(
    front: BodyFront,
    landmarks: Landmarks,
    extent: Extent,
    waist: float | None = None,
    more: tuple[F64, F64] | None = None,
) -> Warp:
    """Return the map from the flat body to the photo that takes the body's edges of an extent to the garment's.

    Args:
        front: the body.
        landmarks: of the photo.
        extent: where the garment ends.
        waist: the height in metres where the garment's own waist lies, if it has one.
        more: flat points (n, 2) within its edges and where they go, besides those of trunk and sleeves.
    """
    edges = body_edges(front, landmarks.kind, extent)
    body = {}
    for name, edge in edges.items():
        line = landmarks.edges[name]
        shares = np.linspace(0.0, 1.0, len(line))
        kind, _, side = name.rpartition("_")
        if waist is not None and kind == "side":
            seam = share_near(line, np.array(landmarks.points[f"waist_{side}"]))
            own = share_near(edge, flanks(front, waist)[("left", "right").index(side)])
            shares = np.interp(shares, [0.0, seam, 1.0], [0.0, own, 1.0])
        body[name] = at_shares(edge, shares)
    photo = {name: within_edge(landmarks, name) for name in edges}
    if landmarks.kind == "trousers":
        return fit_warp(front, *(np.concatenate(list(e.values())) for e in (body, photo)))
    if landmarks.kind != "skirt" and (extent.hem or 0.0) > front.folds["inseam"].position[:, 1].max():
        photo = cut_to_length(body, photo)
    points = [trunk_points(body, photo), sleeve_points(body, photo), *([] if more is None else [more])]
    inner = zip(*points, strict=True)
    outlines = (body, even_sides(body, photo))
    return fit_warp(front, *(np.concatenate([*e.values(), *held]) for e, held in zip(outlines, inner, strict=True)))


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
