import numpy as np
import pytest
from numpy.typing import NDArray

from manikin.tasks.clothing.pattern.atlas import AtlasTriangles, atlas_positions, atlas_triangles, vertex_normals

SIZE = 256


@pytest.fixture(scope="module")
def corners(body):
    return body.uv[body.faces_uv]


@pytest.fixture(scope="module")
def atlas(corners) -> AtlasTriangles:
    return atlas_triangles(corners, SIZE)


def centres(size: int = SIZE) -> NDArray[np.float64]:
    """(S, S, 2) of each texel's centre in the atlas."""
    return np.stack(np.meshgrid(np.arange(size), np.arange(size)), axis=-1) + 0.5


def barycentric(points: NDArray[np.float64], triangles: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 3) weights of (n, 2) points in (n, 3, 2) triangles, by solving for them."""
    system = np.concatenate([np.swapaxes(triangles, 1, 2), np.ones((len(triangles), 1, 3))], axis=1)
    right = np.concatenate([points, np.ones((len(points), 1))], axis=1)
    return np.linalg.solve(system, right[..., None])[..., 0]


def test_texels_go_to_the_surface_and_back(body, corners, atlas) -> None:
    """From a texel to its point on the body, and from that point's place in its triangle back to the texel."""
    position = atlas_positions(body, SIZE)[0]
    owned = atlas.triangle >= 0
    triangles = body.v_template.astype(np.float64)[body.faces][atlas.triangle[owned]]
    edges = triangles[:, 1:] - triangles[:, :1]
    offset = position[owned] - triangles[:, 0]
    # Least squares in the triangle's plane: what is left over is the distance from that plane
    weights = np.einsum("nij,nj->ni", np.linalg.pinv(np.swapaxes(edges, 1, 2)), offset)
    rest = offset - np.einsum("ni,nij->nj", weights, edges)
    assert np.linalg.norm(rest, axis=1).max() < 1e-6
    assert weights.min() > -1e-3
    assert weights.sum(axis=1).max() < 1 + 1e-3
    uv = corners.astype(np.float64)[atlas.triangle[owned]]
    back = uv[:, 0] + np.einsum("ni,nij->nj", weights, uv[:, 1:] - uv[:, :1])
    # Triangles of the lips and lids are thinner than a micrometre: single precision shows there
    assert np.quantile(np.abs(back * SIZE - centres()[owned]).max(axis=1), 0.999) < 0.01


def test_a_texel_belongs_to_a_triangle_that_holds_its_centre(corners, atlas) -> None:
    owned = atlas.triangle >= 0
    weights = barycentric(centres()[owned], corners.astype(np.float64)[atlas.triangle[owned]] * SIZE)
    assert weights.min() > -1e-6
    np.testing.assert_allclose(atlas.weights[owned], weights, atol=1e-5)
    assert not atlas.weights[~owned].any()


def test_no_triangle_holds_the_centre_of_a_texel_without_one(corners, atlas) -> None:
    free = np.argwhere(atlas.triangle < 0)
    chosen = free[np.random.default_rng(0).choice(len(free), 150, replace=False)]
    uv = corners.astype(np.float64) * SIZE
    for y, x in chosen:
        near = (uv.min(axis=1) <= [x + 0.5, y + 0.5]).all(axis=1) & (uv.max(axis=1) >= [x + 0.5, y + 0.5]).all(axis=1)
        triangles = uv[near]
        flat = np.abs(np.linalg.det(triangles[:, 1:] - triangles[:, :1])) < 1e-9
        weights = barycentric(np.tile([x + 0.5, y + 0.5], (int((~flat).sum()), 1)), triangles[~flat])
        assert (weights.min(axis=1, initial=1) < 1e-9).all()


def test_what_is_linear_in_the_atlas_is_interpolated_exactly(corners, atlas) -> None:
    owned = atlas.triangle >= 0
    texels = atlas.interpolate(corners * SIZE)
    np.testing.assert_allclose(texels[owned], centres()[owned], atol=1e-3)
    np.testing.assert_allclose(atlas.interpolate(corners[..., 1] * SIZE), texels[..., 1], atol=1e-4)
    assert not texels[~owned].any()


def test_islands_grow_by_their_nearest_texels(atlas) -> None:
    """The nearest owner is as near as a search over all owners finds, within what OpenCV's 5 x 5 mask rounds."""
    from scipy.spatial import cKDTree

    owned = atlas.triangle >= 0
    np.testing.assert_array_equal(atlas.nearest[owned], np.flatnonzero(owned))
    assert owned.ravel()[atlas.nearest].all()
    free = np.argwhere(~owned)
    to_owner = np.linalg.norm(free - np.stack(np.divmod(atlas.nearest[~owned], SIZE), axis=1), axis=1)
    best, _ = cKDTree(np.argwhere(owned)).query(free)
    assert (to_owner <= 1.05 * best + 1e-9).all()


def test_bleeding_changes_nothing_inside_and_invents_nothing(atlas) -> None:
    owned = atlas.triangle >= 0
    texels = np.zeros((SIZE, SIZE, 3), np.uint8)
    texels[owned] = np.random.default_rng(0).integers(1, 256, (int(owned.sum()), 3))
    bled = atlas.bleed(texels)
    np.testing.assert_array_equal(bled[owned], texels[owned])
    assert (bled > 0).all()


def test_the_parts_of_the_texels_are_those_of_their_triangles(body, atlas) -> None:
    _, normal, part, mask = atlas_positions(body, SIZE)
    np.testing.assert_array_equal(mask, atlas.triangle >= 0)
    np.testing.assert_array_equal(part[mask], body.part[atlas.triangle[mask]])
    assert not part[~mask].any()
    np.testing.assert_allclose(np.linalg.norm(normal[mask], axis=-1), 1, atol=1e-5)
    head = body.part_names.index("head")
    np.testing.assert_array_equal(atlas.triangle_in(body.part == head), (part == head) & mask)


def test_normals_point_out_of_the_body(body) -> None:
    """A hair's breadth along its normal, a sphere's vertex is farther out; the body's volume grows too."""
    normals = vertex_normals(body.v_template, body.faces)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-9)

    def volume(vertices: NDArray[np.floating]) -> float:
        a, b, c = np.swapaxes(vertices.astype(np.float64)[body.faces], 0, 1)
        return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6)

    assert volume(body.v_template + 1e-3 * normals) > volume(body.v_template) + 1e-3


def test_one_triangle_covers_the_texels_it_should() -> None:
    """Half of a 4 x 4 atlas: centres on the slanted edge count, as they lie on the triangle."""
    atlas = atlas_triangles(np.float32([[[0, 0], [1, 0], [0, 1]]]), 4)
    assert (atlas.triangle >= 0).tolist() == [[x + y <= 3 for x in range(4)] for y in range(4)]
    np.testing.assert_allclose(atlas.weights[0, 0], [0.75, 0.125, 0.125])
