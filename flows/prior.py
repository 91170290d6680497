"""The commands `manikin prior`: pose priors next to each other, in a table and in pictures."""

from dataclasses import asdict, fields
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from manikin.storage.assets import pull
from manikin.tasks.errors import InputError
from manikin.tasks.jobs.default_body import default_body
from manikin.tasks.jobs.fit import read_motion
from manikin.tasks.poses.anatomy import anatomy_of
from manikin.tasks.poses.clip import Clip
from manikin.tasks.poses.collision import fit_capsules
from manikin.tasks.poses.comparison import HELD_OUT, JUDGED, N_FOLDS, Score, compare_priors
from manikin.tasks.poses.fitting import PRIORS
from manikin.tasks.poses.joint_maps import JointMap
from manikin.tasks.poses.keyposes import read_key_poses
from manikin.tasks.poses.limits import read_limits

TABLE, MARKDOWN, PLOT = "priors.csv", "priors.md", "priors.png"
COLUMNS = {  # of Score -> heading, format
    "prior": ("", "{}"),
    "precision": ("precision", "{:.2f}"),
    "recall": ("recall", "{:.2f}"),
    "coverage": ("coverage", "{:.2f}"),
    "covering_radius": ("covering radius mm", "{:.0f}"),
    "nearest": ("nearest seen mm", "{:.0f}"),
    "nearest_90": ("90 %", "{:.0f}"),
    "frechet": ("Fréchet mm", "{:.0f}"),
    "penetrating": ("through itself > 5 cm", "{:.1%}"),
    "tries": ("draws a pose", "{:.1f}"),
}

app = typer.Typer()
console = Console()


@app.callback()
def _group() -> None:
    """What poses are sampled from."""


@app.command()
def compare(
    mocap: Annotated[
        list[Path] | None, typer.Option(help="Folder of motion capture, beside the default clips.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the table and the picture; it is created.")] = Path("priors"),
    name: Annotated[list[str] | None, typer.Option(help=f"Prior: {', '.join(PRIORS)}.")] = None,
    folds: Annotated[int, typer.Option(min=2, help="Parts that clips are dealt into and held out in turn.")] = N_FOLDS,
    seed: Annotated[int, typer.Option(help="Same seed, same table.")] = 0,
) -> None:
    """Fit priors to the same clips and measure, on clips held out, how well they cover people's poses and keep to them."""
    names = name or ["gmm", "network", "replay"]
    if unknown := [n for n in names if n not in PRIORS]:
        raise InputError(f"--name {unknown[0]}; expected one of {', '.join(PRIORS)}")
    pull()
    clips, maps = _clips(mocap or [])
    body = default_body()[0]
    with Progress(console=console, transient=True) as progress:
        bar = progress.add_task(f"{len(names)} priors on {len(clips)} clips", total=folds)
        scores = compare_priors(
            names,
            clips,
            read_key_poses(body),
            anatomy_of(body),
            read_limits(),
            fit_capsules(body),
            seed,
            maps,
            folds,
            report=lambda done, total: progress.update(bar, completed=done, total=total),
        )
    out.mkdir(parents=True, exist_ok=True)
    pd.DataFrame([asdict(s) for s in scores]).round(4).to_csv(out / TABLE, index=False)
    (out / MARKDOWN).write_text(markdown(scores), encoding="utf-8")
    draw_scores(scores, out / PLOT)
    _show(scores)
    console.print(f"{len(clips)} clips; table and picture stand in {out}", soft_wrap=True)


def markdown(scores: list[Score]) -> str:
    """Return the scores as a table in Markdown."""
    head = [heading for heading, _ in COLUMNS.values()]
    lines = [head, ["---"] * len(head), *_cells(scores)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def draw_scores(scores: list[Score], path: Path) -> None:
    """Write a picture: precision over recall, distances, and self-penetration."""
    from matplotlib.figure import Figure  # takes a while, and nothing else needs it

    figure = Figure(figsize=(12, 4), layout="constrained")
    plane, distances, depths = figure.subplots(1, 3)
    for i, s in enumerate(s for s in scores if s.prior != HELD_OUT):
        marker = "o" if s.prior.endswith(JUDGED) else "x"
        plane.plot(s.recall, s.precision, marker, color=f"C{i // 2}", label=s.prior, linestyle="none")
    plane.axhline(next(s.precision for s in scores if s.prior == HELD_OUT), color="grey", label=HELD_OUT)
    plane.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1))
    plane.legend(fontsize="small")
    rows, place = [s.prior for s in scores], range(len(scores))
    for field in ("nearest", "covering_radius", "frechet"):
        distances.plot([getattr(s, field) for s in scores], place, "o", label=COLUMNS[field][0])
    distances.set_yticks(place, rows)
    distances.set_xlim(left=0)
    distances.invert_yaxis()
    distances.legend(fontsize="small")
    depths.barh(place, [100 * s.penetrating for s in scores])
    depths.set_yticks(place, rows)
    depths.set_xlabel("% through itself by more than 5 cm")
    depths.invert_yaxis()
    figure.savefig(path, dpi=120)


def _clips(folders: list[Path]) -> tuple[list[Clip], tuple[JointMap, ...]]:
    """Return the default clips and those of folders, and the naming conventions of all, the folders' own first."""
    default = read_motion(None)
    clips, own = [*default.clips], list[JointMap]()
    for motion in map(read_motion, folders):
        clips += motion.clips
        own += motion.maps[: -len(default.maps)]
        for file, reason in motion.skipped:
            console.print(f"skipped {file}: {reason}", markup=False, highlight=False)
    return clips, (*own, *default.maps)


def _cells(scores: list[Score]) -> list[list[str]]:
    return [[form.format(getattr(s, f.name)) for f in fields(Score) for _, form in [COLUMNS[f.name]]] for s in scores]


def _show(scores: list[Score]) -> None:
    table = Table(*(heading for heading, _ in COLUMNS.values()))
    for cells in _cells(scores):
        table.add_row(*cells)
    console.print(table)
