"""Pictures to judge by eye: what motion becomes, what a prior draws, who is sampled, how skin bends, what is worn.

Each command writes one PNG and says where.
"""

from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console

from manikin.flows.config import Prior
from manikin.storage.dataset import open_dataset
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.bodies.people import ShapeSettings
from manikin.tasks.bodies.read_smpl import read_smpl
from manikin.tasks.bodies.shapes import shape_sampler
from manikin.tasks.errors import InputError
from manikin.tasks.images.bends import bends_sheet
from manikin.tasks.images.body_sheet import draw_shapes
from manikin.tasks.images.histograms import shape_histograms
from manikin.tasks.images.sheets import motion_sheet, poses_sheet
from manikin.tasks.jobs.default_body import default_body
from manikin.tasks.jobs.fit import fit, gather, read_motion
from manikin.tasks.jobs.outfits import outfits_sheet
from manikin.tasks.poses.anatomy import anatomy_of
from manikin.tasks.poses.clip import Clip
from manikin.tasks.poses.collision import fit_capsules
from manikin.tasks.poses.keyposes import read_key_poses
from manikin.tasks.poses.limits import read_limits
from manikin.tasks.poses.plausibility import plausibility
from manikin.tasks.poses.sample import Mix, sample_poses
from manikin.tasks.randomness import Stream, rng_for

app = typer.Typer()
console = Console()

Body = Annotated[Path | None, typer.Option(help="Body model of SMPL's family; the default body if not given.")]
Motion = Annotated[Path | None, typer.Option(help="Folder of motion; the default clips if not given.")]
Seed = Annotated[int, typer.Option(help="Another seed shows others.")]

STANDING = "standing at ease"
N_COUNTED = 2000  # people in the histograms


@app.command()
def motion(
    mocap: Motion = None,
    body: Body = None,
    frames: Annotated[int, typer.Option(min=1, max=200, help="How many frames, spread over all clips.")] = 15,
    seed: Seed = 0,
    out: Annotated[Path, typer.Option(help="The PNG to write.")] = Path("motion.png"),
) -> None:
    """Frames of motion as stick figures beside the bodies that take them, from two sides."""
    found = read_motion(mocap)
    for name, reason in found.skipped:
        console.print(f"skipped {name}: {reason}", style="yellow", markup=False, highlight=False)
    for clip in found.clips:
        for note in clip.notes:
            console.print(f"{clip.name}: {note}", markup=False, highlight=False)
    _write(out, motion_sheet(_body(body), _spread(found.clips, frames, seed), found.maps))


@app.command()
def poses(
    prior: Annotated[Prior, typer.Option(help="What poses are sampled from.")] = Prior.GMM,
    mocap: Motion = None,
    body: Body = None,
    count: Annotated[int, typer.Option(min=1, max=1000, help="How many poses.")] = 64,
    seed: Seed = 0,
    out: Annotated[Path, typer.Option(help="The PNG to write.")] = Path("poses.png"),
) -> None:
    """Poses of a prior alone, checked as those of a data set are."""
    model = _body(body)
    examples = gather(model, read_motion(mocap), seed)
    measure = plausibility(anatomy_of(model), read_limits(), fit_capsules(model), examples)
    batch, report = sample_poses(
        fit(prior.value, examples, seed), measure, count, seed, Mix(prior=1.0, key_pose=0.0, mocap=0.0)
    )
    rejected = ", ".join(f"{n} {reason}" for reason, n in report.n_rejected.items() if n)
    console.print(f"{report.n_draws} draws for {count} poses; rejected: {rejected or 'none'}")
    _write(out, poses_sheet(model, batch.poses, captions=[str(label) for label in batch.labels]))


@app.command()
def shapes(
    children_share: Annotated[float, typer.Option(min=0, max=1, help="Share of children.")] = 0.0,
    elders_share: Annotated[float, typer.Option(min=0, max=1, help="Share of elders.")] = 0.0,
    count: Annotated[int, typer.Option(min=1, max=200, help="How many people are drawn.")] = 32,
    seed: Seed = 0,
    out: Annotated[Path, typer.Option(help="The PNG to write.")] = Path("shapes.png"),
) -> None:
    """People in one pose and at one scale; statures, weights and indices of many beside the published distributions."""
    model = _body(None)
    keys = read_key_poses(model)
    draw = shape_sampler(model, ShapeSettings(children_share=children_share, elders_share=elders_share))
    people = [draw(rng_for(seed, Stream.SHAPE, i)) for i in range(max(count, N_COUNTED))]
    sheet, counted = (
        draw_shapes(model, people[:count], keys.poses[keys.names.index(STANDING)]),
        shape_histograms(people),
    )
    width = max(sheet.shape[1], counted.shape[1])
    _write(out, np.concatenate([_wide(picture, width) for picture in (sheet, counted)]))


@app.command()
def bends(
    size: Annotated[int, typer.Option(min=64, max=1024, help="Side of a picture, pixels.")] = 256,
    out: Annotated[Path, typer.Option(help="The PNG to write.")] = Path("bends.png"),
) -> None:
    """Joints bent far, close up: plain linear skinning, then `lbs`, `dqs` and `scape`."""
    _write(out, bends_sheet(*default_body(), size=size))


@app.command()
def outfits(
    root: Annotated[Path, typer.Option(help="Folder of the stage store.")] = Path("runs"),
    name: Annotated[str, typer.Option(help="Name of the data set.")] = "synth",
    count: Annotated[int, typer.Option(min=1, max=1000, help="How many people.")] = 32,
    out: Annotated[Path, typer.Option(help="The PNG to write.")] = Path("outfits.png"),
) -> None:
    """People of a data set in their outfits, on plain paper."""
    stages = open_dataset(root, name).stages
    shown = {stage: stages[stage] for stage in ("body", "poses", "textures", "backgrounds", "plan")}
    _write(out, outfits_sheet(shown, count))


def _body(path: Path | None) -> BodyModel:
    return read_smpl(path) if path else default_body()[0]


def _spread(clips: list[Clip], n: int, seed: int) -> list[tuple[Clip, int]]:
    """Return n frames, a random one in each of n equal parts of all clips taken one after the other."""
    ends = np.cumsum([clip.n_frames for clip in clips])
    places = (np.arange(n) + rng_for(seed, Stream.POSE, 0).random(n)) / n * ends[-1]
    which = np.searchsorted(ends, places, side="right")
    return [(clips[i], int(place) - int(ends[i] - clips[i].n_frames)) for i, place in zip(which, places, strict=True)]


def _wide(picture: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    return np.pad(picture, ((0, 0), (0, width - picture.shape[1]), (0, 0)), constant_values=255)


def _write(path: Path, picture: NDArray[np.uint8]) -> None:
    if not cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)):
        raise InputError(f"--out {path} cannot be written; give a PNG in a folder that exists")
    console.print(f"{path}: {picture.shape[1]}x{picture.shape[0]} pixels")
