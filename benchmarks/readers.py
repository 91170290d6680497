"""CPU time to read motion: a BVH and an ASF/AMC of 10,000 frames on a skeleton like CMU's, one thread.

python benchmarks/readers.py --frames 10000
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.poses.clip import Clip
from manikin.tasks.poses.read_acclaim import read_acclaim
from manikin.tasks.poses.read_bvh import read_bvh

ROUNDS = 3
BONES = {  # 31 joints: parent, inches / 0.45 from the parent's joint; "*" stands for l and r, x for the side's sign
    "lowerback": ("root", (0, 2, 0)),
    "upperback": ("lowerback", (0, 2, 0)),
    "thorax": ("upperback", (0, 2, 0)),
    "lowerneck": ("thorax", (0, 2, 0)),
    "upperneck": ("lowerneck", (0, 2, 0)),
    "head": ("upperneck", (0, 2, 0)),
    **{
        name.replace("*", side): (parent.replace("*", side), (x if side == "l" else -x, y, z))
        for side in "lr"
        for name, parent, (x, y, z) in (
            ("*hipjoint", "root", (2, -2, 1)),
            ("*femur", "*hipjoint", (0, -7, 0)),
            ("*tibia", "*femur", (0, -7, 0)),
            ("*foot", "*tibia", (0, -1, 2)),
            ("*toes", "*foot", (0, 0, 1)),
            ("*clavicle", "thorax", (3, 1, 0)),
            ("*humerus", "*clavicle", (5, 0, 0)),
            ("*radius", "*humerus", (3, 0, 0)),
            ("*wrist", "*radius", (2, 0, 0)),
            ("*hand", "*wrist", (1, 0, 0)),
            ("*fingers", "*hand", (1, 0, 0)),
            ("*thumb", "*wrist", (1, 0, 1)),
        )
    },
}


def write_bvh(path: Path, values: NDArray[np.float64]) -> None:
    """Write a motion (F, 96): a root and 30 joints with three turns each, every joint at the end of its parent's bone."""
    lines = ["HIERARCHY"]

    def write(name: str, offset: tuple[float, ...]) -> None:
        lines.append(f"{'JOINT' if name != 'root' else 'ROOT'} {name} {{ OFFSET {' '.join(map(str, offset))}")
        places = "" if name != "root" else "Xposition Yposition Zposition "
        lines.append(f"CHANNELS {3 if name != 'root' else 6} {places}Zrotation Yrotation Xrotation")
        children = [child for child, (parent, _) in BONES.items() if parent == name]
        for child in children:
            write(child, (0, 0, 0) if name == "root" else BONES[name][1])
        if not children:
            lines.append(f"End Site {{ OFFSET {' '.join(map(str, BONES[name][1]))} }}")
        lines.append("}")

    write("root", (0, 0, 0))
    rows = [" ".join(f"{v:.6f}" for v in row) for row in values]
    path.write_text("\n".join([*lines, "MOTION", f"Frames: {len(rows)}", "Frame Time: 0.0083333", *rows]) + "\n")


def write_acclaim(path: Path, values: NDArray[np.float64]) -> None:
    """Write the same motion as AMC, and its ASF beside it."""
    lines = [":version 1.10", ":units", "length 0.45", "angle deg", ":root", "order TX TY TZ RX RY RZ", "axis XYZ"]
    lines += ["position 0 0 0", "orientation 0 0 0", ":bonedata"]
    for name, (_, bone) in BONES.items():
        lines += ["begin", f"name {name}", f"direction {' '.join(map(str, bone))}", f"length {np.linalg.norm(bone)}"]
        lines += ["axis 0 0 20 XYZ", "dof rx ry rz", "end"]
    lines += [":hierarchy", "begin"]
    lines += [f"{parent} {child}" for child, (parent, _) in BONES.items()] + ["end"]
    path.with_suffix(".asf").write_text("\n".join(lines))
    names = ("root", *BONES)
    with path.open("w") as f:
        f.write(":FULLY-SPECIFIED\n:DEGREES\n")
        for i, row in enumerate(values, 1):
            f.write(f"{i}\nroot {' '.join(f'{v:.6f}' for v in row[:6])}\n")
            f.writelines(
                f"{n} {' '.join(f'{v:.6f}' for v in row[3 * j + 3 : 3 * j + 6])}\n" for j, n in enumerate(names) if j
            )


def seconds(read: Callable[[Path], Clip], path: Path) -> float:
    """Return the CPU seconds of the quickest of some readings."""
    spent = []
    for _ in range(ROUNDS):
        start = time.process_time()
        read(path)
        spent.append(time.process_time() - start)
    return min(spent)


def main() -> None:
    """Write the files, read them and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=10_000)
    frames = parser.parse_args().frames
    values = np.random.default_rng(0).normal(0.0, 20.0, (frames, 3 + 3 * (len(BONES) + 1)))
    with tempfile.TemporaryDirectory() as folder:
        bvh, amc = Path(folder) / "take.bvh", Path(folder) / "take.amc"
        write_bvh(bvh, values)
        write_acclaim(amc, values)
        for read, path in ((read_bvh, bvh), (read_acclaim, amc)):
            print(f"{path.suffix[1:]}: {frames} frames, {values.shape[1]} channels: {seconds(read, path):.2f} s CPU")


if __name__ == "__main__":
    main()
