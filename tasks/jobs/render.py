"""Stage `render`: deform, render, composite and annotate the rows of the plan, one shard a task."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from manikin.storage.arrays import create_arrays, write_shard
from manikin.storage.stage import StageRef, commit_shard
from manikin.storage.tables import part_path, write_table
from manikin.tasks.bodies.evaluate import pose_bodies
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.bodies.scape import Scape
from manikin.tasks.bodies.skeletons import Skeleton, joint_thickness, rig_skeleton, skeleton, skeleton_joints
from manikin.tasks.clothing.cloth.variation import Variation
from manikin.tasks.clothing.looks.plain import corner_uv
from manikin.tasks.images.annotate import JointLabels, Visibility, label_joints, mask_box
from manikin.tasks.images.background import crop_background
from manikin.tasks.images.camera import Camera
from manikin.tasks.images.composite import composite, ground_shadow
from manikin.tasks.images.dressed import Dressed, cloth_at_joints, dress, dressed_layers
from manikin.tasks.images.hung import hang, hung_layers, pose_hung
from manikin.tasks.images.renderer import Frame, Lights, Mesh, Renderer, renderer
from manikin.tasks.images.texture import Texture
from manikin.tasks.jobs import backgrounds, body, plan, poses
from manikin.tasks.jobs.shards import BOX, image_statistics, run_shards
from manikin.tasks.jobs.shelf import LayerShelf
from manikin.tasks.jobs.work import Work
from manikin.tasks.scenes.background import BackgroundPlan, crop_box
from manikin.tasks.scenes.camera import CameraPlan, place_camera
from manikin.tasks.scenes.light import LightPlan, lights_of
from manikin.tasks.scenes.outfit import LOOKS, SLOTS, VARIED
from manikin.tasks.scenes.plan import part_of_row

BATCH = 32  # bodies deformed at once
OUTFITS = 256  # whose geometry a worker keeps, about a megabyte each
FRAMING_STEP = 17  # every 17th vertex is enough to frame a person


@dataclass(frozen=True, slots=True)
class RenderJob:
    """What a worker needs to know; everything else it reads from the store."""

    attempt: Path
    upstream: tuple[tuple[str, StageRef], ...]
    images: int
    size: int
    shard: int
    deform: str  # one of `evaluate.DEFORMATIONS`


@dataclass(frozen=True, slots=True)
class World:
    """What rows are made from, read once a worker."""

    model: BodyModel
    deform: str
    scape: Scape | None
    mesh: Mesh
    poses: NDArray[np.float32]
    plan: pd.DataFrame
    shapes: NDArray[np.float32]
    layers: LayerShelf
    backgrounds: Mapping[str, NDArray[np.uint8]]
    skeletons: tuple[tuple[Skeleton, NDArray[np.float32]], ...]
    renderer: Renderer
    outfits: dict[tuple[str, ...], "Outfit"]  # made when first worn


@dataclass(frozen=True, slots=True)
class Outfit:
    """The layers of an outfit, painted or of cloth, as rows wear them."""

    painted: tuple[str, ...]
    cloth: tuple[str, ...]
    hung: tuple[str, ...]  # layers of which the rig moves a piece
    dressed: Dressed
    mesh: Mesh  # of all of it
    thickness: tuple[NDArray[np.float32], ...]  # (N,) of flesh and cloth around the joints of each skeleton


@dataclass(frozen=True, slots=True)
class Person:
    """One posed body in the world, standing on y = 0."""

    vertices: NDArray[np.float32]  # (V, 3)
    normals: NDArray[np.float32]  # (V, 3)
    joints: tuple[NDArray[np.float32], ...]  # (N, 3) of each skeleton
    shape: NDArray[np.float32]  # (K,) coefficients
    pose: NDArray[np.float32]  # (J, 3) axis-angle
    place: NDArray[np.float32]  # (3,) metres from where the body model is posed


@dataclass(frozen=True, slots=True)
class Picture:
    """One finished row before it is stored."""

    image: NDArray[np.uint8]
    frame: Frame
    camera: Camera
    labels: dict[str, JointLabels]


def run(attempt: Path, work: Work) -> dict[str, Any]:
    """Render every shard that has no marker and return the counts."""
    n, size, shard = (int(work.parameters[k]) for k in ("images", "size", "shard"))
    job = RenderJob(attempt, tuple(work.upstream.items()), n, size, shard, str(work.parameters["deform"]))
    model = body.load(work.upstream["body"])
    create_arrays(attempt, n, size, shard, {"part_names": list(model.part_names)})
    return run_shards(attempt, work, partial(render_shard, job), n, shard)


def render_shard(job: RenderJob, shard: int) -> dict[str, Any]:
    """Render, write and commit one shard; runs on a worker, and gives the same bytes each time it does."""
    world = world_of(job)
    start, stop = shard * job.shard, min(job.images, (shard + 1) * job.shard)
    arrays = _empty_arrays(stop - start, job.size)
    rows: list[dict[str, Any]] = []
    columns: dict[str, list[NDArray[Any]]] = {}
    for first in range(start, stop, BATCH):
        last = min(first + BATCH, stop)
        for i, person in zip(range(first, last), people_of(world, first, last), strict=True):
            row = world.plan.iloc[i].to_dict()
            picture = render_row(world, row, person, job.size)
            _keep_arrays(arrays, i - start, picture)
            rows.append(row | _statistics(picture))
            for name, value in _label_columns(world, i, row, picture).items():
                columns.setdefault(name, []).append(value)
    crcs = write_shard(job.attempt, shard, start, arrays)
    table = {name: np.stack(values) for name, values in columns.items()}
    crcs["index"] = write_table(part_path(job.attempt, shard), pd.DataFrame(rows), table)
    info = {"shard": shard, "images": stop - start, "crc": crcs}
    commit_shard(job.attempt, shard, info)
    return info


def render_row(world: World, row: Mapping[str, Any], person: Person, size: int) -> Picture:
    """Return the picture and labels of one row of the plan; draws nothing that the row does not say."""
    camera = place_camera(part_of_row(CameraPlan, row), person.vertices[::FRAMING_STEP].astype(np.float64), size)
    lights = lights_of(part_of_row(LightPlan, row))
    outfit = _outfit(world, row)
    frame = draw_person(world, row, person, camera, lights)
    crop = part_of_row(BackgroundPlan, row)
    photo = world.backgrounds[crop.background]
    backdrop = crop_background(photo, crop_box(crop, camera), crop.crop_flip, (size, size))
    backdrop = ground_shadow(backdrop, camera, person.vertices, lights, row["ground_shadow"])
    image = composite(row["composite"], frame, backdrop, row["composite_strength"], row["grain_seed"])
    labels = {
        s.name: label_joints(camera, joints, thickness, frame.depth)
        for (s, _), joints, thickness in zip(world.skeletons, person.joints, outfit.thickness, strict=True)
    }
    return Picture(image, frame, camera, labels)


def draw_person(world: World, row: Mapping[str, Any], person: Person, camera: Camera, lights: Lights) -> Frame:
    """Return the person of a row, in the row's clothes."""
    outfit, worn = _outfit(world, row), worn_textures(world.layers, row)
    layers = dressed_layers(*([worn[name] for name in names] for names in (outfit.painted, outfit.cloth)))
    layers += hung_layers([hung_texture(world.layers, row, name) for name in outfit.hung])
    pieces = [piece for piece in map(world.layers.piece, outfit.hung) if piece is not None]
    vertices, normals = pose_hung(
        outfit.dressed, pieces, world.model, person.shape, person.pose, person.place, person.vertices, person.normals
    )
    return world.renderer.render(outfit.mesh, vertices, normals, layers, camera, lights)


