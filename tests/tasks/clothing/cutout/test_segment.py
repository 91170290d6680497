from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from manikin.storage.backgrounds import background_files, read_background
from manikin.tasks.clothing.cutout.barrier import barrier_distance
from manikin.tasks.clothing.cutout.grabcut import cut_within
from manikin.tasks.clothing.cutout.photo import Photo
from manikin.tasks.clothing.cutout.segment import (
    Cutout,
    GarmentRejected,
    cut_again,
    segment,
    without_ground,
    without_strays,
)
from manikin.tasks.clothing.outline.found import find_garment

U8 = NDArray[np.uint8]
WHITE, GREY = (255, 255, 255), (128, 128, 128)
NAMES = ("bogo01_1", "bogo02_1", "bogo03_1", "bogo04_1", "polo01", "polo02", "polo03-woman", "polo04-woman")
GROUNDS = (WHITE, (250, 250, 250), GREY)


def overlap(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    return float((a & b).sum() / (a | b).sum())


def plain(*ground: int, size: int = 300) -> U8:
    return np.broadcast_to(np.uint8(ground), (size, size, 3)).copy()


def refused(photo: Photo, reason: str) -> None:
    with pytest.raises(GarmentRejected, match=reason) as error:
        segment(photo)
    assert str(photo.path) in str(error.value)


@pytest.mark.parametrize("ground", GROUNDS, ids=lambda ground: f"on-{ground[0]}")
@pytest.mark.parametrize("name", NAMES)
def test_the_cut_is_what_the_alpha_says(shots, name: str, ground: tuple[int, int, int]) -> None:
    photo = shots.read(name)
    cutout = segment(shots.without_alpha(photo, *ground))
    assert cutout.source in ("grabcut", "flood")
    assert cutout.mask.dtype == np.uint8
    assert set(np.unique(cutout.mask)) == {0, 255}
    assert overlap(cutout.mask > 0, photo.alpha > 127) >= 0.97


@pytest.mark.parametrize("name", ["polo02", "polo03-woman"])
def test_white_on_white_through_a_camera(shots, name: str) -> None:
    """A sensor's noise and a JPEG's blocks are no cloth."""
    photo = shots.read(name)
    rgb = shots.on(photo, 248, 248, 248) + np.random.default_rng(0).normal(0, 1.5, photo.rgb.shape)
    _, data = cv2.imencode(".jpg", np.clip(rgb, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 85])
    seen = segment(shots.picture(cv2.imdecode(data, cv2.IMREAD_COLOR)))
    assert overlap(seen.mask > 0, photo.alpha > 127) >= 0.95


@pytest.mark.parametrize("name", ["bogo01_1", "polo02"])
def test_alpha_is_taken_as_it_is(shots, name: str) -> None:
    photo = shots.read(name)
    cutout = segment(photo)
    assert (cutout.source, cutout.score) == ("alpha", 1.0)
    assert overlap(cutout.mask > 0, photo.alpha > 127) > 0.99


def test_no_pixel_that_alpha_clears_is_cloth(shots) -> None:
    photo = shots.read("bogo01_1")
    assert not ((segment(photo).mask > 0) & (photo.alpha < 64)).any()


def test_small_holes_in_the_cloth_are_cloth_and_specks_beside_it_are_not(shots) -> None:
    rgb = plain(*GREY)
    rgb[60:240, 80:220] = (30, 60, 130)
    truth = rgb[..., 2] == 130
    rgb[150:154, 150:154] = GREY  # a button hole
    rgb[20:26, 20:26] = (30, 60, 130)
    assert overlap(segment(shots.picture(rgb)).mask > 0, truth) > 0.98


def test_a_large_hole_stays_ground(shots) -> None:
    rgb = plain(*GREY)
    rgb[40:260, 60:240] = (30, 60, 130)
    rgb[110:220, 110:190] = GREY
    assert not segment(shots.picture(rgb)).mask[120:210, 120:180].any()


def test_a_soft_shadow_is_ground(shots) -> None:
    y, x = np.mgrid[:300, :300]
    shadow = 1 - 0.2 * np.exp(-((np.maximum(np.maximum(abs(x - 160) - 70, abs(y - 165) - 80), 0) / 5) ** 2))
    rgb = np.rint(plain(235, 233, 230) * shadow[..., None]).astype(np.uint8)
    truth = np.zeros((300, 300), bool)
    truth[70:240, 80:220] = True
    rgb[truth] = (150, 40, 50)
    assert overlap(segment(shots.picture(rgb)).mask > 0, truth) > 0.96


def test_the_same_photo_gives_the_same_cut(shots) -> None:
    """GrabCut draws from OpenCV's own random state."""
    photo = shots.without_alpha(shots.read("bogo03_1"), *WHITE)
    first = segment(photo)
    cv2.setRNGSeed(4711)
    segment(shots.without_alpha(shots.read("polo01"), *GREY))
    np.testing.assert_array_equal(segment(photo).mask, first.mask)


def test_a_photo_of_another_size_gives_the_same_shape(shots) -> None:
    photo = shots.without_alpha(shots.read("polo01"), *GREY)
    small = shots.picture(photo.rgb[::2, ::2])
    assert overlap(segment(photo).mask[::2, ::2] > 0, segment(small).mask > 0) > 0.97


def test_noise_is_refused(shots) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (400, 400, 3)).astype(np.uint8)
    refused(shots.picture(noise), "no garment found .the part that stands out covers")


