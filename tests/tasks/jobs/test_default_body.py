import numpy as np
import pytest

from manikin.tasks.bodies.evaluate import pose_bodies
from manikin.tasks.errors import InputError
from manikin.tasks.jobs import body
from manikin.tasks.jobs.work import Sources
from tests.tasks.jobs.test_body import made


def test_the_stage_has_the_learned_body_and_its_scape_model(learned, tmp_path):
    ref, info = made(body, tmp_path, Sources())
    assert info["family"] == "makehuman"
    model, scape = body.load(ref), body.load_scape(ref)
    for stored, known in ((model.posedirs, learned[0].posedirs), (scape.bend, learned[1].bend)):
        np.testing.assert_array_equal(stored, known)
    pose = np.full((1, len(model.parents), 3), 0.1)
    shape = np.zeros((1, len(model.shapedirs)))
    a, b = (pose_bodies(m, shape, pose, np.zeros((1, 3)), "scape", s) for m, s in ((model, scape), learned))
    np.testing.assert_array_equal(a.vertices, b.vertices)


def test_a_users_body_has_no_scape_model(smpl_file, tmp_path):
    ref, _ = made(body, tmp_path, Sources(body=smpl_file))
    with pytest.raises(InputError, match="scape, which is learned for the default body only; take lbs or dqs"):
        body.load_scape(ref)
