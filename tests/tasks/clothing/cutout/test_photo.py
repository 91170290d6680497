import csv
import hashlib
import io
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from manikin.tasks.clothing.cutout.headers import read_header
from manikin.tasks.clothing.cutout.photo import Photo, list_garments, list_photos, read_photo, read_photos
from manikin.tasks.errors import InputError

U8 = NDArray[np.uint8]
PIXELS = np.stack([a.astype(np.uint8) for a in np.broadcast_arrays(*np.ogrid[0:192:2, 0:256:2], 77)], axis=-1)
ALPHA = np.where(np.add(*np.ogrid[:96, :128]) > 120, 255, np.arange(128)).astype(np.uint8)
WEBP_LOSSLESS = [cv2.IMWRITE_WEBP_QUALITY, 101]

# What a viewer does with the stored pixels, from the Exif standard's table of the orientation tag
UPRIGHT = {
    1: lambda p: p,
    2: np.fliplr,
    3: lambda p: np.rot90(p, 2),
    4: np.flipud,
    5: lambda p: np.swapaxes(p, 0, 1),
    6: lambda p: np.rot90(p, -1),
    7: lambda p: np.rot90(np.swapaxes(p, 0, 1), 2),
    8: lambda p: np.rot90(p, 1),
}


def encoded(suffix: str, pixels: NDArray[np.generic], *flags: int) -> bytes:
    """A file's bytes of grey, RGB or RGBA pixels, as OpenCV writes them."""
    channels = {2: slice(None), 3: [2, 1, 0], 4: [2, 1, 0, 3]}[2 if pixels.ndim == 2 else pixels.shape[2]]
    is_written, data = cv2.imencode(suffix, pixels if pixels.ndim == 2 else pixels[..., channels], flags)
    assert is_written
    return data.tobytes()


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, depth: int, colour: int, rows: list[bytes], *extra: bytes) -> bytes:
    """A PNG file, written by the standard's book."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows)))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + body + chunk(b"IEND", b"")


def exif(orientation: int, order: str) -> bytes:
    """A TIFF block with two tags, the second one the orientation."""
    mark = {"<": b"II", ">": b"MM"}[order]
    make = struct.pack(order + "HHI4s", 0x010F, 2, 4, b"Cam\0")
    turn = struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    return mark + struct.pack(order + "HI", 42, 8) + struct.pack(order + "H", 2) + make + turn + b"\0\0\0\0"


def with_exif(data: bytes, tiff: bytes) -> bytes:
    """The file with an Exif block put in where its format wants it."""
    if data[:2] == b"\xff\xd8":
        return data[:2] + b"\xff\xe1" + struct.pack(">H", len(tiff) + 8) + b"Exif\0\0" + tiff + data[2:]
    if data[:4] == b"\x89PNG":
        return data[:33] + chunk(b"eXIf", tiff) + data[33:]
    size = b"".join(struct.pack("<I", n - 1)[:3] for n in (PIXELS.shape[1], PIXELS.shape[0]))
    parts = b"VP8X" + struct.pack("<II", 10, 0x08) + size + data[12:]
    parts += b"EXIF" + struct.pack("<I", len(tiff)) + tiff + b"\0" * (len(tiff) % 2)
    return b"RIFF" + struct.pack("<I", len(parts) + 4) + b"WEBP" + parts


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def put(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def read(folder: Path, name: str, data: bytes) -> Photo:
    return read_photo(put(folder, name, data))


def refused(path: Path, reason: str, **options: int) -> None:
    with pytest.raises(InputError, match=reason) as error:
        read_photo(path, **options)
    assert str(path) in str(error.value)


@pytest.mark.parametrize(("suffix", "flags"), [(".png", []), (".webp", WEBP_LOSSLESS)])
def test_lossless_files_come_back_pixel_by_pixel(folder: Path, suffix: str, flags: list[int]) -> None:
    data = encoded(suffix, PIXELS, *flags)
    photo = read(folder, f"shirt{suffix}", data)
    np.testing.assert_array_equal(photo.rgb, PIXELS)
    assert photo.alpha is None
    assert photo.sha256 == hashlib.sha256(data).hexdigest()
    assert photo.path == folder / f"shirt{suffix}"


@pytest.mark.parametrize(
    ("suffix", "flags"),
    [
        (".jpg", [cv2.IMWRITE_JPEG_QUALITY, 98]),
        (".jpg", [cv2.IMWRITE_JPEG_QUALITY, 98, cv2.IMWRITE_JPEG_PROGRESSIVE, 1]),
        (".webp", [cv2.IMWRITE_WEBP_QUALITY, 98]),
    ],
)
def test_lossy_files_come_back_nearly(folder: Path, suffix: str, flags: list[int]) -> None:
    photo = read(folder, f"shirt{suffix}", encoded(suffix, PIXELS, *flags))
    assert np.abs(photo.rgb.astype(int) - PIXELS).mean() < 1.5
    assert photo.alpha is None


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_alpha_is_kept(folder: Path, suffix: str) -> None:
    photo = read(
        folder, f"shirt{suffix}", encoded(suffix, np.dstack([PIXELS, ALPHA]), *WEBP_LOSSLESS[: 2 * (suffix == ".webp")])
    )
    assert photo.alpha is not None
    np.testing.assert_array_equal(photo.alpha, ALPHA)
    np.testing.assert_array_equal(photo.rgb[ALPHA > 0], PIXELS[ALPHA > 0])


def test_an_alpha_that_is_opaque_everywhere_says_nothing(folder: Path) -> None:
    assert read(folder, "shirt.png", encoded(".png", np.dstack([PIXELS, 0 * ALPHA + 255]))).alpha is None


def test_16_bits_become_the_nearest_8(folder: Path) -> None:
    levels = np.linspace(0, 65535, 96 * 128 * 4).reshape(96, 128, 4).astype(np.uint16)
    photo = read(folder, "shirt.png", encoded(".png", levels))
    assert photo.alpha is not None
    np.testing.assert_array_equal(photo.rgb, np.rint(levels[..., :3] / 257))
    np.testing.assert_array_equal(photo.alpha, np.rint(levels[..., 3] / 257))


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_grey_becomes_three_equal_channels(folder: Path, suffix: str) -> None:
    photo = read(folder, f"shirt{suffix}", encoded(suffix, PIXELS[..., 1]))
    assert np.ptp(photo.rgb, axis=-1).max() == 0
    assert np.abs(photo.rgb[..., 0].astype(int) - PIXELS[..., 1]).max() <= 2


def test_grey_with_alpha_at_8_and_16_bits(folder: Path) -> None:
    both = np.stack([PIXELS[..., 1], ALPHA], axis=-1)
    for depth, values in ((8, both), (16, (both.astype(np.uint16) * 257).astype(">u2"))):
        photo = read(folder, f"{depth}.png", png(128, 96, depth, 4, [row.tobytes() for row in values]))
        assert photo.alpha is not None
        np.testing.assert_array_equal(photo.alpha, ALPHA)
        np.testing.assert_array_equal(photo.rgb, np.repeat(PIXELS[..., 1:2], 3, axis=-1))


def test_a_palette_with_a_transparent_entry(folder: Path) -> None:
    index = np.repeat(np.arange(4, dtype=np.uint8), 32)
    palette, clear = chunk(b"PLTE", bytes([9, 9, 9, 200, 10, 20, 10, 200, 20, 10, 20, 200])), chunk(b"tRNS", b"\0\x80")
    photo = read(folder, "shirt.png", png(128, 96, 8, 3, [index.tobytes()] * 96, palette, clear))
    assert photo.alpha is not None
    assert photo.alpha[5, ::32].tolist() == [0, 128, 255, 255]
    assert photo.rgb[5, 32::32].tolist() == [[200, 10, 20], [10, 200, 20], [10, 20, 200]]


def test_a_grey_level_that_stands_for_transparent(folder: Path) -> None:
    row = np.repeat(np.array([255, 40], np.uint8), 64).tobytes()
    photo = read(folder, "shirt.png", png(128, 96, 8, 0, [row] * 96, chunk(b"tRNS", struct.pack(">H", 255))))
    assert photo.alpha is not None
    assert photo.alpha[5, [0, -1]].tolist() == [0, 255]


def test_black_and_white_at_one_bit(folder: Path) -> None:
    photo = read(folder, "shirt.png", png(128, 96, 1, 0, [b"\0" * 8 + b"\xff" * 8] * 96))
    assert photo.rgb[5, [0, 63, 64, -1], 0].tolist() == [0, 0, 255, 255]


def test_a_cmyk_jpeg_shows_the_colours_meant(folder: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    colours = {"red": (0, 255, 255, 0), "green": (255, 0, 255, 0), "white": (0, 0, 0, 0), "black": (0, 0, 0, 255)}
    shown = {}
    for name, ink in colours.items():
        file = io.BytesIO()
        image.new("CMYK", (128, 96), ink).save(file, "JPEG", quality=98)
        shown[name] = read(folder, f"{name}.jpg", file.getvalue()).rgb.reshape(-1, 3).mean(axis=0)
    np.testing.assert_allclose(shown["red"], [255, 0, 0], atol=6)
    np.testing.assert_allclose(shown["green"], [0, 255, 0], atol=6)
    np.testing.assert_allclose(shown["white"], 255, atol=6)
    np.testing.assert_allclose(shown["black"], 0, atol=6)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_photos_are_turned_upright(folder: Path, orientation: int, order: str) -> None:
    tiff = exif(orientation, order)
    for suffix, flags in ((".png", []), (".webp", WEBP_LOSSLESS)):
        photo = read(folder, f"shirt{suffix}", with_exif(encoded(suffix, PIXELS, *flags), tiff))
        np.testing.assert_array_equal(photo.rgb, UPRIGHT[orientation](PIXELS), err_msg=suffix)
    data = with_exif(encoded(".jpg", PIXELS), tiff)
    as_opencv = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    np.testing.assert_array_equal(read(folder, "shirt.jpg", data).rgb, as_opencv)


def test_alpha_is_turned_with_its_pixels(folder: Path) -> None:
    photo = read(folder, "shirt.png", with_exif(encoded(".png", np.dstack([PIXELS, ALPHA])), exif(6, "<")))
    assert photo.alpha is not None
    np.testing.assert_array_equal(photo.alpha, np.rot90(ALPHA, -1))


@given(st.binary(max_size=60))
@example(exif(0, "<"))
@example(exif(9, ">"))
@example(exif(6, "<")[:30])
@example(b"II*\0\xff\xff\xff\xff")
def test_a_broken_exif_block_leaves_the_photo_as_it_is(tiff: bytes) -> None:
    header = read_header(with_exif(encoded(".jpg", PIXELS), tiff))
    assert (header.width, header.height, header.is_whole) == (128, 96, True)
    assert 1 <= header.orientation <= 8
    if tiff[:2] not in (b"II", b"MM") or len(tiff) < 22:
        assert header.orientation == 1


@pytest.mark.parametrize(("h", "w", "expected"), [(1500, 1200, (1024, 819)), (700, 2048, (350, 1024))])
def test_a_large_photo_is_shrunk_to_its_mean(folder: Path, h: int, w: int, expected: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (h, w, 4)).astype(np.uint8)
    noise[h // 2 :, :, 0] //= 4
    photo = read(folder, "shirt.png", encoded(".png", noise, cv2.IMWRITE_PNG_COMPRESSION, 1))
    assert photo.alpha is not None
    assert photo.rgb.shape == (*expected, 3)
    assert photo.alpha.shape == expected
    for part in (slice(None, h // 2), slice(h // 2, None)):
        rows = slice(*(round(b * expected[0] / h) if b is not None else None for b in (part.start, part.stop)))
        np.testing.assert_allclose(photo.rgb[rows].mean((0, 1)), noise[part, :, :3].mean((0, 1)), atol=1)


@pytest.mark.parametrize(("suffix", "flags"), [(".jpg", [cv2.IMWRITE_JPEG_QUALITY, 95]), (".png", [])])
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_large_photo_is_the_same_picture_whatever_its_format(
    folder: Path, suffix: str, flags: list[int], orientation: int
) -> None:
    """JPEG of 4096 pixels and more is decoded at a half, a quarter or an eighth."""
    small = cv2.resize(PIXELS, (256, 192), interpolation=cv2.INTER_CUBIC)
    large = cv2.resize(small, (4160, 3120), interpolation=cv2.INTER_CUBIC)
    photo = read(folder, f"shirt{suffix}", with_exif(encoded(suffix, large, *flags), exif(orientation, "<")))
    expected = UPRIGHT[orientation](cv2.resize(large, (1024, 768), interpolation=cv2.INTER_AREA))
    assert photo.rgb.shape == expected.shape
    assert np.abs(photo.rgb.astype(int) - expected).mean() < 1.5


def test_16_bits_with_alpha_are_shrunk_before_they_become_8(folder: Path) -> None:
    levels = np.full((1100, 1400, 4), 257 * 100, np.uint16)
    levels[:, 700:] = 257 * 50
    photo = read(folder, "shirt.png", encoded(".png", levels, cv2.IMWRITE_PNG_COMPRESSION, 1))
    assert photo.rgb.shape == (805, 1024, 3)
    assert photo.alpha is not None
    assert photo.rgb[400, [100, 900]].tolist() == [[100] * 3, [50] * 3]
    assert photo.alpha[400, [100, 900]].tolist() == [100, 50]


def test_of_an_animation_the_first_picture_is_taken_or_it_is_refused(folder: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    frames = [image.fromarray(np.full((96, 128, 3), level, np.uint8)) for level in (200, 40)]
    file = io.BytesIO()
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:], duration=100, lossless=True)
    photo = read(folder, "shirt.webp", file.getvalue())
    np.testing.assert_allclose(photo.rgb, 200, atol=2)


def test_the_back_of_a_garment_is_no_garment_of_its_own(folder: Path) -> None:
    for name in ("a.jpg", "a_back.png", "b_back.jpg", "c.png", "c_back.jpg", "c_back.webp"):
        put(folder, name, b"")
    write_labels(folder, [["file", "label"], ["a", "Polo"], ["b_back", "Hoodie"]])
    found = [(g.path.name, g.label, g.back and g.back.name) for g in list_garments(folder)]
    assert found == [
        ("a.jpg", "Polo", "a_back.png"),
        ("b_back.jpg", "Hoodie", None),
        ("c.png", None, "c_back.jpg"),
    ]


def test_a_photo_of_1024_pixels_is_not_resampled(folder: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (1024, 256, 3)).astype(np.uint8)
    np.testing.assert_array_equal(read(folder, "a.png", encoded(".png", noise)).rgb, noise)


def test_a_text_file_called_a_photo(folder: Path) -> None:
    refused(put(folder, "note.jpg", b"Remember to photograph the blue shirt.\n" * 20), "no JPEG, PNG or WebP")


def test_an_empty_file(folder: Path) -> None:
    refused(put(folder, "empty.png", b""), "file is empty")


def test_another_picture_format(folder: Path) -> None:
    refused(put(folder, "really-a-bitmap.png", encoded(".bmp", PIXELS)), "no JPEG, PNG or WebP")


def test_a_missing_file(folder: Path) -> None:
    refused(folder / "gone.jpg", "cannot be read .*No such file")


def test_a_folder_called_a_photo(folder: Path) -> None:
    (folder / "album.jpg").mkdir()
    refused(folder / "album.jpg", "cannot be read")


DOTS = np.random.default_rng(0).integers(0, 256, (96, 128, 3)).astype(np.uint8)
WHOLE = {
    "a.jpg": encoded(".jpg", DOTS),
    "progressive.jpg": encoded(".jpg", DOTS, cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
    "a.png": encoded(".png", DOTS),
    "lossy.webp": encoded(".webp", DOTS, cv2.IMWRITE_WEBP_QUALITY, 80),
    "lossless.webp": encoded(".webp", DOTS, *WEBP_LOSSLESS),
}


@pytest.mark.parametrize("kept", [0.3, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("name", WHOLE)
def test_a_file_cut_short(folder: Path, name: str, kept: float) -> None:
    """Decoders fill the missing part with grey and say nothing."""
    data = WHOLE[name]
    refused(put(folder, name, data[: int(kept * len(data))]), "file is cut short")


@pytest.mark.parametrize("n", [4, 12, 18])
@pytest.mark.parametrize("name", WHOLE)
def test_a_file_cut_within_its_header(folder: Path, name: str, n: int) -> None:
    refused(put(folder, name, WHOLE[name][:n]), "cut short|no JPEG, PNG or WebP|0x0 pixels")


def test_png_data_with_a_flipped_byte(folder: Path) -> None:
    data = bytearray(encoded(".png", PIXELS))
    data[data.index(b"IDAT") + 40] ^= 0xFF
    refused(put(folder, "a.png", bytes(data)), "damaged")


def test_a_picture_of_one_pixel(folder: Path) -> None:
    refused(put(folder, "dot.png", encoded(".png", PIXELS[:1, :1])), "1x1 pixels, too small; expected at least 64")


@pytest.mark.parametrize(("h", "w"), [(63, 200), (200, 63)])
def test_a_picture_too_small_on_one_side(folder: Path, h: int, w: int) -> None:
    refused(put(folder, "strip.png", encoded(".png", np.zeros((h, w, 3), np.uint8))), f"{w}x{h} pixels, too small")
    assert read(folder, "enough.png", encoded(".png", np.zeros((64, 64, 3), np.uint8))).rgb.shape == (64, 64, 3)


@pytest.mark.parametrize(("h", "w"), [(64, 6400), (6400, 64)])
def test_a_strip_of_a_picture(folder: Path, h: int, w: int) -> None:
    """Brought to 1024 pixels it would be 10 pixels wide: nothing can be cut out of that."""
    refused(put(folder, "strip.png", encoded(".png", np.zeros((h, w, 3), np.uint8))), f"{w}x{h} pixels")


def _huge() -> dict[str, tuple[bytes, str]]:
    jpeg = bytearray(WHOLE["a.jpg"])
    at = jpeg.index(b"\xff\xc0") + 5
    jpeg[at : at + 4] = struct.pack(">HH", 60000, 60000)
    extended = with_exif(WHOLE["lossy.webp"], b"")
    extended = extended[:24] + struct.pack("<I", 59999)[:3] * 2 + extended[30:]
    lossless = bytearray(WHOLE["lossless.webp"])
    lossless[21:25] = struct.pack("<I", 16383 | 16383 << 14)
    return {
        "a.png": (png(60000, 60000, 8, 2, []), "60000x60000"),
        "a.jpg": (bytes(jpeg), "60000x60000"),
        "extended.webp": (extended, "60000x60000"),
        "lossless.webp": (bytes(lossless), "16384x16384"),
    }


@pytest.mark.parametrize("name", _huge())
def test_a_decompression_bomb_is_never_decoded(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def decoded(*_: object) -> None:
        raise AssertionError("the decoder was called")

    monkeypatch.setattr(cv2, "imdecode", decoded)
    data, size = _huge()[name]
    refused(put(folder, name, data), f"{size} pixels, more than the 128000000 allowed")


def test_the_limit_of_pixels_is_the_callers(folder: Path) -> None:
    path = put(folder, "a.png", encoded(".png", PIXELS))
    refused(path, "128x96 pixels, more than the 12287 allowed", max_pixels=128 * 96 - 1)
    assert read_photo(path, max_pixels=128 * 96).rgb.shape == PIXELS.shape


@given(
    st.sampled_from(sorted(WHOLE)),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=6),
)
def test_whatever_bytes_are_wrong_the_file_is_named(
    tmp_path_factory: pytest.TempPathFactory, name: str, changes: list[tuple[int, int]]
) -> None:
    data = bytearray(WHOLE[name])
    for at, value in changes:
        data[at % len(data)] = value
    path = put(tmp_path_factory.getbasetemp(), name, bytes(data))
    try:
        photo = read_photo(path, max_pixels=100_000)
    except InputError as error:
        assert str(path) in str(error)  # noqa: PT017 (either outcome is right)
    else:
        assert photo.rgb.dtype == np.uint8
        assert photo.rgb.shape[2] == 3


@given(st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x10\0\0\0WEBP", b""]), st.binary(max_size=120))
def test_any_header_is_read_or_refused(start: bytes, rest: bytes) -> None:
    try:
        header = read_header(start + rest)
    except ValueError:
        return
    assert header.kind in ("JPEG", "PNG", "WebP")
    assert 1 <= header.orientation <= 8


def write_labels(folder: Path, rows: list[list[str]], encoding: str = "utf-8") -> None:
    with (folder / "labels.csv").open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(rows)


def test_a_folder_is_listed_by_name_without_what_is_no_photo(folder: Path) -> None:
    for name in ("b.PNG", "a.jpeg", "c.webp", "notes.txt", "d.gif"):
        put(folder, name, b"")
    (folder / "e.jpg").mkdir()
    assert [(p.name, label) for p, label in list_photos(folder)] == [
        ("a.jpeg", None),
        ("b.PNG", None),
        ("c.webp", None),
    ]


@pytest.mark.parametrize("column", ["file", "image"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_labels_by_name_or_stem(folder: Path, column: str, encoding: str) -> None:
    for name in ("été.jpg", "b.png", "c.png", "d.png"):
        put(folder, name, b"")
    write_labels(
        folder, [[column, "kids", "label"], ["été", "0", "T-Shirt"], ["b.png", "1", " Pants "], ["c", "", ""]], encoding
    )
    assert [label for _, label in list_photos(folder)] == ["Pants", None, None, "T-Shirt"]


@pytest.mark.parametrize("header", [["name", "label"], ["file", "class"], ["image"]])
def test_labels_without_the_columns(folder: Path, header: list[str]) -> None:
    put(folder, "a.png", b"")
    write_labels(folder, [header, ["a.png", "Pants"][: len(header)]])
    with pytest.raises(InputError, match=r'labels.*labels\.csv: columns are ".*"; expected "file"'):
        list_photos(folder)


def test_labels_that_are_no_utf8(folder: Path) -> None:
    put(folder, "a.png", b"")
    (folder / "labels.csv").write_bytes(b"file,label\n\xe9t\xe9.png,Pants\n")
    with pytest.raises(InputError, match=r"labels\.csv: cannot be read as CSV in UTF-8"):
        list_photos(folder)


def test_a_row_without_a_file_name_is_not_a_missing_column(folder: Path) -> None:
    put(folder, "a.png", b"")
    write_labels(folder, [["file", "label"], ["a.png", "Pants"], ["", ""]])
    assert list_photos(folder) == [(folder / "a.png", "Pants")]


@pytest.mark.parametrize("read_all", [list_photos, read_photos])
def test_an_empty_or_missing_folder(folder: Path, read_all: type) -> None:
    with pytest.raises(InputError, match="holds no photo; expected files ending in"):
        read_all(folder)
    with pytest.raises(InputError, match="gone: not a folder"):
        read_all(folder / "gone")
    with pytest.raises(InputError, match=r"a\.txt: not a folder"):
        read_all(put(folder, "a.txt", b""))


def test_a_folder_of_rubbish_names_every_file(folder: Path) -> None:
    names = ["cut.jpg", "dot.png", "empty.webp", "note.jpg"]
    for name, data in zip(names, (WHOLE["a.jpg"][:500], encoded(".png", PIXELS[:1, :1]), b"", b"hello"), strict=True):
        put(folder, name, data)
    photos, skipped = read_photos(folder)
    assert photos == []
    assert [path.name for path, _ in skipped] == names
    assert all(str(path) in reason for path, reason in skipped)
    assert len({reason.replace(str(path), "") for path, reason in skipped}) == 4


def test_one_bad_photo_does_not_spoil_the_folder(folder: Path) -> None:
    put(folder, "a.png", WHOLE["a.png"])
    put(folder, "b.jpg", b"hello")
    put(folder, "c.jpg", WHOLE["a.jpg"])
    write_labels(folder, [["file", "label"], ["c.jpg", "Pants"]])
    photos, skipped = read_photos(folder)
    assert [(p.path.name, p.label) for p in photos] == [("a.png", None), ("c.jpg", "Pants")]
    assert [path.name for path, _ in skipped] == ["b.jpg"]
