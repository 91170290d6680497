"""Cloth that hangs off a body: a mesh bound to the body's triangles, posed with it, and drawn in its place.

A shell is cut from the body's own surface (`cut`) and lifted off it by a slack (`slack`), so it follows every shape and pose
of the body. Body triangles that it covers wholly are not drawn.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.clothing.geometry.cut import Patch, at_body_vertices, clip, cut_patch, joined
from manikin.tasks.clothing.geometry.fall import HOLDING, MISS, Holders, holders
from manikin.tasks.clothing.geometry.slack import Slack, falling, offsets
from manikin.tasks.clothing.pattern.atlas import vertex_normals
from manikin.tasks.clothing.pattern.collar import Collar
from manikin.tasks.clothing.pattern.extent import Reach
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.errors import InputError
from manikin.tasks.kernel import kernel

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
U8 = NDArray[np.uint8]

_STRIP = 0.008  # metres by which a border is turned over
_IN_COLLAR = 0.03  # likewise in a collar, which stands off
_UNDER = 0.002  # metres by which the strip ends under the skin
_ASIDE = 0.003  # metres beside the normal of its skin from which cloth is held up by other skin
_SEEN = 0.08  # metres from a collar's upper edge into which one sees
_FOLD = 0.008  # metres from its border, over which a collar's leaf comes to lie off the cloth
_TRUNK = ("torso", "upper_leg")  # what tops fall about
_HIDDEN: Final = 0.018
"""Metres inside a garment's borders from which the body is not drawn."""


@dataclass(frozen=True, slots=True)
class Shell:
    """G vertices and H triangles of cloth on a body of V vertices and F triangles."""

    corner: I32  # (G, 3) body vertices that each cloth vertex is bound to
    weight: F32  # (G, 3) their barycentric weights
    offset: F32  # (G,) metres along the body's normal
    faces: I32  # (H, 3) counter-clockwise seen from outside; an inner strip at each edge is seen from inside
    uv: F32  # (H, 3, 2) into the garment's own texture
    part: U8  # (H,) body part of the triangle beneath
    beneath: I32  # (H,) body triangle that each cloth triangle lies over
    is_inner: NDArray[np.bool_]  # (H,) whether a triangle is of the inner strip, which is in the shade
    hides: I32  # (M,) body triangles that the cloth covers wholly, edges excepted

    @property
    def held_by(self) -> I32:
        """Return the body vertex (G,) that each cloth vertex is mostly bound to."""
        return self.corner[np.arange(len(self.corner)), self.weight.argmax(axis=1)]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the fields by name, as they are stored."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> "Shell":
        """Return what `arrays` gave."""
        return cls(**{f.name: arrays[f.name] for f in fields(cls)})


def opaque(rgba: U8) -> U8:
    """Return a garment's texture (S, S, 4) for a shell, whose borders are cut: no texel of it is transparent."""
    return np.dstack([rgba[..., :3], np.full(rgba.shape[:2], 255, np.uint8)])


def pose_cloth(shell: Shell, vertices: F32, normals: F32) -> F32:
    """Return the vertices (G, 3) of the cloth on a posed body.

    Args:
        shell: the cloth.
        vertices: (V, 3) of the body, metres.
        normals: (V, 3) of the body, unit.
    """
    out = np.empty((len(shell.offset), 3), np.float32)
    follow(shell.corner, shell.weight, shell.offset, vertices, normals, out)
    return out


@kernel
def follow(corner: I32, weight: F32, offset: F32, vertices: F32, normals: F32, out: F32) -> None:
    """Fill out (G, 3) with points bound to body triangles and lifted along the normals there."""
    for g in range(corner.shape[0]):
        a, b, c = corner[g, 0], corner[g, 1], corner[g, 2]
        for k in range(3):
            out[g, k] = (
                weight[g, 0] * (vertices[a, k] + offset[g] * normals[a, k])
                + weight[g, 1] * (vertices[b, k] + offset[g] * normals[b, k])
                + weight[g, 2] * (vertices[c, k] + offset[g] * normals[c, k])
            )


