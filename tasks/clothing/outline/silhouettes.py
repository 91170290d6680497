"""Outlines of garments as a few numbers: what a top, a vest, a pair of trousers and a skirt look like laid flat.

Each kind has a vector of parameters in garment units (the longer side of the photo's silhouette is 1; x right, y down, in
the garment's own upright frame) and a function from the vector to named points. `landmarks` bends the vector until the
drawn outline covers the photo's silhouette, so that the named points come out even where sleeve and body touch.
"left" and "right" are the wearer's: the wearer's left is on the right of the picture.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

Values = dict[str, float]
Points = dict[str, tuple[float, float]]
SIDES = (("left", 1.0), ("right", -1.0))


@dataclass(frozen=True, slots=True)
class Tie:
    """What garments keep to: a weighted sum of up to four parameters has a usual value, or seldom exceeds it."""

    weights: Mapping[str, float]
    usual: float
    spread: float
    is_limit: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Silhouette:
    """One kind of outline, equal to itself alone.

    `parameters` holds each parameter's usual value and how far it is apt to stray; `starts` the first guesses, as what
    differs from the usual; `outlines` polygons by point names, whose union is the silhouette, a hood last; `edges` the
    stretches of outline that the body has too, as point names from one end to the other. `points` is linear in the
    parameters but for tilt and limbs.
    """

    name: str
    parameters: Mapping[str, tuple[float, float]]
    points: Callable[[Mapping[str, float]], Points]
    outlines: tuple[tuple[str, ...], ...]
    edges: Mapping[str, tuple[str, ...]]
    starts: tuple[Values, ...]
    limb: tuple[str, str, str] | None = None  # on each side: names of limb, joint and end
    ties: tuple[Tie, ...] = ()
    handicap: float = 0.0  # overlap by which it must beat a top: tops are common, skirts rare; sleeves fit anything


_SLEEVE, _LEG = ("sleeve", "elbow", "cuff"), ("leg", "knee", "ankle")


def _place(p: Mapping[str, float], points: Points) -> Points:
    cos, sin = math.cos(p["tilt"]), math.sin(p["tilt"])
    return {k: (p["x"] + cos * x - sin * y, p["y"] + sin * x + cos * y) for k, (x, y) in points.items()}


def _limb(points: Points, sign: float, side: str, names: tuple[str, str, str], p: Mapping[str, float]) -> None:
    """Add the outer and inner points at a limb's joint and end; `names` are limb, joint and end."""
    limb, joint, end = names
    x, y = points[f"{limb}_root_{side}"]
    for k, name in ((1, joint), (2, end)):
        angle, length, half = p[f"{limb}_angle{k}_{side}"], p[f"{limb}_length{k}_{side}"], p[f"{limb}_width{k}"] / 2
        dx, dy = sign * math.sin(angle), math.cos(angle)
        x, y = x + length * dx, y + length * dy
        points[f"{name}_outer_{side}"] = (x + sign * half * dy, y - sign * half * dx)
        points[f"{name}_inner_{side}"] = (x - sign * half * dy, y + sign * half * dx)


def _top_points(p: Mapping[str, float]) -> Points:
    q: Points = {"neck_centre": (0.0, p["neck_drop"]), "hem_centre": (0.0, p["hem_y"]), "hood_top": (0.0, -p["hood"])}
    for side, s in SIDES:
        q[f"neck_{side}"] = (s * p["neck_half"], 0.0)
        q[f"hood_{side}"] = (s * p["hood_half"], -0.55 * p["hood"])
        q[f"shoulder_{side}"] = (s * p["shoulder_half"], p["shoulder_drop"])
        q[f"armpit_{side}"] = (s * p["chest_half"], p["armpit_y"])
        q[f"waist_{side}"] = (s * p["waist_half"], 0.5 * (p["armpit_y"] + p["hem_y"]))
        q[f"hem_{side}"] = (s * p["hem_half"], p["hem_y"])
        q[f"sleeve_root_{side}"] = (
            s * 0.5 * (p["shoulder_half"] + p["chest_half"]),
            0.5 * (p["shoulder_drop"] + p["armpit_y"]),
        )
        _limb(q, s, side, _SLEEVE, p)
    return _place(p, q)


