"""Size and orientation of a picture from its first bytes, before anything is decoded.

A decompression bomb must be refused unread, and OpenCV tells neither the size nor the Exif orientation of a file it has
not decoded; JPEG (ITU T.81, Exif 2.3), PNG (W3C) and WebP (RFC 9649) say both in a few bytes.
"""

import struct
from dataclasses import dataclass

_START_OF_FRAME = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
_ORIENTATION_TAG = 0x0112


@dataclass(frozen=True, slots=True)
class Header:
    """What a picture's header says."""

    kind: str  # "JPEG", "PNG" or "WebP"
    width: int  # as stored, before orientation
    height: int
    orientation: int  # Exif: 1 upright ... 8
    is_whole: bool  # False where the end of the file is missing
    grey_key: int | None = None  # the decoded grey that a PNG without alpha means as transparent


def read_header(data: bytes) -> Header:
    """Return the header of a JPEG, PNG or WebP file's bytes.

    Raises:
        ValueError: the bytes are none of the three, or their header is broken.
    """
    try:
        if data[:3] == b"\xff\xd8\xff":
            return _jpeg(data)
        if data[:8] == b"\x89PNG\r\n\x1a\n":
            return _png(data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp(data)
    except (struct.error, IndexError):
        raise ValueError("its header is cut short") from None
    raise ValueError("it is no JPEG, PNG or WebP picture")


def _jpeg(data: bytes) -> Header:
    at, orientation, size = 2, 1, (0, 0)
    while True:
        if data[at] != 0xFF:
            raise ValueError("its JPEG header is broken")
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        if marker in _START_OF_FRAME:
            height, width = struct.unpack_from(">HH", data, at + 5)
            size = (width, height)
        elif marker == 0xE1 and data[at + 4 : at + 10] == b"Exif\0\0":
            orientation = _exif_orientation(data[at + 10 : at + 2 + length])
        elif marker == 0xDA:
            # In the scans 0xFF is always stuffed, so the end marker cannot occur by chance.
            return Header("JPEG", *size, orientation, b"\xff\xd9" in data[at:])
        at += 2 + length


def _png(data: bytes) -> Header:
    width, height = struct.unpack_from(">II", data, 16)
    depth, colour_type = data[24], data[25]
    at, orientation, is_whole, grey_key = 8, 1, False, None
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        if name == b"eXIf":
            orientation = _exif_orientation(data[at + 8 : at + 8 + length])
        elif name == b"tRNS" and colour_type == 0:
            (level,) = struct.unpack_from(">H", data, at + 8)
            grey_key = level if depth >= 8 else level * 255 // (2**depth - 1)
        elif name == b"IEND":
            is_whole = True
        at += 12 + length
    return Header("PNG", width, height, orientation, is_whole, grey_key)


def _webp(data: bytes) -> Header:
    (length,) = struct.unpack_from("<I", data, 4)
    at, orientation, size = 12, 1, (0, 0)
    while at + 8 <= len(data):
        name, n = struct.unpack_from("<4sI", data, at)
        body = at + 8
        if name == b"VP8X":
            size = (1 + _u24(data, body + 4), 1 + _u24(data, body + 7))
        elif name == b"VP8 " and size == (0, 0):
            width, height = struct.unpack_from("<HH", data, body + 6)
            size = (width & 0x3FFF, height & 0x3FFF)
        elif name == b"VP8L" and size == (0, 0):
            (bits,) = struct.unpack_from("<I", data, body + 1)
            size = ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        elif name == b"EXIF":
            orientation = _exif_orientation(data[body : body + n].removeprefix(b"Exif\0\0"))
        at = body + n + n % 2
    return Header("WebP", *size, orientation, len(data) >= length + 8)


def _u24(data: bytes, at: int) -> int:
    return data[at] | data[at + 1] << 8 | data[at + 2] << 16


def _exif_orientation(tiff: bytes) -> int:
    """Return the orientation tag of a TIFF block, 1 where it is missing or broken: many cameras write it badly."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        (at,) = struct.unpack_from(order + "I", tiff, 4)
        (n,) = struct.unpack_from(order + "H", tiff, at)
        for i in range(n):
            tag, _, _, value = struct.unpack_from(order + "HHIH", tiff, at + 2 + 12 * i)
            if tag == _ORIENTATION_TAG:
                return int(value) if 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1
