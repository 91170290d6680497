"""What the default renderer promises beyond the contract: exact edges, near cutting, shadows, mip levels, equal bytes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manikin.tasks.images.camera import Camera
from manikin.tasks.images.colour import to_srgb
from manikin.tasks.images.rasterize import NumbaRenderer
from manikin.tasks.images.renderer import Frame, Lights, Mesh
from manikin.tasks.images.texture import Texture

WHITE = (255, 255, 255, 255)
GOLDEN = Path(__file__).parent / "golden" / "sphere_and_wall.png"
FAILURES = Path(__file__).parents[2] / "failures"


def draw(solid: Any, camera: Camera, lights: Lights, *layers: Texture) -> Frame:
    return NumbaRenderer().render(solid.mesh, solid.vertices, solid.normals, layers, camera, lights)


@given(seed=st.integers(0, 10_000), n=st.integers(1, 12))
def test_triangles_that_share_edges_leave_no_crack(scenes: Any, seed: int, n: int) -> None:
    """A wall of shaken triangles covers every sample, however small they are."""
    rng = np.random.default_rng(seed)
    grid = np.stack(np.meshgrid(np.linspace(-1, 1, n + 1), np.linspace(-1, 1, n + 1)), -1)
    inner = np.zeros_like(grid)
    inner[1:-1, 1:-1] = rng.uniform(-0.3, 0.3, inner[1:-1, 1:-1].shape) * 2 / n
    points = np.concatenate([grid + inner, np.full((n + 1, n + 1, 1), 1.5)], -1).reshape(-1, 3).astype(np.float32)
    i = np.arange(n)[:, None] * (n + 1) + np.arange(n)
    a, b, c, d = i, i + 1, i + n + 2, i + n + 1
    faces = np.concatenate([np.stack(t, -1).reshape(-1, 3) for t in ((a, d, c), (a, c, b))]).astype(np.int32)
    mesh = Mesh(faces, np.zeros((len(faces), 3, 2), np.float32), np.ones(len(faces), np.uint8))
    normals = np.tile(np.float32([0, 0, -1]), (len(points), 1))
    K = np.array([[70.0, 0, 33.3], [0, 65, 20.1], [0, 0, 1]])
    camera = Camera(K, np.eye(4), 64, 48)
    frame = NumbaRenderer().render(mesh, points, normals, [scenes.colour(*WHITE)], camera, scenes.ambient())
    assert (frame.mask == 255).all()
    np.testing.assert_allclose(frame.depth, 1.5, rtol=1e-6)


@given(left=st.floats(-0.45, 0.4), width=st.floats(0.01, 0.5), top=st.floats(-0.45, 0.4), height=st.floats(0.01, 0.5))
def test_coverage_is_right_on_average(scenes: Any, left: float, width: float, top: float, height: float) -> None:
    """A rectangle's coverage sums to its area, to a quarter of a pixel along its rim."""
    right, bottom = min(left + width, 0.5), min(top + height, 0.5)
    quad = scenes.quad(np.array([[left, top, 1], [right, top, 1], [right, bottom, 1], [left, bottom, 1]]))
    frame = draw(quad, scenes.camera(), scenes.ambient(), scenes.colour(*WHITE))
    area, rim = (right - left) * (bottom - top) * 64**2, (right - left + bottom - top) * 2 * 64
    assert abs(frame.mask.sum() / 255 - area) <= 0.125 * rim + 1


def test_an_upright_edge_has_five_shades(scenes: Any) -> None:
    shades = set()
    for shift in np.linspace(0, 1 / 64, 9):
        quad = scenes.quad(np.array([[-2, -2, 1], [shift, -2, 1], [shift, 2, 1], [-2, 2, 1]]))
        frame = draw(quad, scenes.camera(), scenes.ambient(), scenes.colour(*WHITE))
        shades |= set(frame.mask[32].tolist())
    assert shades == {0, 64, 128, 191, 255}


def test_a_floor_that_runs_under_the_camera_is_cut_at_the_near_plane(scenes: Any) -> None:
    floor = scenes.quad(np.array([[-50, 1, 40.0], [50, 1, 40], [50, 1, -50], [-50, 1, -50]]))
    frame = draw(floor, scenes.camera(64, 64, 40.0), scenes.ambient(), scenes.colour(*WHITE))
    rows = np.arange(64) + 0.5 - 32
    assert not frame.mask[:32].any()
    assert (frame.mask[34:] == 255).all()
    np.testing.assert_allclose(frame.depth[34:], np.broadcast_to(40 / rows[34:, None], (30, 64)), rtol=1e-4)


