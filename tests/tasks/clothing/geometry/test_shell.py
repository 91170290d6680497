from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse
from scipy.interpolate import LinearNDInterpolator
from scipy.sparse.csgraph import connected_components
from scipy.spatial import ConvexHull

from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.clothing.geometry.cut import Patch, at_body_vertices, clip, cut_patch
from manikin.tasks.clothing.geometry.shell import Shell, make_shell, opaque, pose_cloth
from manikin.tasks.clothing.geometry.slack import LEAST, Slack, offsets
from manikin.tasks.clothing.library import GarmentLayer
from manikin.tasks.clothing.pattern.atlas import vertex_normals
from manikin.tasks.clothing.pattern.collar import KINDS, collar_on
from manikin.tasks.clothing.pattern.extent import Extent, Reach, reach
from manikin.tasks.clothing.pattern.planes import limb_length
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.clothing.sizes.measure import crotch_height, waist_height
from manikin.tasks.errors import InputError

HEM, SLEEVE = 0.88, 0.22


@pytest.fixture(scope="module")
def top_reach(front: BodyFront) -> Reach:
    return reach(front, Extent(hem=HEM, sleeve=SLEEVE))


@pytest.fixture(scope="module")
def bottom_reach(front: BodyFront) -> Reach:
    return reach(front, Extent(waist=waist_height(front), leg=0.8 * limb_length(front, "leg")))


@pytest.fixture(scope="module")
def top(body: BodyModel, front: BodyFront, top_reach: Reach) -> Patch:
    return cut_patch(body, front, top_reach, at_body_vertices(body, front, top_reach))


@pytest.fixture(scope="module")
def bottom(body: BodyModel, front: BodyFront, bottom_reach: Reach) -> Patch:
    return cut_patch(body, front, bottom_reach, at_body_vertices(body, front, bottom_reach))


@pytest.fixture(scope="module")
def trousers(body: BodyModel, front: BodyFront, bottom_reach: Reach) -> Shell:
    return make_shell(body, front, bottom_reach, Slack(), is_bottom=True)


def _border(patch: Patch) -> NDArray[np.int64]:
    """Return the vertices of edges that one triangle alone has."""
    sides = np.sort(np.stack([patch.faces, np.roll(patch.faces, -1, axis=1)], axis=-1).reshape(-1, 2), axis=1)
    edges, count = np.unique(sides, axis=0, return_counts=True)
    assert count.max() == 2
    return np.unique(edges[count == 1])


@pytest.mark.parametrize("name", ["top", "bottom"])
def test_the_only_edges_are_the_garments_borders(name: str, request: pytest.FixtureRequest) -> None:
    patch: Patch = request.getfixturevalue(name)
    border = _border(patch)
    assert len(border) > 100
    np.testing.assert_allclose(patch.distance[border], 0, atol=1e-12)
    assert patch.distance.min() > -1e-12


def test_a_hem_is_as_level_as_its_plane(top: Patch) -> None:
    border = _border(top)
    hem = border[(np.abs(top.position[border, 0]) < 0.15) & (top.position[border, 1] < 1.1)]
    assert len(hem) > 30
    np.testing.assert_allclose(top.position[hem, 1], HEM, atol=0.001)


def test_sleeves_and_legs_end_on_both_sides(top: Patch, bottom: Patch) -> None:
    for patch, loops in ((top, 4), (bottom, 3)):  # hem, neck and two cuffs; waist and two ends of legs
        border = _border(patch)
        names = {int(v): int(v) for v in border}

        def root(v: int, names: dict[int, int] = names) -> int:
            while names[v] != v:
                v = names[v]
            return v

        sides = np.sort(np.stack([patch.faces, np.roll(patch.faces, -1, axis=1)], axis=-1).reshape(-1, 2), axis=1)
        edges, count = np.unique(sides, axis=0, return_counts=True)
        for a, b in edges[count == 1]:
            names[root(int(a))] = root(int(b))
        assert len({root(v) for v in names}) == loops


