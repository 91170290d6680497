"""The card of a data set: what is in it, from what it was made, what was left out and why, and what the checks found."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

COUNTED = ("pose_label", "pose_source", "sex", "camera", "composite")
LISTED = 20  # skipped files, and findings of readers, named on the card
LEAST_CLIPPED = 0.0005  # of frames; joints that are moved in fewer are not listed


def dataset_card(
    index: pd.DataFrame, findings: Sequence[Mapping[str, Any]], stages: Mapping[str, Mapping[str, Any]]
) -> str:
    """Return the card as Markdown.

    Args:
        index: one row an image.
        findings: what the checks found.
        stages: the manifest of each stage.
    """
    parts = [
        f"# {len(index)} labelled pictures of people",
        _counts(index),
        _numbers(index),
        _motion(stages["fit"]),
        _left_out(stages),
        _checks([*stages["plan"]["checks"], *findings]),
        _provenance(stages),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _counts(index: pd.DataFrame) -> str:
    lines = ["| | images |", "|--|--|"]
    for column in COUNTED:
        lines += [f"| {column}: {value} | {count} |" for value, count in index[column].value_counts().items()]
    return "\n".join(lines)


def _numbers(index: pd.DataFrame) -> str:
    lines = ["| | 5 % | median | 95 % |", "|--|--|--|--|"]
    for column in ("height_m", "weight_kg", "age_years", "mask_share", "coco17_visible", "image_mean"):
        low, mid, high = index[column].quantile([0.05, 0.5, 0.95])
        lines.append(f"| {column} | {low:.2f} | {mid:.2f} | {high:.2f} |")
    return "\n".join(lines)


def _motion(fit: Mapping[str, Any]) -> str:
    lines = [f"## Poses from\n{fit['clips']} clips, {fit['frames']} of their frames, and {fit['key_poses']} key poses."]
    moved = sorted(((share, joint) for joint, share in fit["clipped"].items() if share >= LEAST_CLIPPED), reverse=True)
    if moved:
        shares = ", ".join(f"{joint} in {share:.1%}" for share, joint in moved)
        lines.append(f"* put within its range of motion, share of frames: {shares}")
    found = Counter(note for notes in fit["notes"].values() for note in notes)
    lines += [f"* found by the reader in {count} clips: {note}" for note, count in found.most_common(LISTED)]
    if len(found) > LISTED:
        lines.append(f"* {len(found) - LISTED} more findings, named in the manifest of the stage")
    return "\n".join(lines)


def _left_out(stages: Mapping[str, Mapping[str, Any]]) -> str:
    lines = ["## Left out"]
    for name, manifest in stages.items():
        skipped = manifest.get("skipped", [])
        lines += [f"* {name}: {file}: {reason}" for file, reason in skipped[:LISTED]]
        if len(skipped) > LISTED:
            lines.append(f"* {name}: {len(skipped) - LISTED} more, named in the stage's manifest")
        lines += [
            f"* {name}: {count} times: {reason}" for reason, count in manifest.get("rejected", {}).items() if count
        ]
    return "\n".join(lines if len(lines) > 1 else [*lines, "nothing"])


def _checks(findings: Sequence[Mapping[str, Any]]) -> str:
    failed = [f for f in findings if not f["success"]]
    lines = [f"## Checks\n{len(findings) - len(failed)} of {len(findings)} hold."]
    lines += [
        f"* warning: {f['column']} should {f['rule'].replace('_', ' ')} {f['expected']}: "
        f"{f['bad']} of {f['rows']} do not, such as {', '.join(f['examples'])}"
        for f in failed
    ]
    return "\n".join(lines)


def _provenance(stages: Mapping[str, Mapping[str, Any]]) -> str:
    lines = ["## Made from", "| stage | digest | parameters |", "|--|--|--|"]
    for name, manifest in stages.items():
        settings = ", ".join(f"{k}={v}" for k, v in manifest["parameters"].items() if not isinstance(v, dict))
        lines.append(f"| {name} | `{manifest['digest']}` | {settings} |")
    versions = ", ".join(f"{k} {v}" for k, v in next(iter(stages.values()))["versions"].items())
    return "\n".join([*lines, "", f"With {versions}."])
