"""What must be true of a finished data set's index: labels agree with cameras, and pictures show a person."""

from typing import Any

import pandas as pd

from manikin.validation.suite import Check, require, run_suite

HALF_A_PIXEL = 0.5


def index_checks(images: int, size: int) -> list[Check]:
    """Return the checks of an index of so many images of a size."""
    return [
        Check("image", low=0, high=images - 1, unique=True),
        Check("reprojection_px", low=0, high=HALF_A_PIXEL),
        Check("bone_ratio", low=2.0, high=4.0),
        Check("on_person", low=0.5, high=1, critical=False),
        Check("on_person_mean", low=0.95, high=1),
        Check("mask_share", low=0.005, high=0.98, mostly=0.95),
        Check("box_x", low=0, high=size - 1),
        Check("box_y", low=0, high=size - 1),
        Check("box_w", low=1, high=size, mostly=0.95),
        Check("box_h", low=1, high=size, mostly=0.95),
        Check("image_std", low=3, high=128, mostly=0.95),
        Check("image_mean", low=10, high=245, critical=False, mostly=0.98),
        Check("coco17_visible", low=3, high=17, critical=False, mostly=0.95),
    ]


def check_index(index: pd.DataFrame, images: int, size: int) -> list[dict[str, Any]]:
    """Return what the checks found in an index.

    Raises:
        InputError: a critical check failed; the data set is not released.
    """
    findings = run_suite(index, index_checks(images, size), "index")
    require(findings, "the data set", "it was not released; look at the images named and report this")
    return findings