def test_vertices_lie_on_the_body_and_texture_positions_where_they_do(
    body: BodyModel, front: BodyFront, top: Patch
) -> None:
    assert np.diff(top.bound.indptr).max() <= 3
    np.testing.assert_allclose(top.bound @ body.v_template.astype(np.float64), top.position, atol=1e-9)
    texel = np.clip((top.uv * front.size).astype(int), 0, front.size - 1)
    there = front.position[texel[..., 1], texel[..., 0]]
    known = front.atlas.triangle[texel[..., 1], texel[..., 0]] >= 0
    off = np.linalg.norm(there - top.position[top.faces], axis=-1)[known]
    assert known.mean() > 0.8
    assert np.percentile(off, 99) < 0.008


def test_clipping_again_takes_nothing_more(top: Patch) -> None:
    again = clip(top, top.distance + 1e-9)
    assert len(again.faces) == len(top.faces)
    area = [np.linalg.norm(vertex_area(p), axis=1).sum() for p in (top, clip(top, top.distance - 0.05))]
    assert 0.3 * area[0] < area[1] < 0.95 * area[0]


def vertex_area(patch: Patch) -> NDArray[np.float64]:
    a, b, c = np.moveaxis(patch.position[patch.faces], 1, 0)
    return np.asarray(0.5 * np.cross(b - a, c - a))


def test_cloth_closes_at_neck_and_waist_and_hangs_off_elsewhere(front: BodyFront, top: Patch, bottom: Patch) -> None:
    for patch, is_bottom in ((top, False), (bottom, True)):
        off = offsets(front, patch, Slack(), is_bottom)
        assert off.min() >= 0.5 * LEAST
        assert off[patch.closed < 0.001].max() < LEAST + 0.001


def test_wider_ends_hang_further_off(front: BodyFront, bottom: Patch) -> None:
    narrow, wide = (offsets(front, bottom, Slack(end=e), is_bottom=True) for e in (0.012, 0.04))
    ends = bottom.open < 0.05
    assert np.median(wide[ends] - narrow[ends]) > 0.015
    above = bottom.position[:, 1] > crotch_height(front) + 0.1
    assert np.abs(wide - narrow)[above].max() < 0.002


def test_tops_lie_over_bottoms(body: BodyModel, front: BodyFront, top_reach: Reach, trousers: Shell) -> None:
    """Seen from their axis, at all heights at which both are worn."""
    shell = make_shell(body, front, top_reach, Slack(), is_bottom=False)
    over, under = (_unrolled(_outer(body, cloth)) for cloth in (shell, trousers))
    under = under[(under[:, 1] > HEM + 0.02) & (np.abs(under[:, 0]) < 3)]
    room = LinearNDInterpolator(over[:, :2] * [0.15, 1], over[:, 2])(under[:, :2] * [0.15, 1]) - under[:, 2]
    assert len(room) > 300
    assert np.nanmin(room) > -0.001
    assert np.nanmedian(room) > 0.003


