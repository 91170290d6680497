"""Poses for the plan: drawn from the prior, around key poses and from motion, checked, and put in the order of their rows.

Row i draws from its own stream, so it is the same pose whatever else is drawn. A draw that does not look like a person is
drawn again, of the same kind (the prior's first choice) but nearer to what it is made of each time, after some tries of
another kind; a row that finds none takes the example nearest to its last draw. All of it is counted. Angles are rounded to
1e-5 rad, below what anything shows, so that the last bits of a machine's arithmetic do not reach the plan.
"""

from dataclasses import dataclass, fields, replace
from math import isclose

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.errors import InputError
from manikin.tasks.poses.anatomy import SEGMENT
from manikin.tasks.poses.controls import N_CONTROLS, VARIATION
from manikin.tasks.poses.coverage import farthest_points
from manikin.tasks.poses.kinematics import compared_joints, joint_places
from manikin.tasks.poses.plausibility import REASONS, Plausibility, judge
from manikin.tasks.poses.postures import Postures, pose_of
from manikin.tasks.poses.prior import Prior
from manikin.tasks.randomness import Stream, rng_for

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
Bool = NDArray[np.bool_]
Str = NDArray[np.str_]

SOURCES = ("prior", "key pose", "mocap")
PRIOR, KEY, MOCAP = range(len(SOURCES))
TEMPERATURE = 0.9  # of the prior's noise
COOLING, TRIES_A_KIND, TRIES = 0.93, 8, 24  # each try's spread over the last one's; tries before another kind
CANDIDATES = 4  # for each pose that fills a hole
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
    example: I32  # (N,) row of the key pose or frame it is or varies; for the prior's, of the nearest one
    origin: Str  # (N,) that example's name
    made_of: I32  # (N, P) what each of the prior's parts was taken from, see `Prior`; -1 where it is not from there
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
    prior: Prior, measure: Plausibility, n: int, seed: int, mix: Mix | None = None, first: int = 0
) -> tuple[PoseBatch, RejectionReport]:
    """Return the poses of rows first to first + n - 1 and the count of what was rejected on the way.

    Args:
        prior: what poses are drawn from.
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
    base = _draw_base(source, rngs, measure)
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
        example=origin.astype(np.int32),
        origin=measure.examples.names[origin],
        made_of=drawn.made_of,
        airborne=labels == "airborne",
        tries=drawn.tries,
        is_fallback=drawn.is_fallback,
    )
    report = RejectionReport(n, int(drawn.tries.sum()), drawn.n_rejected, int(drawn.is_fallback.sum()))
    return batch, report


def sample_evenly(
    prior: Prior, measure: Plausibility, n: int, seed: int, mix: Mix | None = None, first: int = 0
) -> tuple[PoseBatch, RejectionReport]:
    """Return n poses that fill the holes: of `CANDIDATES` times as many, each the farthest from those before it.

    Takes what `sample_poses` takes. The candidates are its rows from first * CANDIDATES on; which of them are chosen depends
    on all of them, so a row is the same only with the same `first` and `n`. The report counts all candidates' draws.
    """
    batch, report = sample_poses(prior, measure, CANDIDATES * n, seed, mix, CANDIDATES * first)
    joints = compared_joints(measure.anatomy, joint_places(measure.anatomy, batch.poses))
    rows = farthest_points(np.round(joints, DECIMALS), n)
    chosen = PoseBatch(**{f.name: getattr(batch, f.name)[rows] for f in fields(PoseBatch)})
    return chosen, replace(report, n_poses=n, n_fallbacks=int(chosen.is_fallback.sum()))


@dataclass(slots=True)
class _Drawn:
    local: F64
    nearest: I64
    made_of: I32
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


def _draw_base(source: I64, rngs: list[np.random.Generator], measure: Plausibility) -> I64:
    """Return the row of the example that each pose starts from; of no meaning for the prior's."""
    rows = {which: np.flatnonzero(measure.examples.is_key == (which == KEY)) for which in (KEY, MOCAP)}
    return np.array(
        [
            0 if s == PRIOR else rows[int(s)][rng.integers(len(rows[int(s)]))]
            for s, rng in zip(source, rngs, strict=True)
        ],
        np.int64,
    )


def _draw_sound(prior: Prior, measure: Plausibility, rngs: list[np.random.Generator], source: I64, base: I64) -> _Drawn:
    """Return a sound posture for every row: all rows that still lack one are drawn and judged together."""
    n = len(rngs)
    examples = measure.examples.postures
    out = _Drawn(
        local=examples.local[base].copy(),  # motion stays as it is
        nearest=np.zeros(n, np.int64),
        made_of=np.full((n, len(prior.parts)), -1, np.int32),
        tries=np.where(source == MOCAP, 0, TRIES).astype(np.int32),
        is_fallback=np.zeros(n, bool),
        n_rejected=dict.fromkeys(REASONS, 0),
    )
    pending = np.flatnonzero(source != MOCAP)
    kind = np.zeros(n)
    for k in range(TRIES):
        if not len(pending):
            break
        choices = np.stack([rngs[i].random(prior.n_choices) for i in pending])
        noise = np.stack([rngs[i].normal(size=N_CONTROLS) for i in pending]) * COOLING ** (k % TRIES_A_KIND)
        if k % TRIES_A_KIND == 0:
            kind[pending] = choices[:, 0]
        choices[:, 0] = kind[pending]
        sound = np.zeros(len(pending), bool)
        for which in (PRIOR, KEY):
            at = np.flatnonzero(source[pending] == which)
            rows = pending[at]
            if which == PRIOR:
                draws = prior.draw(choices[at], noise[at] * TEMPERATURE)
                out.made_of[rows] = draws.made_of
                drawn = prior.space.decode(draws.controls, np.zeros((len(at), 2, 5)))
            else:
                drawn = _around_example(prior, examples[base[rows]], noise[at])
            sound[at] = _keep_sound(out, rows, drawn, measure, compare=which == PRIOR)
        out.tries[pending[sound]] = k + 1
        pending = pending[~sound]
    out.is_fallback[pending] = True
    fallback = np.where(source[pending] == PRIOR, out.nearest[pending], base[pending])
    out.local[pending] = examples.local[fallback]
    out.made_of[pending] = -1
    return out


def _keep_sound(out: _Drawn, rows: I64, drawn: Postures, measure: Plausibility, compare: bool) -> Bool:
    """Put sound postures into their rows, count the others' reasons, and return which are sound (n,)."""
    if not len(rows):
        return np.zeros(0, bool)
    clipped, reason, out.nearest[rows] = judge(measure, drawn, compare)
    good = reason < 0
    out.local[rows[good]] = clipped.local[good]
    for r in reason[~good]:
        out.n_rejected[REASONS[r]] += 1
    return np.asarray(good)


def _around_example(prior: Prior, postures: Postures, noise: F64) -> Postures:
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
