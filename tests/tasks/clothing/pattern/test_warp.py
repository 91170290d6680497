import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manikin.tasks.clothing import library
from manikin.tasks.clothing.cutout.segment import segment
from manikin.tasks.clothing.outline.landmarks import Landmarks
from manikin.tasks.clothing.pattern.planes import across_limb, limb_length
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.clothing.pattern.warp import Warp, fit_warp


@pytest.fixture(scope="module")
def fitted(shots, front: BodyFront):
    """(warp, landmarks, layer, photo's mask) of two product photos, as `dress_photo` makes them on its way."""
    seen: dict[str, tuple[Warp, Landmarks, library.GarmentLayer, np.ndarray]] = {}
    garment_warp = library.garment_warp
    with pytest.MonkeyPatch.context() as patch:
        for name in ("bogo02_1", "polo04-woman"):
            made = []

            def spy(at, landmarks, extent, waist, more, made=made):
                made.append((garment_warp(at, landmarks, extent, waist, more), landmarks))
                return made[-1][0]

            patch.setattr(library, "garment_warp", spy)
            photo = shots.read(name)
            layer = library.dress_photo(photo, front)
            seen[name] = (*made[-1], layer, segment(photo).mask)
    return seen


@pytest.fixture(params=["bogo02_1", "polo04-woman"])
def one(request: pytest.FixtureRequest, fitted):
    return fitted[request.param]


SIDES = ("left", "right")


def outline(front: BodyFront) -> np.ndarray:
    return np.concatenate([line.flat[::12] for line in front.folds.values()])


def test_landmarks_land_on_landmarks(one) -> None:
    """The body's neck, shoulders, armpits, cuffs and hem go to the garment's, in a photo of 1024 pixels."""
    warp, landmarks, _, mask = one
    assert len(warp.body) == len(warp.photo) >= 40
    miss = np.linalg.norm(warp.at(warp.body) - warp.photo, axis=1)
    assert np.median(miss) < 0.5
    assert np.quantile(miss, 0.9) < 0.005 * max(mask.shape)
    assert miss.max() < 0.012 * max(mask.shape)  # in a short sleeve's armpit many points share few of the grid's nodes
    for name in ("neck", "shoulder", "armpit"):
        for side in ("left", "right"):
            gap = np.linalg.norm(warp.photo - landmarks.points[f"{name}_{side}"], axis=1).min()
            assert gap < 1e-6, f"{name}_{side} is no landmark of the warp"
    pit, hem = (np.mean([landmarks.points[f"{name}_{side}"][1] for side in SIDES]) for name in ("armpit", "hem"))
    low = (warp.photo[np.argsort(warp.body[:, 1])[:5], 1] - pit) / (hem - pit)
    assert ((low > 0.7) & (low < 1.05)).all()  # what is longer than the body's part is not shown


def test_the_photo_is_neither_mirrored_nor_folded(front: BodyFront, one) -> None:
    """Flat x goes right as the photo's does, flat y up against the photo's down: every cell turns the same way."""
    warp, _, layer, _ = one
    right, up = (
        np.diff(warp.nodes.astype(float), axis=a)[: len(warp.nodes) - 1, : warp.nodes.shape[1] - 1] for a in (1, 0)
    )
    turn = right[..., 0] * up[..., 1] - right[..., 1] * up[..., 0]
    covered = front.is_flat & (layer.rgba[..., 3] > 127)
    column, row = np.floor((front.flat[covered] - warp.origin) / (1e-9 + 0.01)).astype(int).T
    assert (turn[row, column] < 0).mean() > 0.99
    chest = front.is_part("torso") & covered
    x = warp.at(front.flat[chest])[:, 0]
    assert np.corrcoef(x, front.position[chest][:, 0])[0, 1] > 0.95


def test_covered_texels_show_the_garment_and_not_its_ground(front: BodyFront, one) -> None:
    warp, _, layer, mask = one
    x, y = warp.at(front.flat[front.is_flat & (layer.rgba[..., 3] > 127)]).T
    inside = mask[np.clip(y.astype(int), 0, mask.shape[0] - 1), np.clip(x.astype(int), 0, mask.shape[1] - 1)]
    assert (inside > 0).mean() > 0.97