def _unrolled(points: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return angle, height and distance (G, 3) from an upright axis."""
    x, y, z = points.T.astype(np.float64)
    return np.column_stack([np.arctan2(z - 0.02, x), y, np.hypot(x, z - 0.02)])


def _outer(body: BodyModel, shell: Shell) -> NDArray[np.float32]:
    """Return where the cloth lies on the body at rest, its inner strips left out."""
    cloth = pose_cloth(shell, body.v_template, vertex_normals(body.v_template, body.faces).astype(np.float32))
    return cloth[np.unique(shell.faces[~shell.is_inner])]


def test_tops_go_round_seat_and_belly_as_one_tube(body: BodyModel, front: BodyFront, top_reach: Reach) -> None:
    points = _outer(body, make_shell(body, front, top_reach, Slack(hem=0.02, waist=0.02), is_bottom=False))
    near = points[np.abs(points[:, 1] - (HEM + 0.01)) < 0.01][:, [0, 2]].astype(np.float64)
    hull = ConvexHull(near)
    inside = -(near @ hull.equations[:, :2].T + hull.equations[:, 2]).max(axis=1)
    assert len(near) > 80
    assert inside.max() < 0.01
    bare = body.v_template[np.abs(body.v_template[:, 1] - (HEM + 0.01)) < 0.01][:, [0, 2]].astype(np.float64)
    bare = bare[np.abs(bare[:, 0]) < 0.25]
    assert hull.area == pytest.approx(ConvexHull(bare).area + 2 * np.pi * 0.02, abs=0.03)  # area is a polygon's girth


@pytest.mark.parametrize("above", [0.060, 0.062, 0.065])
def test_a_wide_hem_just_above_the_crotch_is_level_in_front_of_it(
    body: BodyModel, front: BodyFront, above: float
) -> None:
    hem = crotch_height(front) + above
    borders = reach(front, Extent(hem=hem, sleeve=SLEEVE))
    points = _outer(body, make_shell(body, front, borders, Slack(hem=0.024, waist=0.035), is_bottom=False))
    assert points[np.abs(points[:, 0]) < 0.1, 1].min() > hem - 0.008


def test_wider_tops_fall_straight_and_narrow_ones_keep_to_the_waist(
    body: BodyModel, front: BodyFront, top_reach: Reach
) -> None:
    under_bust = []
    for waist in (0.010, 0.045):
        points = _outer(body, make_shell(body, front, top_reach, Slack(waist=waist, hem=waist), is_bottom=False))
        middle = (np.abs(points[:, 0]) < 0.03) & (points[:, 2] > 0)
        bust = points[middle & (np.abs(points[:, 1] - 1.23) < 0.03), 2].max()
        under_bust.append(bust - points[middle & (np.abs(points[:, 1] - 1.12) < 0.02), 2].min())
    assert under_bust[1] < under_bust[0] - 0.005
    assert under_bust[1] < 0.02


def test_cloth_over_hollows_is_held_by_both_sides(body: BodyModel, front: BodyFront, top_reach: Reach) -> None:
    shell = make_shell(body, front, top_reach, Slack(), is_bottom=False)
    assert (shell.weight >= -1e-6).all()
    np.testing.assert_allclose(shell.weight.sum(axis=1), 1, atol=1e-5)
    x = body.v_template[shell.corner, 0]
    spans = (shell.weight.min(axis=1) > 0.01) & (x.max(axis=1) > 0.02) & (x.min(axis=1) < -0.02)
    assert spans.sum() > 30
    assert np.abs(shell.offset).max() < 0.08


def test_legs_of_trousers_stay_on_their_sides(body: BodyModel, front: BodyFront, bottom_reach: Reach) -> None:
    shell = make_shell(body, front, bottom_reach, Slack(limb=0.03, end=0.045), is_bottom=True)
    cloth = pose_cloth(shell, body.v_template, vertex_normals(body.v_template, body.faces).astype(np.float32))
    for side, sign in (("left", 1), ("right", -1)):
        leg = [i for i, name in enumerate(body.part_names) if name in (f"{side}_upper_leg", f"{side}_lower_leg")]
        own = np.unique(shell.faces[np.isin(shell.part, leg)])
        below = own[cloth[own, 1] < crotch_height(front) - 0.03]
        assert (sign * cloth[below, 0]).min() > 0


def test_cloth_follows_a_moved_body(body: BodyModel, trousers: Shell) -> None:
    turn = np.array([[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]], np.float32)
    normals = vertex_normals(body.v_template, body.faces).astype(np.float32)
    still = pose_cloth(trousers, body.v_template, normals)
    moved = pose_cloth(trousers, body.v_template @ turn.T + np.float32([1, 2, 3]), normals @ turn.T)
    np.testing.assert_allclose(moved, still @ turn.T + np.float32([1, 2, 3]), atol=2e-6)


def test_the_inner_strip_is_the_border_bent_back_to_the_skin(body: BodyModel, trousers: Shell) -> None:
    normals = vertex_normals(body.v_template, body.faces).astype(np.float32)
    cloth = pose_cloth(trousers, body.v_template, normals).astype(np.float64)
    corners = cloth[trousers.faces]
    face_normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    skin = np.einsum("gc,gck->gk", trousers.weight, normals[trousers.corner])[trousers.faces].mean(axis=1)
    outward = (face_normal * skin).sum(axis=1)
    assert (outward[~trousers.is_inner] > 0).mean() > 0.99
    assert (outward[trousers.is_inner] < 0).mean() > 0.95
    strip = np.unique(trousers.faces[trousers.is_inner])
    outer = np.unique(trousers.faces[~trousers.is_inner])
    assert not np.isin(strip, outer).any()
    assert trousers.offset[strip].min() < 0 < trousers.offset[outer].min()
    assert trousers.offset[strip].max() > 0.01


def test_only_triangles_well_inside_are_hidden(
    body: BodyModel, front: BodyFront, bottom_reach: Reach, trousers: Shell
) -> None:
    hidden = np.isin(front.atlas.triangle, trousers.hides)
    assert bottom_reach.distance[hidden].min() > 0.018
    assert np.isin(trousers.hides, trousers.beneath).all()
    legs = [i for i, name in enumerate(body.part_names) if name.endswith("upper_leg")]
    thighs = np.flatnonzero(np.isin(body.part, legs))
    assert np.isin(thighs, trousers.hides).mean() > 0.95
    assert (trousers.part == body.part[trousers.beneath]).all()


def test_a_shell_is_kept_as_arrays(trousers: Shell) -> None:
    again = Shell.of(trousers.arrays())
    for name, values in trousers.arrays().items():
        assert getattr(again, name).dtype == values.dtype
        np.testing.assert_array_equal(getattr(again, name), values)


def test_a_garment_that_covers_nothing_is_refused(body: BodyModel, front: BodyFront, top_reach: Reach) -> None:
    nowhere = replace(top_reach, open=np.full_like(top_reach.open, -1))
    with pytest.raises(InputError, match="covers nothing of the body; expected some texels inside its borders"):
        make_shell(body, front, nowhere, Slack(), is_bottom=False)


def test_photos_say_how_wide_ends_are(dressed: dict[str, GarmentLayer]) -> None:
    for garment in dressed.values():
        assert garment.reach is not None
        assert garment.slack is not None
        assert 0.010 <= garment.slack.end <= 0.045
        assert 0.010 <= garment.slack.hem <= 0.04
        assert 0.010 <= garment.slack.waist <= 0.04
        alpha = garment.rgba[..., 3]
        assert (alpha[garment.reach.distance > 0.02] == 255).all()


def test_a_shells_texture_is_opaque() -> None:
    rgba = np.arange(16, dtype=np.uint8).reshape(2, 2, 4)
    out = opaque(rgba)
    assert (out[..., 3] == 255).all()
    np.testing.assert_array_equal(out[..., :3], rgba[..., :3])


@pytest.mark.parametrize("kind", KINDS)
def test_a_collars_leaf_lies_off_the_cloth_beneath_it(body: BodyModel, front: BodyFront, kind: str) -> None:
    cut, collar = reach(front, Extent(hem=HEM, sleeve=SLEEVE, collar=kind)), collar_on(front, kind)
    assert collar is not None
    plain = make_shell(body, front, cut, Slack(), is_bottom=False)
    with_leaf = make_shell(body, front, cut, Slack(), is_bottom=False, collar=collar)
    gained = int((~with_leaf.is_inner).sum() - (~plain.is_inner).sum())
    assert (gained > 40) == (kind != "stand")
    if kind == "stand":
        return
    leaf = _leaf_of(with_leaf)
    skin = (with_leaf.weight[leaf, :, None] * body.v_template[with_leaf.corner[leaf]]).sum(axis=1)
    assert collar.leaf(skin.astype(np.float64)).min() > -0.004
    assert (with_leaf.offset[leaf] > 0).all()
    assert with_leaf.offset[leaf].max() > with_leaf.offset[: len(with_leaf.offset) - len(leaf)].min()


def _leaf_of(shell: Shell) -> NDArray[np.int64]:
    """Return the vertices of outer faces that lie over body triangles which others cover too."""
    outer = np.flatnonzero(~shell.is_inner)
    parts = _components(shell.faces[outer])
    largest = np.bincount(parts).argmax()
    return np.unique(shell.faces[outer][parts != largest])


def _components(faces: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return which connected part each triangle (H, 3) is of."""
    n = int(faces.max()) + 1
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]]])
    graph = sparse.coo_array((np.ones(len(edges), np.int8), (edges[:, 0], edges[:, 1])), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1][faces[:, 0]], np.int64)
