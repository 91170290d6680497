"""Photos of clothes, looked at before they are used."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from manikin.tasks.clothing.pattern.template import body_front
from manikin.tasks.jobs.default_body import default_body, default_helpers
from manikin.tasks.jobs.textures_report import write_report

app = typer.Typer(help="Photos of clothes: what becomes of them.")
console = Console()

ATLAS = 512  # texels; twice as many take twice as long and show no more at the size of the page's pictures


@app.callback()
def main() -> None:
    """Photos of clothes: what becomes of them."""


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(help="Folder of photos of clothes, as for --garments.")],
    out: Annotated[Path, typer.Option(help="The HTML page to write.")] = Path("textures.html"),
) -> None:
    """Write a page: each photo with its cut-out, landmarks and the dressed body, or the reason why it cannot be used."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("body", total=None)
        model, _ = default_body()
        front = body_front(model, ATLAS)
        progress.update(bar, description="photos")
        tally = write_report(
            folder,
            out,
            model,
            default_helpers(),
            front,
            lambda done, total: progress.update(bar, completed=done, total=total),
        )
    console.print(f"{tally}\n{out}", soft_wrap=True, markup=False, highlight=False)