@pytest.mark.parametrize("level", [0, 130, 255])
def test_one_flat_colour_is_refused(shots, level: int) -> None:
    refused(shots.picture(plain(level, level, level)), "one flat colour")


def test_black_on_black_is_refused(shots) -> None:
    """Brighter in the middle as by a lamp, the garment two levels off its ground, and a sensor's noise."""
    y, x = np.mgrid[:400, :400]
    rgb = 4 + 20 * np.exp(-((x - 200) ** 2 + (y - 200) ** 2) / (2 * 150**2))[..., None].repeat(3, axis=2)
    rgb[80:340, 120:280] += 2
    rgb += np.random.default_rng(0).normal(0, 1, rgb.shape)
    refused(shots.picture(np.clip(rgb, 0, 255).astype(np.uint8)), "nothing stands out from the ground")


def test_a_landscape_is_refused(shots, assets) -> None:
    road = {file.id.split("/")[-1]: file for file in background_files(assets)}["mountain-road"]
    with pytest.raises(GarmentRejected, match=r"shows no garment by itself|no garment found|runs out"):
        find_garment(shots.picture(read_background(road)))


def test_something_too_small_is_refused(shots) -> None:
    rgb = plain(*GREY)
    rgb[140:160, 140:160] = (30, 60, 130)
    refused(shots.picture(rgb), "covers 0% of the picture, expected 5% to 92%")


def test_transparent_everywhere_is_refused(shots) -> None:
    photo = Photo(plain(*GREY), np.zeros((300, 300), np.uint8), "0" * 64, shots.picture(plain(0, 0, 0)).path)
    refused(photo, "covers 0% of the picture")


def test_a_garment_that_runs_out_of_the_picture_is_refused(shots) -> None:
    """The frame is ground by definition, so what fills it is no garment, whatever GrabCut makes of it."""
    photo = shots.without_alpha(shots.read("polo01"), *GREY)
    inner = shots.picture(photo.rgb[330:700, 300:720])  # nothing but cloth
    refused(inner, "runs out of the picture|no garment found|nothing stands out")


def test_a_transparent_picture_that_cuts_the_garment_off_is_refused(shots) -> None:
    photo = shots.read("polo01")
    refused(replace(photo, rgb=photo.rgb[:520], alpha=photo.alpha[:520]), "runs out of the picture .on .* bottom side")


def test_a_photo_that_cuts_the_garment_off_is_refused(shots) -> None:
    photo = shots.without_alpha(shots.read("polo01"), *GREY)
    refused(shots.picture(photo.rgb[:600]), "runs out of the picture")


@pytest.mark.parametrize("direction", [0, 1])
def test_a_band_across_the_picture_is_refused(shots, direction: int) -> None:
    rgb = plain(220, 220, 220)
    rgb[:, 100:200] = (30, 60, 120)
    refused(shots.picture(np.swapaxes(rgb, 0, 1) if direction else rgb), "covers|runs out of the picture")


