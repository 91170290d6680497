import pandas as pd

from manikin.validation.card import dataset_card

INDEX = pd.DataFrame(
    {
        **{column: ["a", "b"] for column in ("pose_label", "pose_source", "sex", "camera", "composite")},
        **{
            column: [1.0, 2.0]
            for column in ("height_m", "weight_kg", "age_years", "mask_share", "coco17_visible", "image_mean")
        },
    }
)
MADE = {"parameters": {}, "digest": "0", "versions": {"manikin": "0.1.0"}}
FIT = MADE | {
    "clips": 3,
    "frames": 900,
    "key_poses": 208,
    "clipped": {"wrist": 0.034, "ankle": 0.011, "knee": 0.0001},
    "notes": {"01_01": ["up: y (found)", "fps: 120 (assumed)"], "01_02": ["fps: 120 (assumed)"]},
    "rejected": {"frame of motion: flip": 15, "frame of motion: leap": 0},
}


def test_what_became_of_the_motion_is_told() -> None:
    card = dataset_card(INDEX, [], {"fit": FIT, "plan": MADE | {"checks": []}})
    assert "3 clips, 900 of their frames, and 208 key poses." in card
    assert "share of frames: wrist in 3.4%, ankle in 1.1%\n" in card  # the knee's is next to nothing
    assert "found by the reader in 2 clips: fps: 120 (assumed)" in card
    assert "fit: 15 times: frame of motion: flip" in card
    assert "leap" not in card
