"""The same bytes on other processors: everything drawn once more by code compiled for the oldest x86-64."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

DRAW = """
import hashlib
import numpy as np
from manikin.tasks.adaptation.augment import augment_image, sample_augmentation
from manikin.tasks.images.background import crop_background
from manikin.tasks.images.camera import Camera
from manikin.tasks.images.composite import MODES, composite, ground_shadow
from manikin.tasks.images.rasterize import NumbaRenderer
from manikin.tasks.images.renderer import Lights, Mesh
from manikin.tasks.images.texture import Texture

rng = np.random.default_rng(0)
n = 24
v, u = np.meshgrid(np.linspace(0.01, 3.13, n), np.linspace(0, 6.28, n), indexing="ij")
r = 0.5 + 0.1 * rng.random((n, n))
points = np.stack([r * np.sin(v) * np.sin(u), 0.7 + np.cos(v) * r, r * np.sin(v) * np.cos(u)], -1)
normals = np.stack([np.sin(v) * np.sin(u), np.cos(v), np.sin(v) * np.cos(u)], -1).reshape(-1, 3)
i = (np.arange(n - 1)[:, None] * n + np.arange(n - 1)).ravel()
faces = np.concatenate([np.stack([i, i + n, i + n + 1], -1), np.stack([i, i + n + 1, i + 1], -1)]).astype(np.int32)
uv = np.stack([u, v], -1).reshape(-1, 2)[faces].astype(np.float32) / np.float32(6.3)
points, normals = (np.round(a, 6).astype(np.float32) for a in (points.reshape(-1, 3), normals))
mesh = Mesh(faces, uv, rng.integers(1, 15, len(faces)).astype(np.uint8))
layers = [Texture.from_rgba(rng.integers(0, 256, (s, s, 4)).astype(np.uint8)) for s in (64, 32)]
T = np.diag([1.0, -1, -1, 1])
T[:3, 3] = (0.05, 0.9, 2.5)
camera = Camera(np.array([[110.0, 0, 50], [0, 110, 45], [0, 0, 1]]), T, 100, 90)
lights = Lights(np.array([[0.48, 0.6, 0.64], [-0.8, 0, 0.6]]), rng.random((2, 3)), np.array([0.2, 0.25, 0.3]))
frame = NumbaRenderer().render(mesh, points, normals, layers, camera, lights)
photo = crop_background(rng.integers(0, 256, (150, 170, 3)).astype(np.uint8), (0.1, 0.1, 0.83, 0.77), True, (90, 100))
photo = ground_shadow(photo, camera, points, lights, 0.8)
images = [composite(mode, frame, photo, 0.9, 5) for mode in MODES]
images += [augment_image(images[2], sample_augmentation(np.random.default_rng(k), 1.0, 90)) for k in range(12)]
assert frame.mask.any()
data = b"".join(a.tobytes() for a in (frame.rgba, frame.depth, frame.normal, frame.part, *images))
print(hashlib.sha256(data).hexdigest())
"""


def drawn(**environment: str) -> str:
    command = [sys.executable, "-c", DRAW]
    result = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


@pytest.mark.slow
def test_code_for_the_oldest_processor_draws_the_same_bytes(tmp_path: Path) -> None:
    oldest = drawn(
        NUMBA_CACHE_DIR=str(tmp_path),
        NUMBA_CPU_NAME="generic",
        NUMBA_CPU_FEATURES="",
        OPENCV_CPU_DISABLE="AVX512-SKX,AVX2,FP16,AVX,SSE4.2,SSE4.1,SSSE3",
        OPENCV_IPP="disabled",
        NPY_DISABLE_CPU_FEATURES="X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
    )
    assert oldest == drawn()
