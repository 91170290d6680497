import numpy as np
import pytest

from manikin.tasks.clothing.looks.hair import HAIR_COLOURS, HAIR_STYLES, Strands, colour_hair, style_hair
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.errors import InputError
from manikin.tasks.randomness import Stream, rng_for


def make(body, front: BodyFront, style: str, colour: str = "brown", index: int = 0):
    return colour_hair(style_hair(front, body, style, rng_for(7, Stream.TEXTURE, index)), colour)


def within(body, front: BodyFront, keypoint: str, radius: float) -> np.ndarray:
    """Texels of the head's surface about a keypoint."""
    point = body.keypoints[body.keypoint_names.index(keypoint)] @ body.v_template
    near = np.linalg.norm(front.position - point, axis=-1) < radius
    return near & (front.atlas.triangle >= 0)


def scalp(front: BodyFront) -> np.ndarray:
    head = front.is_part("head") & (front.atlas.triangle >= 0)
    return head & (front.position[..., 1] > front.position[head][:, 1].max() - 0.03)


@pytest.fixture(scope="module")
def styled(body, front: BodyFront) -> dict[str, Strands]:
    return {name: style_hair(front, body, name, rng_for(7, Stream.TEXTURE, 0)) for name in HAIR_STYLES}


@pytest.mark.parametrize("colour", HAIR_COLOURS)
@pytest.mark.parametrize("style", HAIR_STYLES)
def test_hair_is_on_the_head_and_never_on_the_face(
    body, front: BodyFront, styled: dict[str, Strands], style: str, colour: str
) -> None:
    layer = colour_hair(styled[style], colour)
    assert (layer.category, layer.id) == ("hair", f"hair-{style}-{colour}")
    assert layer.rgba.shape == (front.size, front.size, 4)
    assert layer.rgba.dtype == np.uint8
    alpha = layer.rgba[..., 3]
    islands = front.atlas.triangle >= 0
    assert alpha[~front.is_part("head", "neck") & islands].max() == 0
    for keypoint, radius in (("nose", 0.025), ("left_eye", 0.008), ("right_eye", 0.008)):
        assert alpha[within(body, front, keypoint, radius)].max() == 0, keypoint
    shown = layer.rgba[(alpha > 127) & islands][:, :3]
    assert len(shown) > 10  # brows, at least
    assert np.abs(np.median(shown, axis=0) - HAIR_COLOURS[colour]).max() < 45


def test_no_hair_grows_on_the_face_under_the_brows(body, front: BodyFront, styled: dict[str, Strands]) -> None:
    eye = body.J_template[body.joint("eye.L")]
    face = front.is_part("head") & (np.abs(front.position[..., 0]) < 0.06) & (front.normal[..., 2] > 0.3)
    face &= (front.position[..., 1] < eye[1] + 0.010) & (front.position[..., 2] > eye[2] - 0.008)
    face &= front.atlas.triangle >= 0
    assert face.sum() > 500
    for name, strands in styled.items():
        assert strands.alpha[face].max() == 0, name


def test_styles_cover_what_they_are_called_for(body, front: BodyFront, styled: dict[str, Strands]) -> None:
    on = front.atlas.triangle >= 0
    alpha = {style: np.where(on, strands.alpha, 0) for style, strands in styled.items()}
    top, ears = scalp(front), within(body, front, "left_ear", 0.012) | within(body, front, "right_ear", 0.012)
    assert alpha["bald"][top].max() == 0
    assert alpha["short"][top].min() == 255
    for style in ("long", "bob", "tousled", "afro", "ponytail", "bun"):
        assert alpha[style][top].min() == 255, style
    assert 100 < alpha["buzz"][top].mean() < 220
    for style in ("bald", "buzz", "short", "receding", "tousled", "afro", "ponytail", "bun"):
        assert alpha[style][ears].max() == 0, style
    assert alpha["long"][ears].min() == 255
    area = {style: int((a > 127).sum()) for style, a in alpha.items()}
    assert area["bald"] < area["receding"] < area["short"] < area["long"]


def test_everybody_has_the_brows_of_a_bald_head(front: BodyFront, styled: dict[str, Strands]) -> None:
    brows = (styled["bald"].alpha > 190) & (front.atlas.triangle >= 0)
    assert brows.sum() > 20
    for name, strands in styled.items():
        assert strands.alpha[brows].min() > 100, name


def test_brows_are_two_and_over_the_eyes(body, front: BodyFront, styled: dict[str, Strands]) -> None:
    shown = (styled["bald"].alpha > 100) & (front.atlas.triangle >= 0)
    for side, sign in (("left", 1), ("right", -1)):
        eye = body.keypoints[body.keypoint_names.index(f"{side}_eye")] @ body.v_template
        brow = front.position[shown & (sign * front.position[..., 0] > 0)]
        assert len(brow) > 5
        assert ((brow[:, 1] > eye[1]) & (brow[:, 1] < eye[1] + 0.05)).all()
        assert np.abs(brow.mean(axis=0)[0] - eye[0]) < 0.015
        assert (brow[:, 2] > body.J_template[body.joint("head")][2]).all()


def test_hair_is_even_on_both_sides(body, front: BodyFront) -> None:
    shown = (make(body, front, "short").rgba[..., 3] > 127) & front.is_part("head") & (front.atlas.triangle >= 0)
    size = front.texel_size.astype(float) ** 2
    left, right = (size[shown & (sign * front.position[..., 0] > 0)].sum() for sign in (1, -1))
    assert left == pytest.approx(right, rel=0.05)


def test_randomness_is_the_callers(body, front: BodyFront) -> None:
    first = make(body, front, "short").rgba
    np.testing.assert_array_equal(make(body, front, "short").rgba, first)
    assert (make(body, front, "short", index=1).rgba != first).any()


def test_colours_go_on_beyond_alpha(body, front: BodyFront) -> None:
    rgba = make(body, front, "short", "blond").rgba
    cap = (rgba[..., 3] > 0) & (front.atlas.triangle >= 0)
    rim = np.zeros_like(cap)
    for dy, dx in ((0, 3), (0, -3), (3, 0), (-3, 0)):
        rim |= np.roll(cap, (dy, dx), (0, 1)) & ~cap
    assert np.abs(rgba[rim][:, :3].mean(axis=0) - HAIR_COLOURS["blond"]).max() < 45


def test_unknown_names_are_refused(body, front: BodyFront) -> None:
    with pytest.raises(InputError, match='hair style "mohawk": unknown; expected one of bald, '):
        make(body, front, "mohawk")
    with pytest.raises(InputError, match='hair colour "pink": unknown; expected one of black, '):
        make(body, front, "short", "pink")