def test_ground_between_the_legs_is_no_cloth_though_a_waistband_is_of_its_colour(shots) -> None:
    """GrabCut takes the gap for cloth; a label in the waistband makes the cloth's colours explain it."""
    rgb, truth = plain(*GREY), np.zeros((300, 300), np.uint8)
    rgb += np.random.default_rng(0).integers(0, 12, rgb.shape).astype(np.uint8)
    legs = np.array([(100, 30), (200, 30), (225, 270), (175, 270), (150, 110), (125, 270), (75, 270)])
    cv2.fillPoly(truth, [legs], 1)
    rgb[truth > 0] = (30, 50, 110)
    rgb[34:44, 120:180] = GREY
    photo = shots.picture(rgb)
    whole = truth.copy()
    cv2.fillPoly(whole, [np.array([(125, 270), (150, 110), (175, 270)])], 1)
    trunk, gap = np.zeros_like(truth), np.zeros_like(truth)
    cv2.fillPoly(trunk, [np.array([(105, 32), (195, 32), (190, 90), (150, 100), (110, 90)])], 255)
    cv2.line(gap, (150, 130), (150, 268), 255, 5)
    better = without_ground(photo, Cutout(whole * 255, 1.0, "grabcut", 0.0), trunk, gap)
    assert overlap(better.mask > 0, truth > 0) > 0.96


def hung_up(
    shots, part: tuple[slice, slice], colour: tuple[int, int, int] | None = None
) -> tuple[Photo, Cutout, U8, U8]:
    """A red vest before a beige wall above a white floor, cut whole; a part shows the wall or a colour, and a dark bar across.

    Returns its photo, cut-out, trunk and the part that is closed.
    """
    wall = np.uint8((200, 190, 170)) + np.random.default_rng(0).integers(0, 8, (256, 256, 3)).astype(np.uint8)
    wall[236:] = 250
    vest, trunk, closed = (np.zeros((256, 256), np.uint8) for _ in range(3))
    vest[40:230, 70:186], trunk[52:218, 82:174], closed[100:230, 88:168] = 255, 255, 255
    rgb = np.where(vest[..., None] > 0, np.uint8((150, 20, 30)), wall)
    rgb[part] = wall[part] if colour is None else colour
    rgb[part][16:22] = (60, 40, 30)
    return shots.picture(rgb), Cutout(vest, 1.0, "grabcut", 0.0), trunk, closed


NECK, CHEST = np.s_[48:84, 105:151], np.s_[140:176, 105:151]


def test_ground_in_a_neck_that_a_hanger_closes_is_no_cloth_and_nor_is_its_bar(shots) -> None:
    photo, cutout, trunk, closed = hung_up(shots, NECK)
    better = without_ground(photo, cutout, trunk, np.zeros_like(trunk), False, closed).mask > 0
    truth = cutout.mask > 0
    truth[NECK] = False
    assert not better[NECK][2:-2, 2:-2].any()
    assert overlap(better, truth) > 0.97


def test_ground_that_was_seen_through_a_garment_stays_ground(shots) -> None:
    """A second look at what has a hole already does not take it for a small hole in the cloth."""
    narrow = np.s_[48:84, 112:146]
    photo, cutout, trunk, closed = hung_up(shots, narrow)
    for _ in range(2):
        cutout = without_ground(photo, cutout, trunk, np.zeros_like(trunk), False, closed)
        assert not cutout.mask[narrow][2:-2, 2:-2].any()


@pytest.mark.parametrize(
    ("part", "colour"),
    [(CHEST, None), (NECK, (250, 250, 250)), (np.s_[60:68, 120:128], None)],
    ids=["print", "panel", "label"],
)
def test_a_print_of_the_grounds_colour_is_cloth(
    shots, part: tuple[slice, slice], colour: tuple[int, int, int] | None
) -> None:
    """On the chest, about the neck in the floor's white, or as small as a label."""
    photo, cutout, trunk, closed = hung_up(shots, part, colour)
    same = without_ground(photo, cutout, trunk, np.zeros_like(trunk), False, closed)
    assert same.mask[part].all()


def test_a_rim_of_ground_in_the_garments_shadow_is_no_cloth_and_a_pale_hem_is(shots) -> None:
    """The cut takes the shadow beside a dress for cloth; it is as far from the wall as no plain wall is from itself."""
    photo, cutout, trunk, closed = hung_up(shots, np.s_[:0, :0])
    rgb, truth = photo.rgb.copy(), cutout.mask > 0
    rgb[100:220, 186:192] = (150, 142, 126)
    rgb[222:230, 70:186] = (235, 90, 120)
    seen = cutout.mask.copy()
    seen[100:220, 186:192] = 255
    better = without_ground(shots.picture(rgb), replace(cutout, mask=seen), trunk, np.zeros_like(trunk), False, closed)
    assert overlap(better.mask > 0, truth) > 0.99