def test_a_mesh_across_the_camera_looks_as_if_finely_divided(scenes: Any) -> None:
    """Cutting changes only what is nearer than the near plane."""
    quad = np.array([[-1.0, 0.3, 3.0], [0.2, -0.5, 3.0], [0.9, 0.2, -0.4], [-0.2, 0.9, -0.4]])
    n = 16
    s, t = np.meshgrid(np.linspace(0, 1, n + 1), np.linspace(0, 1, n + 1))
    top, bottom = quad[0] + s[..., None] * (quad[1] - quad[0]), quad[3] + s[..., None] * (quad[2] - quad[3])
    p = top + t[..., None] * (bottom - top)
    tiles = [
        scenes.quad(np.array([p[j, i], p[j, i + 1], p[j + 1, i + 1], p[j + 1, i]])) for j in range(n) for i in range(n)
    ]
    args = scenes.camera(), scenes.ambient(), scenes.colour(*WHITE)
    whole, divided = draw(scenes.quad(quad), *args), draw(scenes.together(*tiles), *args)
    assert whole.mask.any()
    assert np.abs(whole.mask.astype(int) - divided.mask).mean() < 2


def shadow_scene(scenes: Any) -> tuple[Any, Lights]:
    wall = scenes.screen(4.0, 3.0)
    panel = scenes.screen(3.0, 0.3)
    direction = np.array([0.6, 0.0, -0.8])  # from the right, behind the camera
    return scenes.together(wall, panel), Lights(direction[None], np.full((1, 3), 0.8), np.full(3, 0.1), hemisphere=0)


def test_a_shadow_falls_where_the_light_says(scenes: Any) -> None:
    solid, lights = shadow_scene(scenes)
    camera = scenes.camera(128, 128, 100.0)
    frame = draw(solid, camera, lights, scenes.colour(*WHITE))
    # the panel's centre at z = 3 is carried 1 m back and 0.75 m to the left
    (centre, outside), _ = camera.project(np.array([[-0.75, 0, 4.0], [0.75, 0, 4.0]]))
    dark, bright = (int(frame.rgba[int(y), int(x), 0]) for x, y in (centre, outside))
    assert dark == pytest.approx(int(to_srgb(np.float32(0.1))), abs=3)
    assert bright > 180
    without = draw(
        solid, camera, Lights(lights.directions, lights.colours, lights.ambient, 0, shadow=False), scenes.colour(*WHITE)
    )
    assert int(without.rgba[int(centre[1]), int(centre[0]), 0]) == pytest.approx(bright, abs=8)  # gloss


def test_a_lit_surface_does_not_shadow_itself(scenes: Any) -> None:
    lights = Lights(np.array([[0.0, -0.6, -0.8]]), np.full((1, 3), 0.7), np.full(3, 0.1), hemisphere=0)
    args = scenes.sphere(1.0, 160).moved(0, 0, 4), scenes.camera(128, 128, 220.0)
    shadowed = draw(*args, lights, scenes.colour(*WHITE))
    plain = draw(
        *args, Lights(lights.directions, lights.colours, lights.ambient, 0, shadow=False), scenes.colour(*WHITE)
    )
    difference = plain.rgba[..., 0].astype(int) - shadowed.rgba[..., 0]
    assert (plain.rgba[..., 0] > 195).sum() > 2000
    assert not difference[plain.rgba[..., 0] > 195].any()
    # where the light grazes the surface, the map's coarseness may show a little
    assert difference.max() <= 6


def test_hemisphere_takes_light_from_below(scenes: Any) -> None:
    """The camera's y points down, as the world's does here: what faces +y faces up."""
    lights = Lights(np.zeros((0, 3)), np.zeros((0, 3)), np.full(3, 0.8), hemisphere=0.5, shadow=False)
    frame = draw(scenes.sphere().moved(0, 0, 4), scenes.camera(128, 128, 220.0), lights, scenes.colour(*WHITE))
    up = frame.normal[..., 1].astype(float) / 127
    expected = to_srgb((0.8 * (1 - 0.5 * (0.5 - 0.5 * up))).astype(np.float32)).astype(int)
    inside = frame.mask == 255
    assert np.abs(frame.rgba[..., 0].astype(int) - expected)[inside].max() <= 1


def test_a_far_texture_is_its_mean_in_linear_light(scenes: Any) -> None:
    checks = np.full((256, 256, 4), 255, np.uint8)
    checks[(np.indices((256, 256)).sum(0) % 2) == 1, :3] = 0
    frame = draw(scenes.screen(2.0, 0.2), scenes.camera(), scenes.ambient(), Texture.from_rgba(checks))
    inside = frame.rgba[frame.mask == 255][:, :3].astype(int)
    assert np.abs(inside - int(to_srgb(np.float32(0.5)))).max() <= 2