def test_the_body_goes_where_its_parts_belong(front: BodyFront, one) -> None:
    """The body's armpit is between the garment's chest and sleeve, the middle of its chest in the garment's middle."""
    warp, landmarks, layer, _ = one
    p = {n: np.array(v) for n, v in landmarks.points.items()}
    middle = 0.5 * (p["armpit_left"] + p["armpit_right"])
    centre = front.folds["centre"]
    chest = centre.flat[np.abs(centre.position[:, 1] - front.joints["arm_left"][0, 1] + 0.1).argmin()]
    width = np.linalg.norm(p["armpit_left"] - p["armpit_right"])
    assert np.abs(warp.at(chest) - middle)[0] < 0.1 * width
    cuff = across_limb(front, "arm", "left", min(layer.extent.sleeve, 0.97 * limb_length(front, "arm")))
    near = front.is_flat & front.is_part("arm") & (front.position[..., 0] > 0)
    near &= (cuff.inside(front.position) > 0) & (cuff.inside(front.position) < 0.02) & (front.facing > 0.3)
    ends = 0.5 * (p["cuff_outer_left"] + p["cuff_inner_left"])
    assert np.linalg.norm(warp.at(front.flat[near]).mean(axis=0) - ends) < 0.2 * width


@settings(max_examples=8)
@given(
    st.lists(st.floats(-900, 900), min_size=4, max_size=4),
    st.lists(st.floats(-500, 500), min_size=2, max_size=2),
)
def test_an_affine_map_is_kept_everywhere(front: BodyFront, matrix: list[float], shift: list[float]) -> None:
    A, b, body = np.reshape(matrix, (2, 2)), np.array(shift), outline(front)
    warp = fit_warp(front, body, body @ A.T + b)
    flat = front.flat[front.is_flat][::997]
    np.testing.assert_allclose(warp.at(flat), flat @ A.T + b, atol=0.05)


def test_points_given_twice_count_once(front: BodyFront) -> None:
    body = outline(front)
    photo = 400 * body + 10 * np.sin(9 * body[:, ::-1])
    once, twice = fit_warp(front, body, photo), fit_warp(front, np.tile(body, (2, 1)), np.tile(photo, (2, 1)))
    assert len(twice.body) == len(np.unique(np.round(body, 6), axis=0))
    np.testing.assert_allclose(twice.nodes, once.nodes, atol=1e-3)


def test_the_spline_goes_through_its_points_and_bends_little_between(front: BodyFront) -> None:
    body = outline(front)
    photo = 400 * body + 10 * np.sin(5 * body[:, ::-1])
    warp = fit_warp(front, body, photo)
    assert np.linalg.norm(warp.at(body) - photo, axis=1).max() < 1.0
    flat = front.flat[front.is_flat]
    assert np.linalg.norm(warp.at(flat) - (400 * flat + 10 * np.sin(5 * flat[:, ::-1])), axis=1).mean() < 5


def test_beyond_the_grid_the_border_goes_on(front: BodyFront) -> None:
    body = outline(front)
    warp = fit_warp(front, body, 400 * body)
    far = warp.at(np.array([[1e3, 1e3], [-1e3, -1e3], [np.float64(0), 1e6]]))
    assert np.isfinite(far).all()
    low, high = warp.nodes.reshape(-1, 2).min(axis=0), warp.nodes.reshape(-1, 2).max(axis=0)
    assert (far >= low - 1e-3).all()
    assert (far <= high + 1e-3).all()


def test_flat_points_are_found_where_they_show(front: BodyFront) -> None:
    body = outline(front)
    warp = fit_warp(front, body, body @ np.array([[300.0, 20.0], [10.0, -300.0]]) + [200.0, 500.0])
    flat = np.random.default_rng(0).uniform((-0.1, 1.1), (0.1, 1.3), (40, 2))
    found = warp.flat_of(warp.at(flat).astype(np.float64), (-0.15, 1.0), (0.15, 1.35))
    assert np.abs(found - flat).max() < 0.002
