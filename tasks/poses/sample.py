"""Poses for the plan: drawn from the prior, around key poses and from motion, checked, and put in the order of their rows.

Row i draws from its own stream, so it is the same pose whatever else is drawn. A draw that does not look like a person is
drawn again, nearer to its component's mean each time, after some tries from another component; a row that finds none takes
the example nearest to its last draw. All of it is counted. Angles are rounded to 1e-5 rad, below what anything shows, so
that the last bits of a machine's arithmetic do not reach the plan.
"""

from dataclasses import dataclass
from math import isclose

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.errors import InputError
from manikin.tasks.poses.anatomy import SEGMENT
from manikin.tasks.poses.controls import N_CONTROLS, VARIATION
from manikin.tasks.poses.plausibility import REASONS, Plausibility, judge
from manikin.tasks.poses.postures import Postures, pose_of
from manikin.tasks.poses.prior import GaussianMixturePrior
from manikin.tasks.randomness import Stream, rng_for

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
Bool = NDArray[np.bool_]
Str = NDArray[np.str_]

SOURCES = ("prior", "key pose", "mocap")
PRIOR, KEY, MOCAP = range(len(SOURCES))
TEMPERATURE = 0.8  # of the prior's covariances
COOLING, TRIES_A_COMPONENT, TRIES = 0.93, 8, 24  # each try's spread over the last one's; tries before another component
CURL_SPREAD, FINGER_SPREAD = 0.08, 0.05  # of all fingers of a hand together, of each
DECIMALS = 5
_CLAVICLES = [SEGMENT["clavicle.L"], SEGMENT["clavicle.R"]]


@dataclass(frozen=True, slots=True)
class Mix:
    """Shares of the poses by where they come from; they add up to 1."""

    prior: float = 0.6
    key_pose: float = 0.25
    mocap: float = 0.15


@dataclass(frozen=True, slots=True)
class PoseBatch:
    """N poses, in the order of their rows."""

    poses: F32  # (N, J, 3) axis-angle
    labels: Str  # (N,) one of labels.LABELS; a drawn pose has its nearest example's
    source: Str  # (N,) one of SOURCES
    origin: Str  # (N,) the key pose or frame it is or varies; for the prior's, the nearest example
    component: I32  # (N,) of the prior, -1 where it is not from there
    airborne: Bool  # (N,) off the ground
    tries: I32  # (N,) draws it took
    is_fallback: Bool  # (N,) no draw was sound: the pose is the example named by `origin`


@dataclass(frozen=True, slots=True)
class RejectionReport:
    """What the draws came to."""

    n_poses: int
    n_draws: int
    n_rejected: dict[str, int]  # by reason, of plausibility.REASONS
    n_fallbacks: int  # rows that took an example unchanged because no draw was sound


def sample_poses(
    prior: GaussianMixturePrior, measure: Plausibility, n: int, seed: int, mix: Mix | None = None, first: int = 0
) -> tuple[PoseBatch, RejectionReport]:
    """Return the poses of rows first to first + n - 1 and the count of what was rejected on the way.

    Args:
        prior: the fitted mixture.
        measure: what is plausible, with the examples that poses are varied or taken from.
        n: how many.
        seed: the run's.
        mix: shares of prior, key poses and motion; by default 0.6, 0.25, 0.15.
        first: number of the first row.

    Raises:
        InputError: shares that are negative or do not add up to 1, or a share for motion or key poses where there are none.
    """
    thresholds = _thresholds(mix or Mix(), measure)
    rngs = [rng_for(seed, Stream.POSE, first + i) for i in range(n)]
    source = np.array([np.searchsorted(thresholds, rng.random(), side="right") for rng in rngs], np.int64).clip(0, 2)
    base = np.array([_draw_base(int(s), rng, measure, prior) for s, rng in zip(source, rngs, strict=True)], np.int64)
    drawn = _draw_sound(prior, measure, rngs, source, base)
    origin = np.where(source == PRIOR, drawn.nearest, base)
    curls = _vary_curls(measure.examples.postures.curls[origin], rngs)
    pose = (
        pose_of(measure.anatomy, Postures(drawn.local, curls)) if n else np.zeros((0, len(measure.anatomy.parents), 3))
    )
    labels = measure.examples.labels[origin]
    batch = PoseBatch(
        poses=np.round(pose, DECIMALS).astype(np.float32) + np.float32(0.0),
        labels=labels,
        source=np.array(SOURCES)[source],
        origin=measure.examples.names[origin],
        component=np.where(source == PRIOR, drawn.component, -1).astype(np.int32),
        airborne=labels == "airborne",
        tries=drawn.tries,
        is_fallback=drawn.is_fallback,
    )
    report = RejectionReport(n, int(drawn.tries.sum()), drawn.n_rejected, int(drawn.is_fallback.sum()))
    return batch, report


