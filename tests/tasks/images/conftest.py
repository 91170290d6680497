"""Small meshes whose pictures are known by arithmetic."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from manikin.tasks.images.camera import Camera
from manikin.tasks.images.renderer import Lights, Mesh
from manikin.tasks.images.texture import Texture


@dataclass(frozen=True)
class Solid:
    mesh: Mesh
    vertices: NDArray[np.float32]
    normals: NDArray[np.float32]

    def moved(self, x: float, y: float, z: float) -> "Solid":
        return Solid(self.mesh, self.vertices + np.float32([x, y, z]), self.normals)


@dataclass(frozen=True)
class Scenes:
    """Makes what tests draw; all in the world of a camera that stands at the origin and looks along z, y down."""

    def camera(self, width: int = 64, height: int = 64, focal: float = 64.0) -> Camera:
        K = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]])
        return Camera(K, np.eye(4), width, height)

    def ambient(self, level: float = 1.0) -> Lights:
        return Lights(np.zeros((0, 3)), np.zeros((0, 3)), np.full(3, level), hemisphere=0.0, shadow=False)

    def colour(self, *rgba: int, size: int = 4) -> Texture:
        return Texture.from_rgba(np.broadcast_to(np.uint8(rgba), (size, size, 4)).copy())

    def quad(self, corners: NDArray[np.floating], part: int = 1) -> Solid:
        """Corners in the order of the texture's: left top, right top, right bottom, left bottom, seen from the front."""
        faces = np.array([[0, 3, 2], [0, 2, 1]], np.int32)
        uv = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)[faces]
        p = np.float32(corners)
        n = np.cross(p[3] - p[0], p[1] - p[0])
        return Solid(Mesh(faces, uv, np.full(2, part, np.uint8)), p, np.tile(np.float32(n / np.linalg.norm(n)), (4, 1)))

    def screen(self, z: float, half: float = 0.5) -> Solid:
        """A square that faces the camera."""
        return self.quad(np.array([[-half, -half, z], [half, -half, z], [half, half, z], [-half, half, z]]))

    def sphere(self, radius: float = 1.0, n: int = 96) -> Solid:
        """A sphere about the origin; its top in the texture is at y = -radius."""
        v, u = np.meshgrid(np.linspace(0, 1, n // 2 + 1), np.linspace(0, 1, n + 1), indexing="ij")
        polar, around = np.pi * v, 2 * np.pi * u
        p = np.stack([np.sin(polar) * np.sin(around), -np.cos(polar), np.sin(polar) * np.cos(around)], -1)
        i = np.arange(n // 2)[:, None] * (n + 1) + np.arange(n)
        a, b, c, d = i, i + 1, i + n + 2, i + n + 1
        faces = np.concatenate([np.stack(t, -1).reshape(-1, 3) for t in ((a, d, c), (a, c, b))]).astype(np.int32)
        p, uv = p.reshape(-1, 3).astype(np.float32), np.stack([u, v], -1).reshape(-1, 2).astype(np.float32)
        area = np.linalg.norm(np.cross(p[faces[:, 1]] - p[faces[:, 0]], p[faces[:, 2]] - p[faces[:, 0]]), axis=1)
        faces = np.ascontiguousarray(faces[area > 1e-9])
        outwards = np.einsum(
            "fi,fi->f", np.cross(p[faces[:, 1]] - p[faces[:, 0]], p[faces[:, 2]] - p[faces[:, 0]]), p[faces[:, 0]]
        )
        faces = np.ascontiguousarray(np.where((outwards > 0)[:, None], faces, faces[:, ::-1]))
        return Solid(Mesh(faces, uv[faces], np.ones(len(faces), np.uint8)), p * np.float32(radius), p)

    def together(self, *solids: Solid) -> Solid:
        offsets = np.cumsum([0] + [len(s.vertices) for s in solids[:-1]])
        return Solid(
            Mesh(
                np.concatenate([s.mesh.faces + o for s, o in zip(solids, offsets, strict=True)]).astype(np.int32),
                np.concatenate([s.mesh.uv for s in solids]),
                np.concatenate([s.mesh.part for s in solids]),
            ),
            np.concatenate([s.vertices for s in solids]),
            np.concatenate([s.normals for s in solids]),
        )


@pytest.fixture(scope="session")
def scenes() -> Scenes:
    return Scenes()
