"""The cloth that the photo does not show: beyond the silhouette's edge, within the neck, and on the back.

The light on what it shows is softened (`shading`). Outwards, the cloth's own rim is carried on, so no sample ever takes in
the ground. Within the neck of a garment laid flat the photo shows labels and hangers: cloth goes on over them. The back of
plain cloth (`plain`) and of stripes across (`stripes`) is made anew, checks excepted, and what sits on the rest (`prints`) is
covered with what is about it (`quilt`); on other cloth, the pattern goes on over what sits on it (`shifts`).
"""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.figures import find_figures
from manikin.tasks.clothing.cloth.lateral import shade
from manikin.tasks.clothing.cloth.limbs import Sleeve
from manikin.tasks.clothing.cloth.plain import plain_cloth
from manikin.tasks.clothing.cloth.prints import find_prints, middle_strip, opens_in_front
from manikin.tasks.clothing.cloth.quilt import cover, pull_push
from manikin.tasks.clothing.cloth.shading import even_light, lift_shade
from manikin.tasks.clothing.cloth.shifts import cover_pattern
from manikin.tasks.clothing.cloth.stripes import is_checked, striped_back
from manikin.tasks.clothing.edges.blemishes import odd_in_neck
from manikin.tasks.clothing.edges.hem import RIM
from manikin.tasks.clothing.edges.neck import Neck
from manikin.tasks.clothing.edges.neckline import Scoop
from manikin.tasks.kernel import kernel

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_CHIP = 0.012  # of the longer side: half as wide is at least what is kept about a throat
_SOFT = 0.006  # likewise, over which plain cloth takes over there
_WORK_SIDE = 192  # what sits on the cloth is found at this size
_MARKED = (0.003, 0.7)  # of the cloth that may be covered
_LEAST = 400  # pixels of cloth at the working size, below which nothing is looked for
_PLACKET = 0.18  # of a patterned trunk's half width to either side of its middle, where a placket or zip may be
_LAPEL = 0.42  # of a trunk's half width that lapels go beyond the front's edges
_CUT_AWAY = 0.36  # likewise to either side of its middle, where fronts with lapels part in the lower half
_NEAR = (0.02, 0.06)  # of the long side from the edge, over which mirrored cloth gives way to smooth


class Pattern(NamedTuple):
    """Where a photo shows patterned cloth."""

    known: Mask  # (H, W)
    whole: Mask  # (H, W) of that, what may be copied: neither collar nor what is seen within a neck


@dataclass(frozen=True, slots=True)
class Cloth:
    """A photo's cloth, going on over the whole picture."""

    front: U8  # (H, W, 3)
    back: U8  # (H, W, 3) without print and buttons
    scoop: Scoop | None = None  # of the front neckline, where it is sure
    pattern: Pattern | None = None  # where the photo shows it, if it has one


