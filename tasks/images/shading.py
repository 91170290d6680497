"""What the seen surface looks like: position, normal and texture of each place, and the light that leaves it.

All is in the camera's frame and in linear light: Lambert and Blinn-Phong (SIGGRAPH 1977), a hemisphere of ambient light,
light 0 shadowed by percentage-closer filtering of a shadow map (Reeves, Salesin and Cook, SIGGRAPH 1987).
"""

import math

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.images.places import COLOUR, FACE, NORMAL, POSITION, REMAINING, SPREAD, UV, WEIGHT, X8, Y8
from manikin.tasks.kernel import kernel

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
U8 = NDArray[np.uint8]

_GLOSS = np.float32(0.08)


@kernel
def read_surface(
    places: I32, faces: I32, points: F32, normals: F32, uv: F32, K_inv: F64, R: F64, texel_scale: float, table: F32
) -> None:
    """Write position, normal, uv and texture spread of each place to the table.

    The viewing ray is intersected with the triangle (Möller and Trumbore 1997), which is exact in perspective and holds
    for triangles that cross the near plane; a ray that just misses is moved to the triangle's rim.

    Args:
        places: (N, 5).
        faces: (F, 3).
        points: (V, 3) camera frame.
        normals: (V, 3) world.
        uv: (F, 3, 2).
        K_inv: (2, 3) from pixels to rays with z = 1.
        R: (3, 3) from world to camera.
        texel_scale: 1 / (fx fy): solid angle of a pixel on the axis.
        table: out (N, 16).
    """
    for n in range(places.shape[0]):
        f = places[n, FACE]
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        eighth = np.float32(0.125) / np.float32(places[n, WEIGHT])
        x, y = np.float32(places[n, X8]) * eighth, np.float32(places[n, Y8]) * eighth
        dx = np.float32(K_inv[0, 0] * x + K_inv[0, 1] * y + K_inv[0, 2])
        dy = np.float32(K_inv[1, 0] * x + K_inv[1, 1] * y + K_inv[1, 2])
        x0, y0, z0 = points[a, 0], points[a, 1], points[a, 2]
        x1, y1, z1 = points[b, 0] - x0, points[b, 1] - y0, points[b, 2] - z0
        x2, y2, z2 = points[c, 0] - x0, points[c, 1] - y0, points[c, 2] - z0
        # p = d x e2; det = e1 . p
        px, py, pz = dy * z2 - y2, x2 - dx * z2, dx * y2 - dy * x2
        det = x1 * px + y1 * py + z1 * pz
        if det == 0:
            det = np.float32(1e-20)
        w1 = -(x0 * px + y0 * py + z0 * pz) / det
        w2 = -(dx * (y0 * z1 - z0 * y1) + dy * (z0 * x1 - x0 * z1) + (x0 * y1 - y0 * x1)) / det
        w1 = min(max(w1, np.float32(0)), np.float32(1))
        w2 = min(max(w2, np.float32(0)), np.float32(1) - w1)
        w0 = np.float32(1) - w1 - w2
        z = z0 + w1 * z1 + w2 * z2
        table[n, POSITION], table[n, POSITION + 1], table[n, POSITION + 2] = (
            x0 + w1 * x1 + w2 * x2,
            y0 + w1 * y1 + w2 * y2,
            z,
        )
        nx = w0 * normals[a, 0] + w1 * normals[b, 0] + w2 * normals[c, 0]
        ny = w0 * normals[a, 1] + w1 * normals[b, 1] + w2 * normals[c, 1]
        nz = w0 * normals[a, 2] + w1 * normals[b, 2] + w2 * normals[c, 2]
        s = np.float32(1) / math.sqrt(nx * nx + ny * ny + nz * nz + np.float32(1e-20))
        for r in range(3):
            table[n, NORMAL + r] = (np.float32(R[r, 0]) * nx + np.float32(R[r, 1]) * ny + np.float32(R[r, 2]) * nz) * s
        u0, v0 = uv[f, 0, 0], uv[f, 0, 1]
        u1, v1, u2, v2 = uv[f, 1, 0] - u0, uv[f, 1, 1] - v0, uv[f, 2, 0] - u0, uv[f, 2, 1] - v0
        table[n, UV], table[n, UV + 1] = u0 + w1 * u1 + w2 * u2, v0 + w1 * v1 + w2 * v2
        # a surface element dA covers dA |normal . ray| / z^2 of solid angle; |det| is twice the triangle's share of it
        table[n, SPREAD] = abs(u1 * v2 - u2 * v1) * z * z * np.float32(texel_scale) / abs(det)
        table[n, COLOUR], table[n, COLOUR + 1], table[n, COLOUR + 2] = 0, 0, 0
        table[n, REMAINING] = 1


