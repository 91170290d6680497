"""CPU time of making one posed body, in batches as the program does: shape, pose, normals; by deformation and by step.

What counts is user + system time of one thread; the poses are random ones that use the whole range of every joint, the worst
case for pose blendshapes, and the people random adults. Rounds of all deformations alternate, so that another program's load
falls on all; the mean leaves out the tenth that took longest.

    MALLOC_MMAP_THRESHOLD_=1073741824 MALLOC_TRIM_THRESHOLD_=1073741824 python benchmarks/bodies.py --rounds 20

The variables are those that the program's workers have.
"""

import argparse
import sys
import time
from collections.abc import Callable

import numpy as np

from manikin.tasks.bodies.evaluate import DEFORMATIONS, pose_bodies, shape_rest, vertex_normals
from manikin.tasks.bodies.posedirs import without_posedirs
from manikin.tasks.errors import InputError
from manikin.tasks.jobs.default_body import default_body
from manikin.tasks.poses.exercises import exercises

BATCHES = (1, 32, 256)


def steps(batch: int) -> dict[str, Callable[[], object]]:
    """Return what is timed for a batch of bodies, by name."""
    model, scape = default_body()
    rng = np.random.default_rng(0)
    pose = exercises(model, batch, rng)[-batch:]
    shape, still = rng.normal(size=(batch, len(model.shapedirs))).astype(np.float32), np.zeros((batch, 3))
    plain, rest = without_posedirs(model), shape_rest(model, shape)[0]
    out: dict[str, Callable[[], object]] = {
        f"whole, {name}": lambda name=name: pose_bodies(model, shape, pose, still, name, scape)  # type: ignore[misc]
        for name in DEFORMATIONS
    }
    out["whole, lbs without blendshapes"] = lambda: pose_bodies(plain, shape, pose, still)
    out["shape alone"] = lambda: shape_rest(model, shape)
    out["normals alone"] = lambda: vertex_normals(rest, model.faces)
    return out


def timed(jobs: dict[str, Callable[[], object]], rounds: int, batch: int) -> dict[str, float]:
    """Return milliseconds of CPU time a body of each job."""
    spent: dict[str, list[float]] = {name: [] for name in jobs}
    for i in range(-2, rounds):  # two rounds are not counted: compilation, caches
        for name, job in jobs.items():
            start = time.process_time()
            job()
            if i >= 0:
                spent[name].append(1000 * (time.process_time() - start) / batch)
    return {name: float(np.mean(sorted(ms)[: max(1, rounds * 9 // 10)])) for name, ms in spent.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=20, help="of each batch")
    options = parser.parse_args()
    try:
        tables = {n: timed(steps(n), max(1, options.rounds), n) for n in BATCHES}
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{'CPU ms per body, in batches of':<34}" + "".join(f"{n:>8}" for n in BATCHES))
    for name in tables[BATCHES[0]]:
        print(f"{name:<34}" + "".join(f"{tables[n][name]:8.2f}" for n in BATCHES))
    return 0


if __name__ == "__main__":
    sys.exit(main())