def _vest_points(p: Mapping[str, float]) -> Points:
    q: Points = {"neck_centre": (0.0, p["neck_drop"]), "hem_centre": (0.0, p["hem_y"])}
    for side, s in SIDES:
        q[f"neck_{side}"] = (s * p["neck_half"], 0.0)
        q[f"shoulder_{side}"] = (s * p["shoulder_half"], p["shoulder_drop"])
        q[f"armhole_{side}"] = (s * p["armhole_half"], 0.35 * p["shoulder_drop"] + 0.65 * p["armpit_y"])
        q[f"armpit_{side}"] = (s * p["chest_half"], p["armpit_y"])
        q[f"waist_{side}"] = (s * p["waist_half"], 0.5 * (p["armpit_y"] + p["hem_y"]) - p.get("waist_rise", 0.0))
        q[f"hem_{side}"] = (s * p["hem_half"], p["hem_y"])
    return _place(p, q)


def _trouser_points(p: Mapping[str, float]) -> Points:
    q: Points = {"waist_centre": (0.0, 0.0), "crotch": (0.0, p["crotch_y"])}
    for side, s in SIDES:
        q[f"waist_{side}"] = (s * p["waist_half"], 0.0)
        q[f"hip_{side}"] = (s * p["hip_half"], 0.75 * p["crotch_y"])
        q[f"leg_root_{side}"] = (s * 0.5 * p["hip_half"], 0.9 * p["crotch_y"])
        _limb(q, s, side, _LEG, p)
    return _place(p, q)


def _skirt_points(p: Mapping[str, float]) -> Points:
    q: Points = {"waist_centre": (0.0, 0.0), "hem_centre": (0.0, p["hem_y"] + p["hem_sag"])}
    for side, s in SIDES:
        q[f"waist_{side}"] = (s * p["waist_half"], 0.0)
        q[f"hip_{side}"] = (s * p["hip_half"], 0.4 * p["hem_y"])
        q[f"hem_{side}"] = (s * p["hem_half"], p["hem_y"])
        q[f"hem_middle_{side}"] = (0.5 * s * p["hem_half"], p["hem_y"] + 0.75 * p["hem_sag"])
    return _place(p, q)


def _both(**values: tuple[float, float]) -> dict[str, tuple[float, float]]:
    return {f"{name}_{side}": value for name, value in values.items() for side, _ in SIDES}


def _start(limb: str, angle1: float, length1: float, angle2: float, length2: float, **rest: float) -> Values:
    bent = {"angle1": angle1, "length1": length1, "angle2": angle2, "length2": length2}
    return {f"{limb}_{k}_{side}": v for k, v in bent.items() for side, _ in SIDES} | rest


