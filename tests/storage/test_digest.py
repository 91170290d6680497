import os
import shutil
import subprocess
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

import manikin.tasks.jobs
from manikin.storage.digest import stage_digest

STAGES = ("body", "fit", "poses", "textures", "backgrounds", "plan", "render", "augment", "validate")


def digests_of_a_copy(tmp_path: Path, edit: str | None) -> dict[str, str]:
    """Return the code digests of all stages in a copy of the package in which one file got another line."""
    source = Path(manikin.tasks.jobs.__file__).parents[2]
    package = tmp_path / "manikin"
    package.mkdir(parents=True)
    for name in ("flows", "tasks", "storage", "validation"):
        shutil.copytree(source / name, package / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(source / "manikin" / "__init__.py", package)
    if edit:
        with (package / edit).open("a") as f:
            f.write("\n# a change\n")
    program = (
        "from manikin.storage.digest import code_digest\n"
        f"for s in {STAGES!r}: print(s, code_digest(f'manikin.tasks.jobs.{{s}}'))"
    )
    # -P and PYTHONPATH put the copy before the installed package; the check below proves it.
    out = subprocess.run(
        [sys.executable, "-c", "import manikin; print(manikin.__file__)\n" + program],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert out[0].startswith(str(tmp_path)), out[0]
    return dict(line.split() for line in out[1:])


def test_a_change_of_the_renderer_leaves_poses_alone(tmp_path: Path) -> None:
    before = digests_of_a_copy(tmp_path / "a", None)
    after = digests_of_a_copy(tmp_path / "b", "tasks/images/rasterize.py")
    changed = {stage for stage in STAGES if before[stage] != after[stage]}
    assert "render" in changed
    assert not changed & {"body", "fit", "poses", "textures", "backgrounds"}


def test_a_change_of_a_table_counts(tmp_path: Path) -> None:
    before = digests_of_a_copy(tmp_path / "a", None)
    after = digests_of_a_copy(tmp_path / "b", "tasks/poses/keyposes.toml")
    changed = {stage for stage in STAGES if before[stage] != after[stage]}
    assert {"body", "fit", "poses"} <= changed  # the body learns how to bend from key poses
    assert "backgrounds" not in changed


@given(st.dictionaries(st.text(max_size=5), st.integers(), min_size=2))
def test_order_of_parameters_and_upstream_does_not_count(parameters: dict[str, int]) -> None:
    backwards = dict(reversed(parameters.items()))
    assert stage_digest("a", "c", parameters, ["x", "y"]) == stage_digest("a", "c", backwards, ["y", "x"])


def test_each_part_counts() -> None:
    base = stage_digest("a", "c", {"n": 1}, ["x"])
    others = [
        stage_digest("b", "c", {"n": 1}, ["x"]),
        stage_digest("a", "d", {"n": 1}, ["x"]),
        stage_digest("a", "c", {"n": 2}, ["x"]),
        stage_digest("a", "c", {"n": 1}, ["y"]),
    ]
    assert base not in others
    assert len(set(others)) == 4