def through_a_camera(rgb: NDArray[np.float64]) -> U8:
    """The picture with a sensor's noise, as a JPEG brings it back."""
    noisy = np.clip(rgb + np.random.default_rng(1).normal(0, 2, rgb.shape), 0, 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 85])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


@pytest.mark.parametrize("level", [8, 16, 30])
@pytest.mark.parametrize("light", [0.5, 0.25, 0.1])
@pytest.mark.parametrize("name", NAMES)
def test_dark_on_dark_is_cut_well_or_refused(shots, name: str, light: float, level: int) -> None:
    photo = shots.read(name)
    dark = replace(photo, rgb=np.rint(photo.rgb * light).astype(np.uint8))
    try:
        found = find_garment(shots.picture(through_a_camera(shots.on(dark, level, level, level).astype(np.float64))))
    except GarmentRejected:
        return
    assert overlap(found.cutout.mask > 0, photo.alpha > 127) >= 0.97


@pytest.mark.parametrize("light", [0.25, 0.1])
@pytest.mark.parametrize("name", ["bogo02_1", "polo03-woman"])
def test_a_garment_that_is_brighter_than_its_dark_ground_is_cut(shots, name: str, light: float) -> None:
    photo = shots.read(name)
    dark = replace(photo, rgb=np.rint(photo.rgb * light).astype(np.uint8))
    level = 8 if name == "polo03-woman" else 16
    seen = segment(shots.picture(through_a_camera(shots.on(dark, level, level, level).astype(np.float64))))
    assert overlap(seen.mask > 0, photo.alpha > 127) >= 0.97


def test_a_sleeve_that_reaches_the_side_of_the_picture_is_cloth_to_its_end(shots) -> None:
    rgb, truth = patterned(300), np.zeros((300, 300), bool)
    truth[60:260, 90:210] = True
    truth[70:110, :210] = True
    rgb[truth] = (150, 40, 50)
    seen = segment(shots.picture(rgb)).mask > 0
    assert seen[80:100, :4].all()
    assert overlap(seen, truth) > 0.97