def spread_cloth(
    rgb: U8,
    mask: U8,
    neck: Neck,
    lateral: U8,
    trunk: U8 | None = None,
    sleeves: tuple[Sleeve, ...] = (),
    is_open: bool = False,
) -> Cloth:
    """Return the cloth of a photo carried on over the whole picture, as worn in front and behind.

    Args:
        rgb: (H, W, 3).
        mask: (H, W), 255 on the garment.
        neck: what there is about the neck.
        lateral: (H, W), 255 about the sides of trunk and limbs, where shade is no cloth's colour.
        trunk: (H, W), 255 where plain cloth for the back is taken from by choice: sleeves' seams are no cloth to copy.
        sleeves: their edges.
        is_open: whether it is sure to open all down its front.
    """
    side = max(1, round(RIM * max(mask.shape)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * side + 1, 2 * side + 1))
    whole = np.where(mask > 127, 255, 0).astype(np.uint8)
    core = np.asarray(cv2.erode(whole, kernel, borderValue=0), np.uint8)
    if not core.any():
        core = whole
    scale = min(1.0, _WORK_SIDE / max(core.shape))
    size = (max(1, round(core.shape[1] * scale)), max(1, round(core.shape[0] * scale)))

    def small(picture: U8) -> Mask:
        return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA) > 127)

    known = core > 0
    reduced = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
    inside = cv2.resize(core, size, interpolation=cv2.INTER_AREA) > 200
    if inside.sum() < _LEAST:
        front = carry_on(rgb, known)
        return Cloth(front, front)
    sides = small(lateral)
    above = None if neck.above is None else small(neck.above)
    odd = odd_in_neck(reduced, inside, small(neck.throat), sides, above)
    shaded = shade(reduced, inside, sides)
    if shaded.any():
        rgb = lift_shade(rgb, reduced, inside & ~odd, shaded)
        reduced = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
    if above is not None:
        odd |= cv2.dilate(above.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    if odd.any():
        rest = known & (cv2.resize(odd.astype(np.float32), rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR) < 0.4)
        known = rest if rest.any() else known
    figured = find_figures(rgb, inside)
    front = carry_on(even_light(rgb, reduced, inside, figured), known)
    body = None if trunk is None else small(trunk)
    shown = broad(known) | (neck.throat < 128)
    hidden = ~shown if (known & shown).any() else np.zeros_like(known)
    split = None if body is None or not is_open else _split(body, inside, above)
    seen, unseen, is_patterned = _both_sides(
        front, reduced, known, inside, small(neck.opening), body, sleeves, figured, hidden, split
    )
    return Cloth(seen, unseen, neck.scoop, Pattern(known, known & (neck.opening < 128)) if is_patterned else None)


def broad(known: Mask) -> Mask:
    """Return (H, W) the known cloth less what of it is too narrow to be carried on."""
    side = 2 * max(1, round(_CHIP * max(known.shape))) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return np.asarray(cv2.morphologyEx(known.astype(np.uint8), cv2.MORPH_OPEN, kernel) > 0)


def cover_hidden(front: U8, plain: U8, hidden: Mask) -> U8:
    """Return (H, W, 3) a front with plain cloth over what is hidden (H, W) about its neck, where a neckband was carried on."""
    if not hidden.any():
        return front
    share = cv2.GaussianBlur(hidden.astype(np.float32), (0, 0), max(1.0, _SOFT * max(hidden.shape)))
    share = np.where(hidden, np.minimum(2 * share, 1), 0)[..., None]
    return np.rint(front + share * (plain.astype(np.float32) - front)).astype(np.uint8)


def _both_sides(
    front: U8,
    reduced: U8,
    known: Mask,
    inside: Mask,
    opening: Mask,
    trunk: Mask | None,
    sleeves: tuple[Sleeve, ...],
    figured: F32,
    hidden: Mask,
    split: Mask | None,
) -> tuple[U8, U8, bool]:
    """Return the cloth in front and behind: made anew where it is plain or striped, and else what sits on it covered; and whether
    it has a pattern."""
    marks, middle = find_prints(reduced, inside, opening, trunk)
    prints, back = marks | middle, front
    plain = plain_cloth(front, prints, opening, inside, trunk, sleeves, figured)
    checked = is_checked(front, prints, opening, inside, trunk)
    if plain is not None and not checked:
        anew: tuple[U8, Mask] | None = (plain.back, plain.made)
        front = carry_on(plain.front, known & ~hidden) if sleeves else front
        front = cover_hidden(front, plain.back, hidden)
    else:
        anew = None if plain is not None else striped_back(front, opening, inside, trunk)
    if anew is None:
        gaps = marks | (opening & _hull(inside))
        if trunk is None or not trunk.any():
            gaps |= middle
        elif checked or opens_in_front(_reduced(front, inside), opening, trunk, _PLACKET):
            gaps |= middle_strip(trunk, inside, _PLACKET)
        elif split is not None:
            gaps |= split
        return front, _patterned_back(front, gaps, known, inside, trunk), True
    back, made = anew
    prints &= ~made
    covered = None
    if _MARKED[0] < prints.sum() / inside.sum() < _MARKED[1]:
        covered = cover(back, prints, inside, trunk)
    return front, carry_on(back if covered is None else covered, known), plain is None


def _split(trunk: Mask, inside: Mask, above: Mask | None) -> Mask:
    """Return (h, w) where a front that opens, along no straight line, differs from a back: its edges, lapels beside what is above
    them, and where such fronts part again below."""
    strip = middle_strip(trunk, inside, _PLACKET)
    if above is None or not above.any():
        return strip
    side = 2 * max(1, round(0.5 * _LAPEL * float(np.median(trunk.sum(axis=1)[trunk.any(axis=1)])))) + 1
    low = middle_strip(trunk, inside, _CUT_AWAY)
    low[: int(np.flatnonzero(trunk.any(axis=1)).mean())] = False
    return strip | low | (cv2.dilate(above.astype(np.uint8), np.ones((1, side), np.uint8)) > 0) & inside


def _reduced(rgb: U8, inside: Mask) -> U8:
    return np.asarray(cv2.resize(rgb, inside.shape[::-1], interpolation=cv2.INTER_AREA), np.uint8)


def _patterned_back(front: U8, gaps: Mask, known: Mask, inside: Mask, trunk: Mask | None) -> U8:
    """Return (H, W, 3) the front's cloth with its pattern over the gaps (h, w): what sits on it, and the neck."""
    gaps = cv2.dilate(gaps.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    source = inside if trunk is None or not trunk.any() else trunk
    if gaps.sum() < _MARKED[0] * inside.sum():
        return front
    covered = cover_pattern(front, gaps, source, inside)
    if covered is None:
        return front
    back, filled = covered
    shown = cv2.resize(filled.astype(np.float32), front.shape[1::-1], interpolation=cv2.INTER_LINEAR) > 0.5
    return carry_on(back, known | shown)


def _hull(inside: Mask) -> Mask:
    """Return (h, w) the convex hull of a garment."""
    points = np.argwhere(inside)[:, ::-1].astype(np.int32)
    return np.asarray(cv2.fillConvexPoly(np.zeros(inside.shape, np.uint8), cv2.convexHull(points), 1) > 0)


def carry_on(rgb: U8, known: Mask) -> U8:
    """Return (H, W, 3) with every unknown pixel taken from the cloth: mirrored at its edge, and softened with distance."""
    distance, labels = cv2.distanceTransformWithLabels(
        np.where(known, 0, 1).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    owner = np.zeros(int(labels.max()) + 1, np.int32)
    owner[labels[known]] = np.flatnonzero(known)
    half = (max(1, rgb.shape[1] // 2), max(1, rgb.shape[0] // 2))
    weight = cv2.resize(known.astype(np.float32), half, interpolation=cv2.INTER_AREA)
    shown = cv2.resize(np.where(known[..., None], rgb, 0).astype(np.float32), half, interpolation=cv2.INTER_AREA)
    mean = shown / np.maximum(weight, np.float32(1e-6))[..., None]
    filled = pull_push(np.asarray(mean, np.float32), np.asarray(weight, np.float32))
    soft = np.asarray(cv2.resize(filled, rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32)
    near, far = (np.float32(share * max(known.shape)) for share in _NEAR)
    out = np.ascontiguousarray(rgb).copy()
    _mirror(out, known, np.asarray(distance, np.float32), np.asarray(labels, np.int32), owner, soft, near, far)
    return out


@kernel
def _mirror(
    out: U8, known: Mask, distance: F32, labels: I32, owner: I32, soft: F32, near: np.float32, far: np.float32
) -> None:
    h, w = known.shape
    for y in range(h):
        for x in range(w):
            if known[y, x]:
                continue
            edge = owner[labels[y, x]]
            ey, ex = edge // w, edge % w
            my, mx = min(max(2 * ey - y, 0), h - 1), min(max(2 * ex - x, 0), w - 1)
            if not known[my, mx]:
                my, mx = ey, ex
            t = min(max((distance[y, x] - near) / (far - near), np.float32(0)), np.float32(1))
            for c in range(3):
                out[y, x, c] = np.uint8(out[my, mx, c] * (1 - t) + soft[y, x, c] * t + np.float32(0.5))
