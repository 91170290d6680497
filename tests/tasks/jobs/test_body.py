from pathlib import Path

import numpy as np
import pytest

from manikin.storage.stage import StageRef, commit, open_attempt
from manikin.tasks.clothing.cloth.variation import Variation
from manikin.tasks.errors import InputError
from manikin.tasks.jobs import body, textures
from manikin.tasks.jobs.shelf import LayerShelf
from manikin.tasks.jobs.work import Sources, Work
from manikin.tasks.scenes.outfit import SLOTS, sample_clothes, sample_looks, wardrobe_of
from manikin.tasks.scenes.plan import part_of_row
from tests.smpl_files import random_arrays, write_npz

PARAMETERS = {"body": {}, "textures": {"atlas": 1024, "seed": 0}}


def made(job, root: Path, sources: Sources, **upstream: StageRef) -> tuple[StageRef, dict]:
    """Run the job of a stage and commit it; return where it is and what it says of itself."""
    stage = job.__name__.rpartition(".")[2]
    ref = StageRef(str(root), stage, "0")
    attempt = open_attempt(ref)
    info = job.run(attempt, Work(PARAMETERS[stage], upstream, sources, lambda done, total: None))
    commit(ref, attempt, info)
    return ref, info


def test_people_of_a_users_body_wear_plain_colours(smpl_file, tmp_path):
    sources = Sources(body=smpl_file)
    ref, info = made(body, tmp_path, sources)
    assert (info["family"], info["vertices"], info["joints"]) == ("smpl", 6890, 24)
    wardrobe_ref, info = made(textures, tmp_path, sources, body=ref)
    assert [what for what, _ in info["skipped"]] == ["skins, hair and garments from photos"]
    assert "no texture map" in info["skipped"][0][1]
    wardrobe, shelf = textures.load_table(wardrobe_ref), LayerShelf(wardrobe_ref)
    assert set(wardrobe["source"]) == {"painted"}
    rails = wardrobe_of(wardrobe)
    for k in range(20):
        rng, who = np.random.default_rng(k), (("female", "male")[k % 2], 20.0 + 3 * k)
        outfit = sample_looks(rng, rails, *who) | sample_clothes(rng, rails, *who, variants=4, seed=0)
        assert set(SLOTS) <= set(outfit)
        varied = shelf.worn(outfit["top"], part_of_row(Variation, outfit, "top_"))
        assert varied.texels[:, 3].any()
        plain = shelf[outfit["top"]]
        assert (varied.texels == plain.texels).all() == (outfit["top_variant"] == 0)
        assert outfit["top_fabric"] == "own"
    assert wardrobe["layer"].is_unique


def test_photos_of_garments_are_refused_before_anything_is_made(smpl_file, tmp_path):
    (tmp_path / "photos").mkdir()
    with pytest.raises(InputError, match="no texture map"):
        made(body, tmp_path, Sources(body=smpl_file, garments=tmp_path / "photos"))
    ref, _ = made(body, tmp_path, Sources(body=smpl_file))
    with pytest.raises(InputError, match="no texture map"):
        made(textures, tmp_path, Sources(garments=tmp_path / "photos"), body=ref)


def test_a_mesh_without_a_known_face_is_refused(tmp_path):
    path = write_npz(tmp_path, random_arrays("smpl", np.random.default_rng(0)))
    with pytest.raises(InputError, match=r"a mesh of 400 vertices, of which .* needs 'keypoint:nose'.*6890 vertices"):
        made(body, tmp_path, Sources(body=path))
