"""Photos of single garments: read, checked, turned upright, brought to 8-bit RGB and at most 1024 pixels.

Every fault of a file ends in an `InputError` that names the file and the reason, so that a folder's bad photos can be
skipped and reported. Colour profiles are not applied: product photos are sRGB, and phones' wide gamuts differ little.
"""

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cutout.headers import Header, read_header
from manikin.tasks.errors import InputError

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
BACK = "_back"  # ends the name, before the suffix, of a picture of a garment's back
MAX_PIXELS = 128_000_000  # of the file; a larger one is taken for a decompression bomb
LONG_SIDE = 1024  # of the photo returned
MIN_SIDE = 64  # less cannot texture a body
MAX_ASPECT = 5  # of long side to short; a longer strip is no photo of a garment

U8 = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Photo:
    """One upright photo."""

    rgb: U8  # (H, W, 3) sRGB
    alpha: U8 | None  # (H, W) where the file carries transparency that says something
    sha256: str  # of the file
    path: Path
    label: str | None = None  # what labels.csv calls it


def read_photo(path: Path, max_pixels: int = MAX_PIXELS, label: str | None = None) -> Photo:
    """Return a photo, upright, 8 bit, its long side at most 1024 pixels.

    Args:
        path: a JPEG, PNG or WebP file: 8 or 16 bit, grey, colour or CMYK, with or without alpha.
        max_pixels: files of more pixels are refused before they are decoded.
        label: what the photo shows, kept as it is.

    Raises:
        InputError: the file cannot be read, is no picture, is cut short, too large or too small.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"photo {path}: cannot be read ({error.strerror or error})") from error
    if not data:
        raise InputError(f"photo {path}: the file is empty; copy or download it again")
    try:
        header = read_header(data)
    except ValueError as error:
        raise InputError(f"photo {path}: {error}; expected a JPEG, PNG or WebP file; remove or replace it") from error
    _check_header(path, header, max_pixels)
    pixels = _decode(data, header)
    if pixels is None:
        raise InputError(f"photo {path}: the {header.kind} data is damaged and cannot be decoded; replace the file")
    if header.grey_key is not None and pixels.ndim == 2:  # OpenCV forgets the grey that stands for transparent
        shown = np.where(pixels == header.grey_key, 0, np.iinfo(pixels.dtype).max).astype(pixels.dtype)
        pixels = np.dstack([pixels, pixels, pixels, shown])
    # Shrunk first: of a large photo, each further step would copy hundreds of megabytes.
    rgb, alpha = _rgb_and_alpha(_upright(_eight_bit(_shrink(pixels)), header.orientation))
    return Photo(rgb, alpha, hashlib.sha256(data).hexdigest(), path, label)


def list_photos(folder: Path) -> list[tuple[Path, str | None]]:
    """Return the photo files of a folder, by name, each with its label from the folder's labels.csv, if any.

    The table has a column "file" or "image" (a file name, with or without its suffix) and a column "label".

    Raises:
        InputError: the folder is missing or holds no photo, or its labels.csv lacks the columns.
    """
    if not folder.is_dir():
        raise InputError(f"photo folder {folder}: not a folder; give a folder of JPEG, PNG or WebP photos")
    others = {p.stem for p in folder.glob("*.mhclo")}  # their pictures are textures
    paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and p.is_file() and p.stem not in others)
    if not paths and not others:
        raise InputError(f"photo folder {folder}: holds no photo; expected files ending in {', '.join(SUFFIXES)}")
    labels = _read_labels(folder / "labels.csv")
    return [(p, labels.get(p.name, labels.get(p.stem))) for p in paths]


@dataclass(frozen=True, slots=True)
class GarmentFiles:
    """The files that show one garment."""

    path: Path
    label: str | None  # from labels.csv
    back: Path | None  # the same garment from behind


def list_garments(folder: Path) -> list[GarmentFiles]:
    """Return the garments of a folder of photos, by name: `shirt_back.jpg` beside `shirt.png` is the back of that shirt.

    A back without a front is a garment like any other.

    Raises:
        InputError: the folder is missing or holds no photo, or its labels.csv lacks the columns.
    """
    photos = list_photos(folder)
    backs = {p.stem.removesuffix(BACK): p for p, _ in reversed(photos) if p.stem.endswith(BACK)}
    fronts = {p.stem for p, _ in photos}
    return [
        GarmentFiles(path, label, backs.get(path.stem))
        for path, label in photos
        if not (path.stem.endswith(BACK) and path.stem.removesuffix(BACK) in fronts)
    ]


def mirrored(photo: Photo) -> Photo:
    """Return a photo with left and right exchanged, as a garment's back lies on its front."""
    alpha = None if photo.alpha is None else np.ascontiguousarray(photo.alpha[:, ::-1])
    return replace(photo, rgb=np.ascontiguousarray(photo.rgb[:, ::-1]), alpha=alpha)