def hung_texture(shelf: LayerShelf, row: Mapping[str, Any], layer: str) -> Texture:
    """Return the texture of the piece of a layer that a row wears, in the row's variant of it."""
    slot = next(slot for slot in VARIED if row[slot] == layer)
    return shelf.hung(layer, part_of_row(Variation, row, f"{slot}_"))


def worn_textures(shelf: LayerShelf, row: Mapping[str, Any]) -> dict[str, Texture]:
    """Return the texture of each layer that a row wears, in the row's variant of it."""
    plain = {str(row[slot]): shelf[str(row[slot])] for slot in SLOTS if slot not in VARIED}
    plain[str(row["skin"])] = shelf.toned(str(row["skin"]), int(row["skin_tone"]))
    return plain | {
        str(row[slot]): shelf.worn(str(row[slot]), part_of_row(Variation, row, f"{slot}_")) for slot in VARIED
    }


def _outfit(world: World, row: Mapping[str, Any]) -> Outfit:
    """Return what a row wears, its geometry kept by the clothes that have any."""
    names = [str(row[slot]) for slot in SLOTS]
    cloth = tuple(n for n in names if world.layers.shell(n) is not None)
    painted = tuple(n for slot, n in zip(SLOTS, names, strict=True) if slot in LOOKS or n not in cloth)
    hung = tuple(n for n in names if world.layers.piece(n) is not None)
    key = (str(len(painted)), *cloth, *hung)
    if key not in world.outfits:
        shells = [shell for shell in map(world.layers.shell, cloth) if shell is not None]
        dressed = dress(world.mesh, len(world.model.v_template), shells, len(painted))
        rest, joints = world.model.v_template[None], world.model.J_template[None]
        thickness = tuple(
            t + cloth_at_joints(dressed.shells, world.model, skeleton_joints(world.model, s, rest, joints)[0], t)
            for s, t in world.skeletons
        )
        while len(world.outfits) >= OUTFITS:
            del world.outfits[next(iter(world.outfits))]
        pieces = [piece for piece in map(world.layers.piece, hung) if piece is not None]
        mesh = hang(dressed, world.model, pieces, len(painted) + 2 * len(shells))
        world.outfits[key] = Outfit((), (), hung, dressed, mesh, thickness)
    return replace(world.outfits[key], painted=painted, cloth=cloth)


