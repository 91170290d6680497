"""The reference renderer: pyrender over OpenGL, which the default is tested against.

Slow (a new mesh in three passes, at twice the size) and made to be independent of the default's code, not to be fast.
It differs from `renderer.Frame` in two ways, which follow from pyrender: nothing casts a shadow, and colour has 16
samples a pixel where depth, normal and part have 4. The hemisphere of ambient light is its mean.
"""

import os
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.errors import InputError
from manikin.tasks.images.camera import Camera
from manikin.tasks.images.colour import to_linear, to_srgb
from manikin.tasks.images.places import ONE_SURFACE
from manikin.tasks.images.renderer import Frame, Lights, Mesh, check_arguments
from manikin.tasks.images.texture import Texture
from manikin.tasks.images.visibility import NEAR

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I8 = NDArray[np.int8]
U8 = NDArray[np.uint8]

_FLIP = np.diag([1.0, -1.0, -1.0, 1.0])  # OpenGL's camera has y up and looks along -z


class PyrenderRenderer:
    """See `renderer.Renderer`. One OpenGL context, of the thread and process that made it; never fork with one open."""

    def __init__(self) -> None:
        self._pyrender = _import_pyrender()
        try:
            self._offscreen = self._pyrender.OffscreenRenderer(64, 64)
        except Exception as error:  # PyOpenGL raises whatever the missing driver made it trip over
            raise InputError(
                f"renderer 'pyrender' found no OpenGL driver ({type(error).__name__}: {error}); install EGL and Mesa "
                "(Debian: apt-get install libegl1 libgl1-mesa-dri) or choose the renderer 'numba'"
            ) from error

    def render(
        self, mesh: Mesh, vertices: F32, normals: F32, layers: Sequence[Texture], camera: Camera, lights: Lights
    ) -> Frame:
        """Return the picture of a mesh; see `renderer.Renderer.render`.

        Raises:
            InputError: also if the camera has skew, which pyrender's cameras have not.
        """
        check_arguments(mesh, vertices, normals, layers)
        if camera.K[0, 1] != 0 or camera.K[1, 0] != 0:
            raise InputError(f"camera K has skew ({camera.K.tolist()}), which the renderer 'pyrender' cannot draw")
        self._offscreen.viewport_width, self._offscreen.viewport_height = 2 * camera.width, 2 * camera.height
        part, depth = self._labels(mesh, vertices, camera)
        return Frame(
            self._colours(mesh, vertices, normals, layers, camera, lights),
            *_nearest_of_four(depth, self._normals(mesh, vertices, normals, camera), part),
        )

    def _colours(
        self, mesh: Mesh, vertices: F32, normals: F32, layers: Sequence[Texture], camera: Camera, lights: Lights
    ) -> U8:
        p = self._pyrender
        scene = self._scene(camera, np.asarray(lights.ambient) * (1 - lights.hemisphere / 2))
        for direction, colour in zip(lights.directions, lights.colours, strict=True):
            scene.add(p.DirectionalLight(color=colour, intensity=np.pi), pose=_pose_towards(direction))
        clamp = p.constants.GLTF.CLAMP_TO_EDGE
        ranges = mesh.layer_ranges(len(layers))
        for first, end in np.unique(ranges, axis=0):
            shows = (ranges == [first, end]).all(1)
            source = _atlas(layers[first:end])
            texture = p.Texture(source=source, source_channels="RGB", sampler=p.Sampler(wrapS=clamp, wrapT=clamp))
            material = p.MetallicRoughnessMaterial(baseColorTexture=texture, metallicFactor=0.0, roughnessFactor=1.0)
            corners = mesh.faces[shows].reshape(-1)
            scene.add(
                self._mesh(
                    vertices[corners],
                    normals=normals[corners],
                    texcoord_0=mesh.uv[shows].reshape(-1, 2) * [1, -1] + [0, 1],
                    material=material,
                )
            )
        rgba, _ = self._offscreen.render(scene, p.RenderFlags.RGBA)
        return _halve_straight(rgba)

    def _labels(self, mesh: Mesh, vertices: F32, camera: Camera) -> tuple[U8, F32]:
        """Return part and depth of each sample: one node a part, each in the colour of its number."""
        scene = self._scene(camera)
        nodes = {
            scene.add(self._mesh(vertices[mesh.faces[mesh.part == part].reshape(-1)])): (int(part),) * 3
            for part in np.unique(mesh.part)
        }
        colour, depth = self._offscreen.render(scene, self._pyrender.RenderFlags.SEG, nodes)
        return colour[..., 0], depth

    def _normals(self, mesh: Mesh, vertices: F32, normals: F32, camera: Camera) -> F32:
        """Return the unit normal of each sample, which travels as a colour."""
        R = np.asarray(camera.T_cam_world, np.float64)[:3, :3]
        in_camera = (normals[:, None, :] * R[None]).sum(-1)
        colours = np.ones((len(vertices), 4))
        colours[:, :3] = in_camera * 0.5 + 0.5
        corners = mesh.faces.reshape(-1)
        scene = self._scene(camera)
        scene.add(self._mesh(vertices[corners], color_0=colours[corners]))
        flags = self._pyrender.RenderFlags
        rgba, _ = self._offscreen.render(scene, flags.FLAT | flags.RGBA)
        n = rgba[..., :3] / np.maximum(rgba[..., 3:], 1).astype(np.float32) * 2 - 1
        return np.asarray(n / np.maximum(np.sqrt((n * n).sum(-1, keepdims=True)), 1e-6), np.float32)

    def _scene(self, camera: Camera, ambient: F64 | None = None) -> Any:
        p = self._pyrender
        scene = p.Scene(bg_color=[0, 0, 0, 0], ambient_light=np.zeros(3) if ambient is None else ambient)
        K = 2 * np.asarray(camera.K, np.float64)
        pinhole = p.IntrinsicsCamera(K[0, 0], K[1, 1], K[0, 2], K[1, 2], znear=NEAR, zfar=100.0)
        scene.add(pinhole, pose=np.linalg.inv(camera.T_cam_world) @ _FLIP)
        return scene

    def _mesh(self, positions: F32, **attributes: Any) -> Any:
        return self._pyrender.Mesh([self._pyrender.Primitive(positions, **attributes)])


