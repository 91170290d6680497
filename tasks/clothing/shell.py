"""Cloth that hangs off a body: a mesh bound to the body's triangles, posed with it, and drawn in its place.

A shell is cut from the body's own surface (`cut`) and lifted along its normals by a slack (`slack`), so it follows every
shape and pose of the body. Body triangles that it covers wholly are not drawn.
"""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.kernel import kernel

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
U8 = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Shell:
    """G vertices and H triangles of cloth on a body of V vertices and F triangles."""

    corner: I32  # (G, 3) body vertices that each cloth vertex is bound to
    weight: F32  # (G, 3) their barycentric weights
    offset: F32  # (G,) metres along the body's normal
    faces: I32  # (H, 3) counter-clockwise seen from outside; an inner strip at each edge is seen from inside
    uv: F32  # (H, 3, 2) into the garment's own texture
    part: U8  # (H,) body part of the triangle beneath
    beneath: I32  # (H,) body triangle that each cloth triangle lies over
    is_inner: NDArray[np.bool_]  # (H,) whether a triangle is of the inner strip, which is in the shade
    hides: I32  # (M,) body triangles that the cloth covers wholly, edges excepted

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the fields by name, as they are stored."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


def pose_cloth(shell: Shell, vertices: F32, normals: F32) -> F32:
    """Return the vertices (G, 3) of the cloth on a posed body.

    Args:
        shell: the cloth.
        vertices: (V, 3) of the body, metres.
        normals: (V, 3) of the body, unit.
    """
    out = np.empty((len(shell.offset), 3), np.float32)
    follow(shell.corner, shell.weight, shell.offset, vertices, normals, out)
    return out


@kernel
def follow(corner: I32, weight: F32, offset: F32, vertices: F32, normals: F32, out: F32) -> None:
    """Fill out (G, 3) with points bound to body triangles and lifted along the normals there."""
    for g in range(corner.shape[0]):
        a, b, c = corner[g, 0], corner[g, 1], corner[g, 2]
        for k in range(3):
            out[g, k] = (
                weight[g, 0] * (vertices[a, k] + offset[g] * normals[a, k])
                + weight[g, 1] * (vertices[b, k] + offset[g] * normals[b, k])
                + weight[g, 2] * (vertices[c, k] + offset[g] * normals[c, k])
            )
