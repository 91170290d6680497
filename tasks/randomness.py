"""Numbered random streams: image 4711 draws the same numbers whatever the shards, workers, order or retries."""

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """What a stream is for. Numbers are part of every dataset's identity: add at the end, never renumber."""

    POSE = 0
    SHAPE = 1
    OUTFIT = 2
    CAMERA = 3
    LIGHT = 4
    BACKGROUND = 5
    AUGMENT = 6
    PRIOR = 7
    TEXTURE = 8
    COMPOSITE = 9
    LIFT = 10
    LOOKS = 11
    VARIATION = 12


def rng_for(seed: int, stream: Stream, index: int = 0) -> np.random.Generator:
    """Return the generator of one stream of one item (an image, a pose, a garment).

    Args:
        seed: the run's seed, >= 0.
        stream: what is drawn.
        index: the item's number, >= 0.
    """
    return np.random.default_rng([index, int(stream), seed])