@kernel
def add_layer(texels: U8, size: int, linear: F32, number: int, ranges: U8, places: I32, table: F32) -> None:
    """Add one texture layer to the colours of places that show it, under those already added: outermost layer first.

    Bilinear, from the pyramid's level nearest to one texel a pixel.

    Args:
        texels: (N, 4) of `Texture`.
        size: side of level 0.
        linear: (256,) linear light of an sRGB value.
        number: of the layer.
        ranges: (F, 2) first and one past the last layer that each triangle shows.
        places: (N, 5).
        table: (N, 16).
    """
    for n in range(table.shape[0]):
        remaining = table[n, REMAINING]
        if remaining < np.float32(0.002):
            continue
        f = places[n, FACE]
        if number < ranges[f, 0] or number >= ranges[f, 1]:
            continue
        spread = table[n, SPREAD] * np.float32(size) * np.float32(size)
        side, start = size, 0
        while spread > 2 and side > 1:
            spread *= np.float32(0.25)
            start += side * side
            side >>= 1
        x = min(max(table[n, UV], np.float32(0)), np.float32(1)) * np.float32(side) - np.float32(0.5)
        y = min(max(table[n, UV + 1], np.float32(0)), np.float32(1)) * np.float32(side) - np.float32(0.5)
        left, top = math.floor(x), math.floor(y)
        fx, fy = x - np.float32(left), y - np.float32(top)
        right, bottom = min(left + 1, side - 1), min(top + 1, side - 1)
        left, top = max(left, 0), max(top, 0)
        i00, i01 = start + top * side + left, start + top * side + right
        i10, i11 = start + bottom * side + left, start + bottom * side + right
        w11, w00 = fx * fy, (np.float32(1) - fx) * (np.float32(1) - fy)
        w01, w10 = fx * (np.float32(1) - fy), (np.float32(1) - fx) * fy
        alpha = w00 * texels[i00, 3] + w01 * texels[i01, 3] + w10 * texels[i10, 3] + w11 * texels[i11, 3]
        if alpha == 0:
            continue
        for k in range(3):
            table[n, COLOUR + k] += remaining * (
                w00 * linear[texels[i00, k]] + w01 * linear[texels[i01, k]]
                + w10 * linear[texels[i10, k]] + w11 * linear[texels[i11, k]]
            )  # fmt: skip
        table[n, REMAINING] = remaining * (np.float32(1) - alpha * np.float32(1 / 255))


@kernel
def light(
    directions: F32,
    colours: F32,
    ambient: F32,
    up: F32,
    hemisphere: float,
    shadow: F32,
    M: F64,
    reach: float,
    table: F32,
) -> None:
    """Turn the table's surface colours into light that leaves towards the camera.

    Args:
        directions: (L, 3) towards the lights, camera frame.
        colours: (L, 3).
        ambient: (3,).
        up: (3,) the world's y in the camera's frame.
        hemisphere: share of the ambient light that a face pointing down lacks.
        shadow: (S, S) height of the nearest surface seen from light 0; (0, 0) = no shadow.
        M: (3, 4) from the camera's frame to the map's texels and heights.
        reach: metres by which a surface is lifted, along its normal and towards the light, before it is tested.
        table: (N, 16).
    """
    for n in range(table.shape[0]):
        nx, ny, nz = table[n, NORMAL], table[n, NORMAL + 1], table[n, NORMAL + 2]
        x, y, z = table[n, POSITION], table[n, POSITION + 1], table[n, POSITION + 2]
        s = np.float32(1) / math.sqrt(x * x + y * y + z * z)
        ex, ey, ez = -x * s, -y * s, -z * s
        facing_up = nx * up[0] + ny * up[1] + nz * up[2]
        a = np.float32(1) - np.float32(hemisphere) * (np.float32(0.5) - np.float32(0.5) * facing_up)
        tr, tg, tb = table[n, COLOUR], table[n, COLOUR + 1], table[n, COLOUR + 2]
        r, g, b = ambient[0] * a * tr, ambient[1] * a * tg, ambient[2] * a * tb
        for k in range(directions.shape[0]):
            lx, ly, lz = directions[k, 0], directions[k, 1], directions[k, 2]
            diffuse = nx * lx + ny * ly + nz * lz
            if diffuse <= 0:
                continue
            seen = np.float32(1)
            if k == 0 and shadow.shape[0] > 0:
                seen = _seen(
                    shadow, M, x + np.float32(reach) * nx, y + np.float32(reach) * ny, z + np.float32(reach) * nz, reach
                )
                if seen == 0:
                    continue
            hx, hy, hz = ex + lx, ey + ly, ez + lz
            h = max(nx * hx + ny * hy + nz * hz, np.float32(0)) / math.sqrt(
                hx * hx + hy * hy + hz * hz + np.float32(1e-12)
            )
            h4 = h * h * h * h
            h16 = h4 * h4 * h4 * h4
            gloss = _GLOSS * h16 * seen
            diffuse *= seen
            r += colours[k, 0] * (tr * diffuse + gloss)
            g += colours[k, 1] * (tg * diffuse + gloss)
            b += colours[k, 2] * (tb * diffuse + gloss)
        table[n, COLOUR], table[n, COLOUR + 1], table[n, COLOUR + 2] = r, g, b


@kernel
def _seen(shadow: F32, M: F64, x: np.float32, y: np.float32, z: np.float32, reach: float) -> np.float32:
    """Return the share of 3 x 3 texels, smoothly weighted, from which the light reaches a point."""
    u = np.float32(M[0, 0] * x + M[0, 1] * y + M[0, 2] * z + M[0, 3]) - np.float32(0.5)
    v = np.float32(M[1, 0] * x + M[1, 1] * y + M[1, 2] * z + M[1, 3]) - np.float32(0.5)
    height = np.float32(M[2, 0] * x + M[2, 1] * y + M[2, 2] * z + M[2, 3] + reach)
    left, top = math.floor(u), math.floor(v)
    if left < 1 or top < 1 or left + 2 >= shadow.shape[1] or top + 2 >= shadow.shape[0]:
        return np.float32(1)
    fx, fy = u - np.float32(left), v - np.float32(top)
    total = np.float32(0)
    for j in range(-1, 3):
        wy = np.float32(1) - fy if j == -1 else fy if j == 2 else np.float32(1)
        row = np.float32(0)
        for i in range(-1, 3):
            if shadow[top + j, left + i] <= height:
                row += np.float32(1) - fx if i == -1 else fx if i == 2 else np.float32(1)
        total += wy * row
    return total * np.float32(1 / 9)
