"""Light over a person: one key light from a direction uniform over the hemisphere, and ambient light from all around.

The key light has the colour of a black body (M. Charity's table after the CIE 1964 observer), from an evening lamp to a
clear sky.
"""

from dataclasses import dataclass

import numpy as np

from manikin.tasks.images.renderer import Lights

# Kelvin, and sRGB of a black body at it.
BLACK_BODY = (
    (3000, (255, 180, 107)),
    (4000, (255, 209, 163)),
    (5000, (255, 228, 206)),
    (6000, (255, 243, 239)),
    (6600, (255, 249, 253)),
    (7000, (245, 243, 255)),
    (8000, (227, 233, 255)),
    (10000, (204, 219, 255)),
)


@dataclass(frozen=True, slots=True)
class LightPlan:
    """The light of one image; the plan stores these fields as they are."""

    light_azimuth_deg: float
    light_elevation_deg: float
    light_kelvin: float
    key: float  # irradiance of the key light, 1 = white paper facing it is white
    ambient: float


def sample_light(rng: np.random.Generator) -> LightPlan:
    """Return a light drawn for one image from the row's light stream."""
    return LightPlan(
        light_azimuth_deg=float(rng.uniform(-180, 180)),
        light_elevation_deg=float(np.rad2deg(np.arcsin(rng.uniform(0, 1)))),  # uniform over the hemisphere's area
        light_kelvin=float(rng.uniform(4000, 8000)),
        key=float(np.clip(rng.normal(0.72, 0.18), 0.3, 1.2)),
        ambient=float(np.clip(rng.normal(0.34, 0.09), 0.15, 0.6)),
    )


def lights_of(plan: LightPlan) -> Lights:
    """Return the lights that a plan describes, in world coordinates and linear RGB."""
    azimuth, elevation = np.deg2rad(plan.light_azimuth_deg), np.deg2rad(plan.light_elevation_deg)
    flat = np.cos(elevation)
    colour = black_body(plan.light_kelvin)
    return Lights(
        directions=np.array([[flat * np.sin(azimuth), np.sin(elevation), flat * np.cos(azimuth)]]),
        colours=plan.key * colour[None],
        ambient=plan.ambient * (0.5 + 0.5 * black_body(6600)),
        shadow=True,
    )


def black_body(kelvin: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the linear RGB colour of a black body, its largest channel 1.

    Args:
        kelvin: temperature within 3000..10000.
    """
    kelvins = [k for k, _ in BLACK_BODY]
    linear = (np.array([c for _, c in BLACK_BODY]) / 255) ** 2.2
    return np.array([np.interp(kelvin, kelvins, linear[:, i]) for i in range(3)])