def read_photos(folder: Path, max_pixels: int = MAX_PIXELS) -> tuple[list[Photo], list[tuple[Path, str]]]:
    """Return the readable photos of a folder and, for each other one, its path and what is wrong with it.

    Raises:
        InputError: the folder is missing or holds no photo, or its labels.csv lacks the columns.
    """
    photos: list[Photo] = []
    skipped: list[tuple[Path, str]] = []
    for path, label in list_photos(folder):
        try:
            photos.append(read_photo(path, max_pixels, label))
        except InputError as error:
            skipped.append((path, str(error)))
    return photos, skipped


def _check_header(path: Path, header: Header, max_pixels: int) -> None:
    size = f"{header.width}x{header.height}"
    if header.width * header.height > max_pixels:
        raise InputError(f"photo {path}: {size} pixels, more than the {max_pixels} allowed; make it smaller")
    if min(header.width, header.height) < MIN_SIDE:
        raise InputError(f"photo {path}: {size} pixels, too small; expected at least {MIN_SIDE} on each side")
    if max(header.width, header.height) > MAX_ASPECT * min(header.width, header.height):
        raise InputError(
            f"photo {path}: {size} pixels is a strip; expected sides of at most {MAX_ASPECT} to 1; crop it"
        )
    if not header.is_whole:
        raise InputError(f"photo {path}: the {header.kind} file is cut short; copy or download it again")


def _decode(data: bytes, header: Header) -> NDArray[np.uint8] | NDArray[np.uint16] | None:
    # JPEG has no alpha; its CMYK variant comes out right only through the colour conversion.
    flags = _jpeg_flags(header) if header.kind == "JPEG" else cv2.IMREAD_UNCHANGED
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error:
        return None
    if pixels is None:
        return None
    return np.asarray(pixels, np.uint16) if pixels.dtype == np.uint16 else np.asarray(pixels, np.uint8)


def _jpeg_flags(header: Header) -> int:
    """Return how to decode a JPEG: a large one at a half, quarter or eighth, which its format makes cheap."""
    reduced = {8: cv2.IMREAD_REDUCED_COLOR_8, 4: cv2.IMREAD_REDUCED_COLOR_4, 2: cv2.IMREAD_REDUCED_COLOR_2}
    enough = (f for f in reduced if max(header.width, header.height) >= 2 * LONG_SIDE * f)
    factor = next(enough, None)
    return (cv2.IMREAD_COLOR if factor is None else reduced[factor]) | cv2.IMREAD_IGNORE_ORIENTATION


def _eight_bit(pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> U8:
    if pixels.dtype == np.uint16:
        return np.asarray((pixels.astype(np.uint32) + 128) // 257, np.uint8)
    return np.asarray(pixels, np.uint8)


def _upright(pixels: U8, orientation: int) -> U8:
    """Undo the Exif orientation: 2-4 are mirrored or turned, 5-8 the same after transposition."""
    if orientation >= 5:
        pixels = np.swapaxes(pixels, 0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def _rgb_and_alpha(pixels: U8) -> tuple[U8, U8 | None]:
    if pixels.ndim == 2:
        return np.repeat(pixels[..., None], 3, axis=2), None
    rgb = np.ascontiguousarray(pixels[..., 2::-1])
    if pixels.shape[2] == 4 and pixels[..., 3].min() < 255:
        return rgb, np.ascontiguousarray(pixels[..., 3])
    return rgb, None


def _shrink(pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> NDArray[np.uint8] | NDArray[np.uint16]:
    scale = LONG_SIDE / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint16) if pixels.dtype == np.uint16 else np.asarray(small, np.uint8)


def _read_labels(path: Path) -> dict[str, str]:
    return dict(_labels(path)) if path.is_file() else {}


def _labels(path: Path) -> Iterator[tuple[str, str]]:
    try:
        rows = list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"labels {path}: cannot be read as CSV in UTF-8 ({error})") from error
    if rows and not ({"file", "image"} & rows[0].keys() and "label" in rows[0]):
        found = ", ".join(str(k) for k in rows[0])
        raise InputError(f'labels {path}: columns are "{found}"; expected "file" (or "image") and "label"')
    for row in rows:
        name = row.get("file") or row.get("image")
        if name and row["label"]:
            yield name.strip(), row["label"].strip()