def _import_pyrender() -> ModuleType:
    os.environ.setdefault("PYOPENGL_PLATFORM", "egl")  # read by PyOpenGL when it is first imported
    try:
        import pyrender
    except ImportError as error:
        raise InputError(
            f"renderer 'pyrender' could not be imported ({error}); install it with: pip install 'manikin[gl]', "
            "and EGL (Debian: apt-get install libegl1 libgl1-mesa-dri); or choose the renderer 'numba'"
        ) from error
    return pyrender


def _pose_towards(direction: F64) -> F64:
    """Return a pose whose z axis is the direction: pyrender's lights shine along -z."""
    z = np.asarray(direction, np.float64) / np.linalg.norm(direction)
    x = np.cross([0, 1, 0] if abs(z[1]) < 0.9 else [1, 0, 0], z)
    x /= np.linalg.norm(x)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([x, np.cross(z, x), z], 1)
    return pose


def _atlas(layers: Sequence[Texture]) -> U8:
    """Return the layers over one another at the size of the largest, (S, S, 3)."""
    side = max(layer.size for layer in layers)
    linear = np.zeros((side, side, 3), np.float32)
    for layer in layers:
        level = layer.texels[: layer.size**2].reshape(layer.size, layer.size, 4)
        rgba = np.concatenate([to_linear(level[..., :3]), level[..., 3:] / np.float32(255)], -1)
        rgba = cv2.resize(rgba, (side, side), interpolation=cv2.INTER_LINEAR)
        linear = rgba[..., :3] + linear * (1 - rgba[..., 3:])
    return to_srgb(linear)


def _halve_straight(rgba: U8) -> U8:
    """Return (2 H, 2 W, 4), premultiplied as multisampling leaves it, at half the size with straight alpha."""
    alpha = rgba[..., 3:].astype(np.float32) / 255
    colour = to_linear(np.rint(rgba[..., :3] / np.maximum(alpha, 1 / 255)).clip(0, 255).astype(np.uint8)) * alpha
    h, w = rgba.shape[0] // 2, rgba.shape[1] // 2
    colour, alpha = (a.reshape(h, 2, w, 2, -1).mean((1, 3)) for a in (colour, alpha))
    straight = to_srgb(colour / np.maximum(alpha, 1e-6))
    return np.concatenate([straight, np.rint(alpha * 255).astype(np.uint8)], -1)


def _nearest_of_four(depth: F32, normal: F32, part: U8) -> tuple[F32, I8, U8]:
    """Return depth, normal and part of each pixel's nearest sample, but mean depth where one surface covers all."""
    z = _by_pixel(depth)[..., 0]
    nearest = np.where(z > 0, z, np.inf).argmin(2)[..., None]
    z_nearest = np.take_along_axis(z, nearest, 2)[..., 0]
    z_pixel = np.where(z.min(2) * ONE_SURFACE > z.max(2), z.mean(2), z_nearest)
    n = np.take_along_axis(_by_pixel(normal), nearest[..., None], 2)[:, :, 0] * (z_nearest > 0)[..., None]
    p = np.take_along_axis(_by_pixel(part), nearest[..., None], 2)[:, :, 0, 0]
    return z_pixel.astype(np.float32), np.rint(127 * n).astype(np.int8), p.astype(np.uint8)


def _by_pixel(samples: NDArray[Any]) -> NDArray[Any]:
    """Return samples (2 H, 2 W[, C]) as (H, W, 4, C)."""
    h, w = samples.shape[0] // 2, samples.shape[1] // 2
    return samples.reshape(h, 2, w, 2, -1).transpose(0, 2, 1, 3, 4).reshape(h, w, 4, -1)