@dataclass(slots=True)
class _Drawn:
    local: F64
    nearest: I64
    component: I64
    tries: I32
    is_fallback: Bool
    n_rejected: dict[str, int]


def _thresholds(mix: Mix, measure: Plausibility) -> F64:
    shares = np.array([mix.prior, mix.key_pose, mix.mocap])
    if (shares < 0).any() or not isclose(shares.sum(), 1.0, abs_tol=1e-6):
        raise InputError(
            f"pose mix prior = {mix.prior}, key_pose = {mix.key_pose}, mocap = {mix.mocap}; expected shares of at least 0 "
            f"that add up to 1"
        )
    is_key = measure.examples.is_key
    for share, there, name, what in (
        (mix.key_pose, is_key.any(), "key_pose", "key poses"),
        (mix.mocap, (~is_key).any(), "mocap", "motion"),
    ):
        if share > 0 and not there:
            raise InputError(f"pose mix {name} = {share}, but there are no {what}; give some, or set the share to 0")
    return np.cumsum(shares)[:2]


def _draw_base(source: int, rng: np.random.Generator, measure: Plausibility, prior: GaussianMixturePrior) -> int:
    """Return the component, or the row of the example, that a pose starts from."""
    if source == PRIOR:
        return prior.component(rng)
    rows = np.flatnonzero(measure.examples.is_key == (source == KEY))
    return int(rows[rng.integers(len(rows))])


def _draw_sound(
    prior: GaussianMixturePrior, measure: Plausibility, rngs: list[np.random.Generator], source: I64, base: I64
) -> _Drawn:
    """Return a sound posture for every row: all rows that still lack one are drawn and judged together."""
    n = len(rngs)
    examples = measure.examples.postures
    out = _Drawn(
        local=examples.local[np.where(source == PRIOR, 0, base)].copy(),  # motion stays as it is
        nearest=np.zeros(n, np.int64),
        component=np.where(source == PRIOR, base, -1),
        tries=np.where(source == MOCAP, 0, TRIES).astype(np.int32),
        is_fallback=np.zeros(n, bool),
        n_rejected=dict.fromkeys(REASONS, 0),
    )
    pending = np.flatnonzero(source != MOCAP)
    for k in range(TRIES):
        if not len(pending):
            break
        if k and k % TRIES_A_COMPONENT == 0:
            for i in pending[source[pending] == PRIOR]:
                out.component[i] = prior.component(rngs[i])
        noise = np.stack([rngs[i].normal(size=N_CONTROLS) for i in pending]) * COOLING ** (k % TRIES_A_COMPONENT)
        sound = np.zeros(len(pending), bool)
        for which in (PRIOR, KEY):
            rows = np.flatnonzero(source[pending] == which)
            if not len(rows):
                continue
            i = pending[rows]
            if which == PRIOR:
                drawn = _around_component(prior, out.component[i], noise[rows])
            else:
                drawn = _around_example(prior, examples[base[i]], noise[rows])
            clipped, reason, nearest = judge(measure, drawn, compare=which == PRIOR)
            good = reason < 0
            out.local[i[good]] = clipped.local[good]
            out.nearest[i] = nearest
            sound[rows] = good
            for r in reason[~good]:
                out.n_rejected[REASONS[r]] += 1
        out.tries[pending[sound]] = k + 1
        pending = pending[~sound]
    out.is_fallback[pending] = True
    fallback = np.where(source[pending] == PRIOR, out.nearest[pending], base[pending])
    out.local[pending] = examples.local[fallback]
    return out


def _around_component(prior: GaussianMixturePrior, component: I64, noise: F64) -> Postures:
    """Return postures drawn from components (n,) with standard normal numbers (n, D)."""
    step = np.einsum("nij,nj->ni", prior.factors[component], noise * np.sqrt(TEMPERATURE))
    return prior.space.decode(prior.means[component] + step, np.zeros((len(noise), 2, 5)))


def _around_example(prior: GaussianMixturePrior, postures: Postures, noise: F64) -> Postures:
    """Return postures moved by standard normal numbers (n, D) times what each control may vary by."""
    varied = prior.space.decode(prior.space.encode(postures) + noise * VARIATION, postures.curls)
    varied.local[:, _CLAVICLES] = postures.local[:, _CLAVICLES]  # a shrug stays one
    return varied


def _vary_curls(curls: F64, rngs: list[np.random.Generator]) -> F64:
    """Return curls (N, 2, 5) each hand of which is a little more open or closed."""
    if not rngs:
        return curls
    together = np.stack([rng.normal(size=(2, 1)) for rng in rngs]) * CURL_SPREAD
    each = np.stack([rng.normal(size=(2, 5)) for rng in rngs]) * FINGER_SPREAD
    return np.clip(curls + together + each, -0.1, 1.05)