def test_a_near_texture_keeps_its_texels(scenes: Any) -> None:
    rng = np.random.default_rng(1)
    texels = np.full((8, 8, 4), 255, np.uint8)
    texels[..., :3] = rng.integers(0, 256, (8, 8, 3))
    frame = draw(scenes.screen(1.0, 0.5), scenes.camera(72, 72, 72.0), scenes.ambient(), Texture.from_rgba(texels))
    np.testing.assert_array_equal(frame.rgba[4::9, 4::9, :3], texels[..., :3])


def test_same_bytes_from_a_used_and_a_new_renderer(scenes: Any) -> None:
    solid, lights = shadow_scene(scenes)
    args = solid.mesh, solid.vertices, solid.normals, [scenes.colour(200, 120, 90, 255)]
    used = NumbaRenderer()
    for width, height in ((200, 30), (64, 64)):
        used.render(*args, scenes.camera(width, height), lights)
    a, b = (r.render(*args, scenes.camera(90, 70), lights) for r in (used, NumbaRenderer()))
    for name in ("rgba", "depth", "normal", "part"):
        assert getattr(a, name).tobytes() == getattr(b, name).tobytes()


def test_more_places_than_the_table_first_holds(scenes: Any) -> None:
    small, large = (
        draw(scenes.screen(1.0, 0.6), scenes.camera(s, s, float(s)), scenes.ambient(), scenes.colour(*WHITE))
        for s in (64, 512)
    )
    assert (small.mask == 255).all()
    assert (large.mask == 255).all()


def golden_frame(scenes: Any) -> Frame:
    tiles = np.full((64, 64, 4), 255, np.uint8)
    tiles[..., :3] = np.where(((np.indices((64, 64)) // 8).sum(0) % 2)[..., None], (205, 92, 70), (236, 214, 170))
    solid = scenes.together(scenes.screen(5.0, 1.3), scenes.sphere(0.7, 48).moved(0.1, 0.1, 3.6))
    directions = np.array([[0.5, -0.6, -0.62], [-0.8, 0.1, -0.59]])
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    lights = Lights(directions, np.array([[0.75, 0.72, 0.68], [0.15, 0.17, 0.2]]), np.array([0.2, 0.22, 0.25]))
    return draw(solid, scenes.camera(72, 64, 110.0), lights, Texture.from_rgba(tiles))


def test_picture_is_the_golden_one(scenes: Any) -> None:
    """To one level of 255 a channel, which leaves room for rounding alone. Where a change is meant, draw it anew with
    `cv2.imwrite(str(GOLDEN), cv2.cvtColor(golden_frame(Scenes()).rgba, cv2.COLOR_RGBA2BGRA))`, and look at it."""
    rgba = golden_frame(scenes).rgba
    golden = cv2.cvtColor(cv2.imread(str(GOLDEN), cv2.IMREAD_UNCHANGED), cv2.COLOR_BGRA2RGBA)
    difference = np.abs(rgba.astype(int) - golden)
    if difference.max() > 1:
        FAILURES.mkdir(exist_ok=True)
        for name, picture in {"picture": rgba, "golden": golden, "difference": difference.clip(0, 255)}.items():
            bgra = cv2.cvtColor(picture.astype(np.uint8), cv2.COLOR_RGBA2BGRA)
            cv2.imwrite(str(FAILURES / f"{GOLDEN.stem}_{name}.png"), bgra)
        pytest.fail(f"differs by up to {difference.max()} levels; see {FAILURES}")


def test_the_edge_of_cloth_close_to_the_body_is_smooth(scenes: Any) -> None:
    """An oblique hem 5 mm before the body: its pixels have shades between those of body and cloth."""
    body = scenes.screen(2.0, 0.6)
    hem = scenes.quad(np.array([[-0.6, -0.6, 1.995], [0.6, -0.6, 1.995], [0.6, 0.1, 1.995], [-0.6, -0.1, 1.995]]))
    both = scenes.together(body, hem)
    layers = scenes.colour(255, 255, 255, 255), scenes.colour(0, 0, 0, 255)
    ranges = np.repeat(np.uint8([[0, 1], [1, 2]]), 2, axis=0)
    dressed = replace(both.mesh, layer=ranges)
    frame = NumbaRenderer().render(
        dressed, both.vertices, both.normals, layers, scenes.camera(96, 96, 96.0), scenes.ambient()
    )
    shades = frame.rgba[24:72, 20:76, 0]
    between = (shades > 20) & (shades < 235)
    assert 0.5 * shades.shape[1] < between.sum() < 2.5 * shades.shape[1]
    assert len(np.unique(shades[between])) == 3