@pytest.mark.parametrize("kept", [0.6, 0.75])
@pytest.mark.parametrize("name", ["polo01", "bogo03_1"])
def test_a_garment_that_a_patterned_ground_cuts_off_is_refused(shots, name: str, kept: float) -> None:
    photo = shots.read(name)
    rows = np.flatnonzero((photo.alpha > 127).any(axis=1))
    a = photo.alpha[..., None] / 255
    ground = cv2.resize(patterned(300), photo.rgb.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    rgb = np.rint(photo.rgb * a + ground * (1 - a)).astype(np.uint8)
    columns = np.flatnonzero((photo.alpha > 127).any(axis=0))
    end = rows[0] + round(kept * len(rows))
    refused(shots.picture(rgb[:end, max(0, columns[0] - 60) : columns[-1] + 60]), "runs out of the picture")


def test_ground_that_is_within_the_frame_of_furniture_is_no_garment(shots) -> None:
    """A rack around the trousers has nothing to do with them: the wall within it is the wall without."""
    rgb, truth = plain(170, 172, 175), np.zeros((300, 300), np.uint8)
    rgb += np.random.default_rng(0).integers(0, 6, rgb.shape).astype(np.uint8)
    cv2.rectangle(rgb, (8, 30), (292, 280), (60, 60, 60), 3)
    cv2.rectangle(rgb, (8, 100), (12, 250), (172, 173, 175), -1)
    cv2.fillPoly(
        truth, [np.array([(110, 60), (190, 60), (200, 250), (165, 250), (150, 120), (135, 250), (100, 250)])], 1
    )
    rgb[truth > 0] = (30, 40, 60)
    assert overlap(segment(shots.picture(rgb)).mask > 0, truth > 0) > 0.95


def test_trousers_that_hang_within_a_rails_frame_are_found_and_not_the_frame(shots) -> None:
    rgb, truth = plain(170, 172, 175), np.zeros((300, 300), np.uint8)
    rgb += np.random.default_rng(0).integers(0, 6, rgb.shape).astype(np.uint8)
    cv2.rectangle(rgb, (16, 14), (284, 286), (50, 50, 50), 5)
    cv2.fillPoly(
        truth, [np.array([(110, 60), (190, 60), (200, 250), (165, 250), (150, 120), (135, 250), (100, 250)])], 1
    )
    rgb[truth > 0] = (30, 40, 60)
    assert overlap(segment(shots.picture(rgb)).mask > 0, truth > 0) > 0.95


def test_a_board_with_a_small_thing_on_it_is_not_looked_into() -> None:
    rgb, mask = plain(170, 172, 175), np.zeros((300, 300), np.uint8)
    rgb += np.random.default_rng(0).integers(0, 6, rgb.shape).astype(np.uint8)
    mask[40:260, 40:260] = 1
    rgb[120:180, 120:180] = (30, 40, 60)
    assert cut_within(rgb, mask) is None
    rgb[90:210, 90:210] = (30, 40, 60)
    found = cut_within(rgb, mask)
    assert found is not None
    assert overlap(found > 0, rgb[..., 2] == 60) > 0.98


@pytest.mark.parametrize(("colour", "is_stray"), [((200, 160, 60), True), ((30, 60, 130), False)])
def test_what_lies_beyond_the_outline_goes_if_it_has_another_colour(
    shots, colour: tuple[int, int, int], is_stray: bool
) -> None:
    rgb, mask = plain(*GREY), np.zeros((300, 300), np.uint8)
    rgb[80:250, 80:220], rgb[50:80, 100:130] = (30, 60, 130), colour
    mask[80:250, 80:220] = mask[50:80, 100:130] = 255
    outline = np.zeros_like(mask)
    outline[78:252, 78:222] = 255
    kept = without_strays(shots.picture(rgb), Cutout(mask, 1.0, "grabcut", 0.0), outline).mask > 0
    assert kept[55:75, 105:125].any() == (not is_stray)
    assert overlap(kept, mask > 0 if not is_stray else (outline > 0) & (mask > 0)) > 0.98


def test_a_sleeve_of_another_colour_that_an_outline_missed_stays(shots) -> None:
    rgb, mask = plain(*GREY), np.zeros((300, 300), np.uint8)
    rgb[80:250, 80:200], rgb[80:220, 200:240] = (30, 60, 130), (200, 160, 60)
    mask[80:250, 80:200] = mask[80:220, 200:240] = 255
    outline = np.zeros_like(mask)
    outline[78:252, 78:202] = 255
    cutout = Cutout(mask, 1.0, "grabcut", 0.0)
    assert without_strays(shots.picture(rgb), cutout, outline) is cutout


def patterned(size: int) -> U8:
    """A carpet of many colours."""
    blocks = np.random.default_rng(3).integers(60, 220, (size // 10, size // 10, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(blocks, (size, size), interpolation=cv2.INTER_NEAREST), np.uint8)


def test_a_second_cut_leaves_the_ground_beside_the_outline_and_takes_the_cloth_within(shots) -> None:
    rgb, truth = plain(*GREY), np.zeros((300, 300), np.uint8)
    rgb += np.random.default_rng(0).integers(0, 12, rgb.shape).astype(np.uint8)
    truth[50:250, 90:210] = 1
    rgb[truth > 0] = (30, 50, 110)
    first, trunk = truth.copy(), np.zeros_like(truth)
    first[120:240, 40:90] = 1
    first[180:250, 150:210] = 0
    trunk[80:170, 110:180] = 255
    better = cut_again(shots.picture(rgb), Cutout(first * 255, 1.0, "grabcut", 0.0), truth * 255, trunk)
    assert overlap(better.mask > 0, truth > 0) > 0.97


def test_barriers_are_ranges_of_colour_on_the_easiest_path() -> None:
    picture = np.zeros((9, 9, 3), np.float32)
    picture[3:6, 3:6] = 5  # an island, whose middle is not higher than its shore
    picture[4, 4] = 3
    picture[:, 7:] = 2  # beyond a step
    seeds = np.zeros((9, 9), bool)
    seeds[:, 0] = True
    distance = barrier_distance(picture, seeds)
    assert distance[0, 5] == 0
    np.testing.assert_allclose(distance[4, 3:6], 5 * np.sqrt(3))
    np.testing.assert_allclose(distance[2, 8], 2 * np.sqrt(3))
    assert np.isinf(barrier_distance(picture, np.zeros((9, 9), bool))).all()