def _mirrored(**edges: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    return {f"{name}_{side}": tuple(f"{p}_{side}" for p in edge) for name, edge in edges.items() for side, _ in SIDES}


_HUNG = {"shoulder_half": 0.3, "chest_half": 0.26, "waist_half": 0.26, "hem_half": 0.3}
_PLACE = {"x": (0.0, 0.3), "y": (0.0, 0.3), "tilt": (0.0, 0.3)}

TOP = Silhouette(
    name="top",
    parameters=_PLACE
    | {
        "neck_half": (0.12, 0.05),
        "neck_drop": (0.03, 0.02),
        "shoulder_half": (0.28, 0.06),
        "shoulder_drop": (0.06, 0.015),
        "chest_half": (0.30, 0.06),
        "armpit_y": (0.30, 0.06),
        "waist_half": (0.30, 0.07),
        "hem_half": (0.31, 0.08),
        "hem_y": (0.90, 0.25),
        "sleeve_width1": (0.18, 0.05),
        "sleeve_width2": (0.15, 0.05),
        "hood": (0.0, 0.1),
        "hood_half": (0.14, 0.04),
    }
    | _both(
        sleeve_angle1=(0.9, 0.5), sleeve_length1=(0.13, 0.15), sleeve_angle2=(0.7, 0.6), sleeve_length2=(0.12, 0.15)
    ),
    ties=(
        Tie({"shoulder_half": 1.0, "chest_half": -0.92}, 0.0, 0.06),
        Tie({"shoulder_half": -1.0, "chest_half": 0.92}, 0.0, 0.033, is_limit=True),
        Tie(
            {"sleeve_length1_left": 1.0, "sleeve_length2_left": 1.0}
            | {"sleeve_length1_right": -1.0, "sleeve_length2_right": -1.0},
            *(0.0, 0.06),
        ),
        *(Tie({f"sleeve_angle2_{side}": -1.0}, 0.2, 0.25, is_limit=True) for side, _ in SIDES),
    ),
    points=_top_points,
    limb=_SLEEVE,
    outlines=(
        (
            *("neck_left", "shoulder_left", "armpit_left", "waist_left", "hem_left"),
            *("hem_right", "waist_right", "armpit_right", "shoulder_right", "neck_right", "neck_centre"),
        ),
        *(
            tuple(
                f"{p}_{side}" for p in ("shoulder", "elbow_outer", "cuff_outer", "cuff_inner", "elbow_inner", "armpit")
            )
            for side, _ in SIDES
        ),
        ("neck_left", "hood_left", "hood_top", "hood_right", "neck_right", "neck_centre"),
    ),
    edges=_mirrored(
        shoulder=("neck", "shoulder"),
        sleeve_outer=("shoulder", "elbow_outer", "cuff_outer"),
        cuff=("cuff_outer", "cuff_inner"),
        sleeve_inner=("cuff_inner", "elbow_inner", "armpit"),
        side=("armpit", "waist", "hem"),
    )
    | {"hem": ("hem_left", "hem_centre", "hem_right")},
    starts=(
        {},
        _start("sleeve", 0.3, 0.15, 0.2, 0.12, sleeve_width1=0.16, sleeve_width2=0.14, shoulder_half=0.3),
        _start("sleeve", 1.2, 0.04, 1.2, 0.03),
        _start("sleeve", 0.3, 0.33, 0.15, 0.32),
        _start("sleeve", 0.9, 0.30, 0.8, 0.30),
        _start("sleeve", 0.12, 0.36, 0.04, 0.36, sleeve_width1=0.14, sleeve_width2=0.11, **_HUNG),
        _start("sleeve", 0.5, 0.30, 0.2, 0.30, hood=0.28),
        _start("sleeve", 1.2, 0.05, 1.2, 0.04, hem_y=1.6, hem_half=0.4),
        _start("sleeve", 0.3, 0.33, 0.15, 0.32, hem_y=1.6, hem_half=0.4),
    ),
)

# Dresses are mostly longer than tops, and hang with their sleeves at their sides.
DRESS = replace(
    TOP,
    starts=(
        *TOP.starts,
        _start("sleeve", 0.4, 0.20, 0.3, 0.20, hem_y=1.3, hem_half=0.35),
        _start("sleeve", 0.15, 0.25, 0.1, 0.25, sleeve_width1=0.16, sleeve_width2=0.13, hem_y=1.3, **_HUNG),
        _start("sleeve", 0.15, 0.35, 0.05, 0.35, sleeve_width1=0.14, sleeve_width2=0.11, hem_y=1.4, **_HUNG),
    ),
    ties=(*TOP.ties, Tie({"shoulder_half": 0.85, "armpit_y": -1.0}, 0.0, 0.03, is_limit=True)),
)

VEST = Silhouette(
    name="vest",
    parameters=_PLACE
    | {
        "neck_half": (0.12, 0.05),
        "neck_drop": (0.10, 0.08),
        "shoulder_half": (0.19, 0.05),
        "shoulder_drop": (0.02, 0.015),
        "armhole_half": (0.2, 0.05),
        "chest_half": (0.29, 0.06),
        "armpit_y": (0.32, 0.07),
        "waist_half": (0.29, 0.07),
        "hem_half": (0.31, 0.08),
        "hem_y": (0.95, 0.25),
    },
    points=_vest_points,
    outlines=(
        (
            *("neck_left", "shoulder_left", "armhole_left", "armpit_left", "waist_left", "hem_left"),
            *("hem_right", "waist_right", "armpit_right", "armhole_right", "shoulder_right", "neck_right"),
            "neck_centre",
        ),
    ),
    edges=_mirrored(
        shoulder=("neck", "shoulder"), armhole=("shoulder", "armhole", "armpit"), side=("armpit", "waist", "hem")
    )
    | {"hem": ("hem_left", "hem_centre", "hem_right")},
    starts=({}, {"hem_y": 1.6, "hem_half": 0.4}),
    handicap=-0.01,
)
# What straps hold, less these, ends at a nearly level edge across the chest.
HELD = replace(
    VEST,
    parameters={**VEST.parameters, "neck_drop": (0.02, 0.03)},
    starts=tuple(
        {"neck_half": 0.14, "shoulder_half": 0.25, "armhole_half": 0.28, "armpit_y": 0.2} | wide
        for wide in ({}, {"hem_half": 0.42}, {"hem_y": 1.5, "hem_half": 0.4})
    ),
    ties=(Tie({"shoulder_half": -1.0, "neck_half": 1.2}, 0.0, 0.01, is_limit=True),),
)

# Shirts whose sleeves were left off keep their shoulders.
SLEEVELESS_SHIRT = replace(
    VEST,
    starts=({"shoulder_half": 0.28, "shoulder_drop": 0.05, "armhole_half": 0.29, "armpit_y": 0.36},),
    handicap=0.007,
)

# A vest's outline, of a dress that may be narrowest at a waist above its middle and wide at its hem.
WAISTED = replace(
    VEST,
    parameters={**VEST.parameters, "waist_rise": (0.0, 0.1)},
    starts=(
        *VEST.starts,
        *(
            {"waist_rise": 0.12, "waist_half": 0.2, "chest_half": 0.24, "hem_half": wide, "hem_y": long}
            for wide, long in ((0.4, 1.1), (0.5, 0.8))
        ),
    ),
    ties=(
        Tie({"waist_rise": -1.0}, 0.0, 0.02, is_limit=True),
        Tie({"armpit_y": 1.0, "chest_half": -1.5}, 0.0, 0.04, is_limit=True),
        Tie({"chest_half": 1.0, "waist_half": -1.25}, 0.0, 0.02, is_limit=True),
    ),
)

TROUSERS = Silhouette(
    name="trousers",
    parameters=_PLACE
    | {
        "waist_half": (0.2, 0.08),
        "hip_half": (0.25, 0.08),
        "crotch_y": (0.32, 0.08),
        "leg_width1": (0.17, 0.06),
        "leg_width2": (0.14, 0.06),
    }
    | _both(leg_angle1=(0.08, 0.2), leg_length1=(0.3, 0.15), leg_angle2=(0.06, 0.2), leg_length2=(0.35, 0.15)),
    points=_trouser_points,
    limb=_LEG,
    outlines=(
        (
            *("waist_left", "hip_left", "knee_outer_left", "ankle_outer_left", "ankle_inner_left", "knee_inner_left"),
            "crotch",
            *("knee_inner_right", "ankle_inner_right", "ankle_outer_right", "knee_outer_right", "hip_right"),
            "waist_right",
        ),
    ),
    edges=_mirrored(side=("waist", "hip", "knee_outer", "ankle_outer"), ankle=("ankle_outer", "ankle_inner"))
    | {f"inseam_{side}": (f"ankle_inner_{side}", f"knee_inner_{side}", "crotch") for side, _ in SIDES}
    | {"waist": ("waist_left", "waist_centre", "waist_right")},
    starts=(
        {},
        _start(
            "leg", 0.8, 0.06, 0.8, 0.04, waist_half=0.38, hip_half=0.45, crotch_y=0.55, leg_width1=0.4, leg_width2=0.4
        ),
        _start(
            "leg", 0.2, 0.12, 0.2, 0.12, waist_half=0.3, hip_half=0.38, crotch_y=0.4, leg_width1=0.36, leg_width2=0.36
        ),
        _start(
            "leg", 0.1, 0.2, 0.1, 0.25, waist_half=0.25, hip_half=0.3, crotch_y=0.35, leg_width1=0.25, leg_width2=0.22
        ),
    ),
)

SKIRT = Silhouette(
    name="skirt",
    parameters=_PLACE
    | {
        "waist_half": (0.28, 0.06),
        "hip_half": (0.38, 0.1),
        "hem_half": (0.45, 0.15),
        "hem_y": (0.8, 0.2),
        "hem_sag": (0.03, 0.08),
    },
    points=_skirt_points,
    outlines=(
        (
            *("waist_left", "hip_left", "hem_left", "hem_middle_left", "hem_centre"),
            *("hem_middle_right", "hem_right", "hip_right", "waist_right"),
        ),
    ),
    edges=_mirrored(side=("waist", "hip", "hem"))
    | {
        "hem": ("hem_left", "hem_middle_left", "hem_centre", "hem_middle_right", "hem_right"),
        "waist": ("waist_left", "waist_centre", "waist_right"),
    },
    handicap=0.02,
    starts=(
        {},
        {"waist_half": 0.2, "hip_half": 0.25, "hem_half": 0.22, "hem_y": 1.0},
        {"hem_half": 0.6, "hip_half": 0.4, "hem_sag": 0.15},
        {"waist_half": 0.22, "hem_half": 0.5, "hip_half": 0.32, "hem_y": 0.5, "hem_sag": 0.1},
    ),
)