def make_shell(
    model: BodyModel, front: BodyFront, reach: Reach, slack: Slack, is_bottom: bool, collar: Collar | None = None
) -> Shell:
    """Return the cloth of a garment.

    Args:
        model: the body.
        front: the same body laid flat.
        reach: where on the atlas the garment's borders run.
        slack: how far it hangs off.
        is_bottom: whether tops go over it.
        collar: that it has.

    Raises:
        InputError: the garment covers nothing of the body.
    """
    at_body = at_body_vertices(model, front, reach)
    patch = cut_patch(model, front, reach, at_body, collar)
    if not len(patch.faces):
        raise InputError("garment: it covers nothing of the body; expected some texels inside its borders")
    off = offsets(front, patch, slack, is_bottom)
    place, deep, held = patch.position + off[:, None] * patch.normal, np.zeros(len(off)), None
    if not is_bottom:
        points, normals = model.v_template.astype(np.float64), vertex_normals(model.v_template, model.faces)
        trunk = model.faces[
            np.isin(model.part, [i for i, name in enumerate(model.part_names) if name.endswith(_TRUNK)])
        ]
        place, deep, spanned = falling(front, patch, slack, place, points, trunk.astype(np.int64))
        held = holders(points, normals, np.unique(trunk).astype(np.int64), spanned)
    patch = replace(patch, closed=patch.distance, open=deep)
    outer, places = [patch], [place]
    if collar is not None:
        leaf, leaf_place = _leaf(patch, place, collar)
        outer, places = [patch, leaf], [place, leaf_place]
    strip, strip_place = _inner_strip(patch, place, model.v_template.astype(np.float64), collar)
    cloth = joined(*outer, strip)
    corner, weight, offset = _bindings(cloth, np.concatenate([*places, strip_place]), held)
    return Shell(
        corner,
        weight,
        offset,
        cloth.faces.astype(np.int32),
        cloth.uv.astype(np.float32),
        cloth.part,
        cloth.beneath.astype(np.int32),
        np.arange(len(cloth.faces)) >= sum(len(p.faces) for p in outer),
        _hidden(model, front, reach, np.minimum(*at_body), collar),
    )


def _leaf(patch: Patch, place: F64, collar: Collar) -> tuple[Patch, F64]:
    """Return what of the cloth lies doubled under a collar's leaf, and where (G', 3) that leaf lies.

    At the cloth's own border it is folded, and at its other edges it ends.
    """
    inside = collar.leaf(patch.position)
    leaf, skin = clip(replace(patch, position=place), inside), clip(patch, inside).position
    off = collar.thickness(skin) * np.clip(leaf.closed / _FOLD, 0, 1)
    return replace(leaf, position=skin), leaf.position + off[:, None] * leaf.normal


def _inner_strip(patch: Patch, place: F64, points: F64, collar: Collar | None) -> tuple[Patch, F64]:
    """Return what one sees looking into an opening, the cloth's border, turned over and bent back to the body, and where.

    Args:
        patch: the cloth, `closed` its distance from any border, `open` the depth of the hollows under it.
        place: (G, 3) where it lies.
        points: (V, 3) of the body.
        collar: into which one sees deeper.
    """
    wide = np.full(len(place), _STRIP)
    if collar is not None:
        wide[collar.inside(patch.position) < _IN_COLLAR] = _IN_COLLAR
    strip = clip(replace(patch, position=place, closed=patch.closed / wide), 1 - patch.closed / wide)
    skin, bent = strip.bound @ points, strip.closed[:, None]
    there = strip.position * (1 - bent) + (skin - _UNDER * strip.normal) * bent
    deep = strip.open * (1 - bent[:, 0])
    return replace(strip, position=skin, open=deep, faces=strip.faces[:, ::-1], uv=strip.uv[:, ::-1]), there


def _bindings(patch: Patch, place: F64, held: Holders | None) -> tuple[I32, F32, F32]:
    """Return body vertices and weights (G, 3) and offsets (G,) of cloth that lies at places (G, 3).

    Cloth straight above its own skin is bound to that; the rest, as over hollows, to the skin that holds it up, if that is
    where it is, or nearer to it than its own skin would have it.
    """
    bound = patch.bound
    bound.sort_indices()
    n = np.diff(bound.indptr)
    column = np.arange(len(bound.indices)) - np.repeat(bound.indptr[:-1], n)
    corner, weight = np.repeat(bound.indices[bound.indptr[:-1], None], 3, axis=1), np.zeros((len(n), 3))
    row = np.repeat(np.arange(len(n)), n)
    corner[row, column], weight[row, column] = bound.indices, bound.data
    lift = place - patch.position
    offset = (lift * patch.normal).sum(axis=1) / (patch.normal**2).sum(axis=1)
    if held is not None:
        aside = np.linalg.norm(lift - offset[:, None] * patch.normal, axis=1)
        loose = np.flatnonzero((patch.open > HOLDING) | ((patch.open > 0) & (aside > _ASIDE)))
        corners, weights, offsets_held, miss = held.bind(place[loose])
        is_held = miss < np.maximum(aside[loose], MISS)
        loose = loose[is_held]
        corner[loose], weight[loose], offset[loose] = corners[is_held], weights[is_held], offsets_held[is_held]
    return corner.astype(np.int32), weight.astype(np.float32), offset.astype(np.float32)


def _hidden(model: BodyModel, front: BodyFront, reach: Reach, at_body: F64, collar: Collar | None) -> I32:
    """Return the body triangles of which every texel and corner lies well inside a garment's borders; none in a collar,
    into which one sees."""
    is_inside = np.asarray((at_body > _HIDDEN)[model.faces].all(axis=1))
    is_inside[front.atlas.triangle[(front.atlas.triangle >= 0) & (reach.distance <= _HIDDEN)]] = False
    if collar is not None:
        is_inside &= ~(collar.inside(model.v_template) < _SEEN)[model.faces].any(axis=1)
    return np.flatnonzero(is_inside).astype(np.int32)
