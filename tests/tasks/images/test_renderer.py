"""One contract for every renderer, and what the reference says of the default."""

import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from manikin.tasks.errors import InputError
from manikin.tasks.images.camera import Camera
from manikin.tasks.images.colour import to_srgb
from manikin.tasks.images.renderer import Frame, Lights, Mesh, Renderer, renderer
from manikin.tasks.images.texture import Texture

WHITE = (255, 255, 255, 255)


@pytest.fixture(scope="module", params=["numba", pytest.param("pyrender", marks=pytest.mark.gl)])
def backend(request: pytest.FixtureRequest) -> Renderer:
    try:
        return renderer(request.param)
    except InputError as error:
        if request.param == "numba":
            raise
        pytest.skip(str(error))


def draw(backend: Renderer, solid: Any, camera: Camera, lights: Lights, *layers: Texture) -> Frame:
    return backend.render(solid.mesh, solid.vertices, solid.normals, layers, camera, lights)


class TestContract:
    def test_shapes_types_and_zeros_where_nothing_is(self, backend: Renderer, scenes: Any) -> None:
        camera = scenes.camera(48, 32)
        frame = draw(backend, scenes.screen(2.0, 0.2), camera, scenes.ambient(), scenes.colour(*WHITE))
        assert [a.dtype.name for a in (frame.rgba, frame.depth, frame.normal, frame.part)] == [
            "uint8",
            "float32",
            "int8",
            "uint8",
        ]
        assert frame.rgba.shape == (32, 48, 4)
        assert frame.normal.shape == (32, 48, 3)
        assert frame.depth.shape == frame.part.shape == frame.mask.shape == (32, 48)
        nothing = frame.mask == 0
        assert nothing.any()
        for array in (frame.rgba, frame.depth, frame.normal, frame.part):
            assert not array[nothing].any()
        assert (frame.depth[frame.mask == 255] > 0).all()
        assert (frame.part[frame.mask == 255] > 0).all()

    def test_silhouette_of_a_sphere(self, backend: Renderer, scenes: Any) -> None:
        camera, distance = scenes.camera(128, 128, 200.0), 4.0
        frame = draw(backend, scenes.sphere(1.0).moved(0, 0, distance), camera, scenes.ambient(), scenes.colour(*WHITE))
        radius = 200.0 / np.sqrt(distance**2 - 1)
        y, x = np.mgrid[:128, :128] + 0.5 - 64
        r = np.hypot(x, y)
        assert (frame.mask[r < radius - 1.1] == 255).all()
        assert (frame.mask[r > radius + 1.1] == 0).all()
        assert frame.mask.sum() / 255 == pytest.approx(np.pi * radius**2, rel=0.004)

    def test_depth_of_a_tilted_plane(self, backend: Renderer, scenes: Any) -> None:
        camera = scenes.camera(64, 48)
        solid = scenes.quad(np.array([[-3, -3, 2.0], [3, -3, 5], [3, 3, 5], [-3, 3, 2]]))
        frame = draw(backend, solid, camera, scenes.ambient(), scenes.colour(*WHITE))
        x = (np.arange(64) + 0.5 - 32) / 64  # z = 3.5 + 0.5 X, X = x z
        expected = np.broadcast_to(3.5 / (1 - 0.5 * x), (48, 64))
        assert (frame.mask == 255).all()
        np.testing.assert_allclose(frame.depth, expected, rtol=1e-3)
        assert np.median(np.abs(frame.depth - expected)) < 2e-4

    def test_a_projected_point_falls_on_the_pixel_drawn_for_it(self, backend: Renderer, scenes: Any) -> None:
        rng = np.random.default_rng(5)
        turn = np.array([[0.8, 0.6, 0], [-0.6, 0.8, 0], [0, 0, 1.0]])
        T = np.eye(4)
        T[:3, :3], T[:3, 3] = turn, (0.1, -0.2, 0.3)
        camera = Camera(np.array([[150.0, 0, 70], [0, 140, 41], [0, 0, 1]]), T, 128, 96)
        places = [(column, row) for column in np.linspace(-0.4, 0.35, 7) for row in np.linspace(-0.25, 0.3, 5)]
        centres = np.array([(x * 2.5, y * 2.5, 2.5 + z) for (x, y), z in zip(places, rng.random(35), strict=True)])
        centres = (centres - T[:3, 3]) @ T[:3, :3]
        tiles = [
            scenes.quad(c + 0.04 * np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]) @ T[:3, :3], part=k + 1)
            for k, c in enumerate(centres)
        ]
        frame = draw(backend, scenes.together(*tiles), camera, scenes.ambient(), scenes.colour(*WHITE))
        xy, z = camera.project(centres)
        seen = 0
        for k, (x, y) in enumerate(xy):
            if 0 <= x < 128 and 0 <= y < 96:
                seen += 1
                assert frame.part[int(y), int(x)] == k + 1
                assert frame.depth[int(y), int(x)] == pytest.approx(z[k], abs=1e-3)
                rows, columns = np.nonzero(frame.part == k + 1)
                if 2 < x < 126 and 2 < y < 94:
                    assert columns.mean() + 0.5 == pytest.approx(x, abs=0.5)
                    assert rows.mean() + 0.5 == pytest.approx(y, abs=0.5)
        assert seen > 20

    def test_texture_lies_as_its_coordinates_say(self, backend: Renderer, scenes: Any) -> None:
        quarters = np.zeros((64, 64, 4), np.uint8)
        quarters[..., 3] = 255
        quarters[:32, :32, 0] = quarters[:32, 32:, 1] = quarters[32:, :32, 2] = 255
        quarters[32:, 32:] = 255
        frame = draw(backend, scenes.screen(2.0, 1.0), scenes.camera(), scenes.ambient(), Texture.from_rgba(quarters))
        for (y, x), colour in {
            (10, 10): (255, 0, 0), (10, 54): (0, 255, 0), (54, 10): (0, 0, 255), (54, 54): (255, 255, 255),
        }.items():  # fmt: skip
            np.testing.assert_allclose(frame.rgba[y, x, :3], colour, atol=2)

    def test_world_axes_are_not_mirrored(self, backend: Renderer, scenes: Any) -> None:
        """A camera in front of the person sees the person's left, +x, on the right, and +y up."""
        T = np.diag([1.0, -1, -1, 1])
        T[:3, 3] = (0, 0, 4)
        camera = Camera(scenes.camera().K, T, 64, 64)
        solid = scenes.together(
            scenes.sphere(0.2, 24), scenes.sphere(0.2, 24).moved(1, 0, 0), scenes.sphere(0.2, 24).moved(0, 1, 0)
        )
        part = np.repeat([1, 2, 3], len(solid.mesh.faces) // 3).astype(np.uint8)
        solid = type(solid)(Mesh(solid.mesh.faces, solid.mesh.uv, part), solid.vertices, solid.normals)
        frame = draw(backend, solid, camera, scenes.ambient(), scenes.colour(*WHITE))
        assert frame.part[32, 32] == 1
        assert frame.part[32, 48] == 2
        assert frame.part[16, 32] == 3

    def test_ambient_light_on_white_is_exact(self, backend: Renderer, scenes: Any) -> None:
        lights = Lights(np.zeros((0, 3)), np.zeros((0, 3)), np.array([0.4, 0.2, 0.05]), hemisphere=0.0, shadow=False)
        frame = draw(backend, scenes.sphere().moved(0, 0, 4), scenes.camera(), lights, scenes.colour(*WHITE))
        expected = to_srgb(np.float32([0.4, 0.2, 0.05])).astype(int)
        # pyrender's shader encodes with the power 1 / 2.2
        tolerance = 0 if "Numba" in type(backend).__name__ else 6
        assert np.abs(frame.rgba[frame.mask == 255][:, :3] - expected).max() <= tolerance

    def test_alpha_is_straight(self, backend: Renderer, scenes: Any) -> None:
        frame = draw(backend, scenes.sphere().moved(0, 0, 4), scenes.camera(), scenes.ambient(), scenes.colour(*WHITE))
        partly = (frame.mask > 0) & (frame.mask < 255)
        assert partly.sum() > 20
        assert (frame.rgba[partly][:, :3] >= 254).all()

    def test_normals_are_in_the_cameras_frame(self, backend: Renderer, scenes: Any) -> None:
        frame = draw(backend, scenes.sphere().moved(0, 0, 4), scenes.camera(), scenes.ambient(), scenes.colour(*WHITE))
        n = frame.normal.astype(float) / 127
        assert np.linalg.norm(n[frame.mask == 255], axis=1) == pytest.approx(1, abs=0.02)
        np.testing.assert_allclose(n[32, 32], (0, 0, -1), atol=0.1)
        assert n[32, 44, 0] > 0.5
        assert n[44, 32, 1] > 0.5

    def test_light_comes_from_where_it_is(self, backend: Renderer, scenes: Any) -> None:
        right = Lights(np.array([[1.0, 0, 0]]), np.ones((1, 3)), np.zeros(3), shadow=False)
        frame = draw(backend, scenes.sphere().moved(0, 0, 4), scenes.camera(), right, scenes.colour(200, 200, 200, 255))
        assert frame.rgba[32, 44, 0] > 120
        assert frame.rgba[32, 20, 0] < 40

    def test_layers_lie_over_one_another(self, backend: Renderer, scenes: Any) -> None:
        garment = np.zeros((64, 64, 4), np.uint8)
        garment[:, 32:] = (0, 0, 255, 255)
        garment[:, :16] = (0, 255, 0, 128)
        args = backend, scenes.screen(2.0, 1.0), scenes.camera(), scenes.ambient()
        frame = draw(*args, scenes.colour(255, 0, 0, 255), Texture.from_rgba(garment))
        np.testing.assert_allclose(frame.rgba[32, 54, :3], (0, 0, 255), atol=2)
        np.testing.assert_allclose(frame.rgba[32, 24, :3], (255, 0, 0), atol=2)
        half = int(to_srgb(np.float32(128 / 255)))
        np.testing.assert_allclose(frame.rgba[32, 6, :3], (half, half, 0), atol=4)

    def test_a_triangle_shows_the_layers_of_its_range_alone(self, backend: Renderer, scenes: Any) -> None:
        solid = scenes.together(*(scenes.screen(2.0, 0.25).moved(x, 0, 0) for x in (-0.6, 0, 0.6)))
        ranges = np.repeat(np.uint8([[0, 1], [0, 3], [1, 2]]), 2, axis=0)
        dressed = replace(solid, mesh=replace(solid.mesh, layer=ranges))
        half = scenes.colour(0, 0, 0, 128)
        layers = scenes.colour(255, 0, 0, 255), scenes.colour(0, 0, 255, 255), half
        frame = draw(backend, dressed, scenes.camera(), scenes.ambient(), *layers)
        dark = int(to_srgb(np.float32(127 / 255)))
        for x, colour in ((13, (255, 0, 0)), (32, (0, 0, dark)), (51, (0, 0, 255))):
            np.testing.assert_allclose(frame.rgba[32, x, :3], colour, atol=4)

    def test_layer_ranges_that_do_not_fit(self, backend: Renderer, scenes: Any) -> None:
        solid, white = scenes.screen(2.0), scenes.colour(*WHITE)
        for ranges, message in (
            (np.uint8([[0, 1]]), r"layer ranges uint8 \(1, 2\) of 2 triangles; expected uint8 \(2, 2\)"),
            (np.uint8([[0, 1], [0, 2]]), r"triangle 1 shows the layers 0\.\.2 .* but 1 were given"),
            (np.uint8([[1, 1], [0, 1]]), r"triangle 0 shows the layers 1\.\.1 "),
        ):
            wrong = replace(solid, mesh=replace(solid.mesh, layer=ranges))
            with pytest.raises(InputError, match=message):
                draw(backend, wrong, scenes.camera(), scenes.ambient(), white)

    def test_back_faces_are_not_drawn(self, backend: Renderer, scenes: Any) -> None:
        away = scenes.quad(np.array([[0.5, -0.5, 2], [-0.5, -0.5, 2], [-0.5, 0.5, 2], [0.5, 0.5, 2]]))
        assert not draw(backend, away, scenes.camera(), scenes.ambient(), scenes.colour(*WHITE)).mask.any()

    @pytest.mark.parametrize("position", [(0, 0, -4), (50, 0, 4), (0, 0.9, 2), (0, 0, 0.6)])
    def test_person_partly_or_wholly_outside(
        self, backend: Renderer, scenes: Any, position: tuple[float, float, float]
    ) -> None:
        args = scenes.camera(40, 60), scenes.ambient(), scenes.colour(*WHITE)
        frame = draw(backend, scenes.sphere(0.5).moved(*position), *args)
        assert frame.mask.any() == (position in [(0, 0.9, 2), (0, 0, 0.6)])

    def test_frames_do_not_share_memory(self, backend: Renderer, scenes: Any) -> None:
        args = scenes.camera(), scenes.ambient(), scenes.colour(*WHITE)
        first = draw(backend, scenes.screen(2.0), *args)
        copy = first.rgba.copy()
        draw(backend, scenes.screen(3.0, 0.1), *args)
        np.testing.assert_array_equal(first.rgba, copy)

    def test_arguments_that_do_not_fit(self, backend: Renderer, scenes: Any) -> None:
        s, camera, lights, white = scenes.screen(2.0), scenes.camera(), scenes.ambient(), scenes.colour(*WHITE)
        with pytest.raises(InputError, match="no texture layer"):
            backend.render(s.mesh, s.vertices, s.normals, [], camera, lights)
        with pytest.raises(InputError, match=r"normals \(3, 3\)"):
            backend.render(s.mesh, s.vertices, s.normals[:3], [white], camera, lights)
        with pytest.raises(InputError, match=r"name vertices 0\.\.3, but there are 3"):
            backend.render(s.mesh, s.vertices[:3], s.normals[:3], [white], camera, lights)
        with pytest.raises(InputError, match=r"part \(1,\)"):
            backend.render(
                Mesh(s.mesh.faces, s.mesh.uv, s.mesh.part[:1]), s.vertices, s.normals, [white], camera, lights
            )


@pytest.mark.gl
def test_default_agrees_with_the_reference(scenes: Any) -> None:
    try:
        reference = renderer("pyrender")
    except InputError as error:
        pytest.skip(str(error))
    solid = scenes.together(
        scenes.sphere(0.9, 64).moved(0, 0, 4),
        *(scenes.sphere(0.3, 32).moved(x, y, 3.6) for x, y in ((-0.8, 0), (0.5, 0.8))),
    )
    camera = scenes.camera(256, 192, 280.0)
    ours, theirs = (
        draw(r, solid, camera, scenes.ambient(0.7), scenes.colour(180, 140, 120, 255))
        for r in (renderer("numba"), reference)
    )
    a, b = ours.mask > 127, theirs.mask > 127
    assert (a & b).sum() / (a | b).sum() > 0.995
    whole = (ours.mask == 255) & (theirs.mask == 255)
    assert np.median(np.abs(ours.depth - theirs.depth)[whole]) < 1e-3
    assert (ours.part == theirs.part)[whole].mean() > 0.995
    assert np.percentile(np.abs(ours.normal.astype(int) - theirs.normal)[whole], 95) <= 4
    assert np.abs(ours.rgba.astype(int) - theirs.rgba)[whole].max() <= 4


def test_an_unknown_renderer_is_refused() -> None:
    with pytest.raises(InputError, match="no renderer 'vulkan'; choose one of: numba, pyrender"):
        renderer("vulkan")


def test_a_missing_renderer_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyrender", None)
    with pytest.raises(InputError, match=r"pip install 'manikin\[gl\]'"):
        renderer("pyrender")


@pytest.mark.gl
def test_skew_is_refused_by_the_reference(scenes: Any) -> None:
    try:
        reference = renderer("pyrender")
    except InputError as error:
        pytest.skip(str(error))
    K = scenes.camera().K + np.array([[0, 3.0, 0], [0, 0, 0], [0, 0, 0]])
    with pytest.raises(InputError, match="skew"):
        draw(reference, scenes.screen(2.0), Camera(K, np.eye(4), 64, 64), scenes.ambient(), scenes.colour(*WHITE))
