"""GrabCut from the frame of the picture inwards, and once more from the outline of a garment that was found in it.

GrabCut (Rother, Kolmogorov and Blake, SIGGRAPH 2004) is only as good as its first guess. Here ground is what the frame's
colours reach without a step (`barrier`), and the rest is cloth; of the frame itself, pixels are left open whose colours the
middle of the picture has and the rest of the frame has not, as where a sleeve reaches the side. The cut is made in Lab, where
hue counts for more than light.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cutout.barrier import barrier_distance
from manikin.tasks.clothing.cutout.colours import fit_colours, folded_lab, thinned
from manikin.tasks.clothing.cutout.masks import frame_mask, solid

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]
Mask = NDArray[np.bool_]

_ITERATIONS = 3
_AGAIN = 2
_REACH = 0.03  # of the longer side, to which an outline is trusted
_SMOOTH = 1.0  # pixels of blur before barriers are measured: a photo's noise is no barrier
_MAX_BARRIER = 16.0  # Lab units; beyond, cloth is cloth, and a print must not set the threshold
_MIN_BARRIER = 2.5  # Lab units that the ground may change
_FRAME_COLOURS = 8
_SAMPLES = 1500
_FAR = 3.0  # spreads from all the frame's colours, or nearer than which a pixel has a colour of the middle
_MOSTLY_INSIDE = 2.0  # times as frequent in the middle as on the frame, from which a colour is the garment's
_MAX_ON_FRAME = 0.3  # of the frame that a garment may cover
_MIN_SEEDS = 0.2  # of the frame
_BAR = 0.04  # of the longer side: a frame's thickness at most
_FILLED, _ENCLOSED = 0.85, 0.5  # of its box that a frame's cut-out fills, and of that, that is like the ground beyond
_STANDING, _AT_EDGE = (0.1, 0.8), 0.1  # of it that what stands within takes, and of its edge that it may touch
_ALL_GROUND = 0.95  # of the rest that is like the ground
_HUE = 2.0  # times that a and b count as much as L


def cut_from_frame(rgb: U8) -> tuple[U8, Mask]:
    """Return (H, W), 1 where a picture shows something else than the ground around it, and what of its frame was ground."""
    lab = folded_lab(rgb)
    seeds = _seeds(lab)
    even = np.asarray(cv2.GaussianBlur(lab * np.array([1.2, 1, 1], np.float32), (0, 0), _SMOOTH), np.float32)
    distance = barrier_distance(even, seeds)
    guess = np.where(_stands_out(distance), cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    guess[seeds] = cv2.GC_BGD
    return _grab_cut(rgb, guess, _ITERATIONS), seeds


def cut_within(rgb: U8, mask: U8) -> U8 | None:
    """Return (H, W), 1 on what stands within a frame, as of a clothes rail, that was cut out instead; None if none does.

    A frame fills its box, and most of what it encloses is the ground that goes on beyond: what stands out there is cut by
    itself.

    Args:
        rgb: (H, W, 3) the picture.
        mask: (H, W), nonzero on what was cut out.
    """
    x, y, w, h = cv2.boundingRect(mask)
    bar = round(_BAR * max(mask.shape))
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    whole = cv2.drawContours(np.zeros_like(mask), contours, -1, 1, cv2.FILLED) > 0
    if whole.sum() < _FILLED * w * h or whole.all() or min(w, h) < 4 * bar:
        return None
    lab = folded_lab(rgb)
    like_ground = fit_colours(lab[~whole], _FRAME_COLOURS).distance(lab) < _FAR
    if like_ground[whole].mean() < _ENCLOSED:
        return None
    inside = np.s_[y + bar : y + h - bar, x + bar : x + w - bar]
    cut = np.zeros_like(mask)
    cut[inside] = solid(cut_from_frame(np.ascontiguousarray(rgb[inside]))[0])
    share = cut.sum() / whole.sum()
    is_one = _STANDING[0] < share < _STANDING[1] and cut[inside][frame_mask(cut[inside])].mean() < _AT_EDGE
    return cut if is_one and like_ground[inside][cut[inside] == 0].mean() > _ALL_GROUND else None


def cut_from_outline(rgb: U8, mask: U8, outline: U8, heart: U8) -> U8:
    """Return (H, W), 1 on the garment, cut again from what is known of its shape.

    What lies further beyond the outline is taken for ground at first, and what lies well within it for cloth, whatever the cut
    so far says; so each learns the other's true colours.

    Args:
        rgb: (H, W, 3) the picture.
        mask: (H, W), nonzero on the garment as it was cut so far.
        outline: (H, W), nonzero within the outline that was fitted to it.
        heart: (H, W), nonzero where only cloth can be.
    """
    reach = 2 * round(_REACH * max(mask.shape)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    near, well = cv2.dilate(outline, disc) > 0, cv2.erode(outline, disc) > 0
    cloth = ((mask > 0) & near) | well
    guess = np.where(cloth, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    guess[frame_mask(mask) & (mask == 0)] = cv2.GC_BGD
    guess[(heart > 0) & (mask > 0)] = cv2.GC_FGD
    return _grab_cut(rgb, guess, _AGAIN)


def _seeds(lab: F32) -> Mask:
    """Return where the frame is ground: not where it has a colour that is mostly the middle's."""
    h, w = lab.shape[:2]
    around = frame_mask(lab)
    middle = lab[h // 4 : h - h // 4 : 2, w // 4 : w - w // 4 : 2].reshape(-1, 3)
    edge = lab[around]
    ground, cloth = (fit_colours(thinned(x, _SAMPLES), _FRAME_COLOURS) for x in (edge, middle))
    (at_edge, far), (at_middle, near) = ground.nearest(edge), ground.nearest(middle)
    on_frame, inside = (
        np.bincount(k[d < _FAR], minlength=len(ground.centres)) / len(k) for k, d in ((at_edge, far), (at_middle, near))
    )
    is_cloth = (inside > _MOSTLY_INSIDE * on_frame) & (on_frame < _MAX_ON_FRAME)
    doubtful = np.zeros((h, w), np.uint8)
    doubtful[around] = is_cloth[at_edge] | ((far > _FAR) & (cloth.nearest(edge)[1] < _FAR))
    doubtful[:] = cv2.morphologyEx(doubtful, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    doubtful[:] = cv2.dilate(doubtful, np.ones((5, 5), np.uint8))  # an edge's blended pixels are neither
    seeds = around & (doubtful == 0)
    return seeds if seeds.sum() > _MIN_SEEDS * around.sum() else around


def _stands_out(distance: F32) -> Mask:
    """Return where barriers are high, by Otsu's threshold, without specks."""
    scale = 255 / _MAX_BARRIER
    levels = np.clip(distance * scale, 0, 255).astype(np.uint8)
    threshold, _ = cv2.threshold(levels.reshape(-1, 1), 0, 255, cv2.THRESH_OTSU)
    high = (distance > max(threshold / scale, _MIN_BARRIER)).astype(np.uint8)
    return np.asarray(cv2.morphologyEx(high, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))) > 0)


def _grab_cut(rgb: U8, guess: U8, iterations: int) -> U8:
    labels, none = guess.copy(), np.zeros((1, 65))
    if not np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).any():
        return np.zeros(rgb.shape[:2], np.uint8)
    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB).astype(np.float32) - 128
    scaled = np.clip(lab * np.array([1, _HUE, _HUE], np.float32) + 128, 0, 255).astype(np.uint8)
    cv2.setRNGSeed(0)  # GrabCut's k-means draws from OpenCV's own state; the same photo must give the same cut
    cv2.grabCut(scaled, labels, (0, 0, 1, 1), none, none.copy(), iterations, cv2.GC_INIT_WITH_MASK)
    return np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