@lru_cache(maxsize=1)
def world_of(job: RenderJob) -> World:
    """Return what the rows of a plan are made from, kept for the next shard."""
    upstream = dict(job.upstream)
    model = body.load(upstream["body"])
    rows, shapes = plan.load(upstream["plan"])
    skeletons = (skeleton("coco17", model.family), rig_skeleton(model))
    return World(
        model=model,
        deform=job.deform,
        scape=body.load_scape(upstream["body"]) if job.deform == "scape" else None,
        mesh=Mesh(model.faces, corner_uv(model), model.part),
        poses=poses.load_poses(upstream["poses"]),
        plan=rows,
        shapes=shapes,
        layers=LayerShelf(upstream["textures"]),
        backgrounds=backgrounds.load_images(upstream["backgrounds"]),
        skeletons=tuple((s, joint_thickness(model, s)) for s in skeletons),
        renderer=renderer("numba"),
        outfits={},
    )


def people_of(world: World, first: int, last: int) -> list[Person]:
    """Return the people of rows `first` to before `last` of the plan."""
    rows = world.plan.iloc[first:last]
    pose = world.poses[rows["pose"].to_numpy()]
    still = np.zeros((last - first, 3), np.float32)
    shape = world.shapes[first:last]
    posed = pose_bodies(world.model, shape, pose, still, world.deform, world.scape)
    joints = [skeleton_joints(world.model, s, posed.vertices, posed.joints) for s, _ in world.skeletons]
    people = []
    for k, lift in enumerate(rows["lift_m"]):
        root, lowest = posed.joints[k, 0], posed.vertices[k, :, 1].min()
        to_ground = np.array([-root[0], lift - lowest, -root[2]], np.float32)
        moved = tuple(j[k] + to_ground for j in joints)
        people.append(Person(posed.vertices[k] + to_ground, posed.normals[k], moved, shape[k], pose[k], to_ground))
    return people


def _empty_arrays(n: int, size: int) -> dict[str, NDArray[Any]]:
    return {
        "images": np.empty((n, size, size, 3), np.uint8),
        "mask": np.empty((n, size, size), np.uint8),
        "depth": np.empty((n, size, size), np.float32),
        "part": np.empty((n, size, size), np.uint8),
    }


def _keep_arrays(arrays: dict[str, NDArray[Any]], k: int, picture: Picture) -> None:
    arrays["images"][k] = picture.image
    arrays["mask"][k] = picture.frame.mask
    arrays["depth"][k] = picture.frame.depth
    arrays["part"][k] = picture.frame.part


def _statistics(picture: Picture) -> dict[str, Any]:
    return {
        **image_statistics(picture.image, picture.frame.mask),
        **dict(zip(BOX, map(float, mask_box(picture.frame.mask)), strict=True)),
        **{
            f"{name}_visible": int((labels.visibility == Visibility.VISIBLE).sum())
            for name, labels in picture.labels.items()
        },
    }


def _label_columns(world: World, i: int, row: Mapping[str, Any], picture: Picture) -> dict[str, NDArray[Any]]:
    columns: dict[str, NDArray[Any]] = {
        "K": picture.camera.K,
        "T_cam_world": picture.camera.T_cam_world,
        "pose_axis_angle": world.poses[row["pose"]],
        "shape": world.shapes[i],
    }
    for name, labels in picture.labels.items():
        columns |= {
            f"{name}_xy": labels.xy,
            f"{name}_camera": labels.camera,
            f"{name}_world": labels.world,
            f"{name}_visibility": labels.visibility,
        }
    return columns
