import subprocess
import sys


def test_what_workers_load_is_neither_prefect_nor_great_expectations() -> None:
    program = (
        "import sys, manikin.tasks.jobs.render, manikin.tasks.jobs.augment\n"
        "print([m for m in ('prefect', 'great_expectations') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"
