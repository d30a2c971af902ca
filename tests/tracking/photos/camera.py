"""Photos as cameras, phones and ill-meaning people make them."""

from __future__ import annotations

import itertools
import struct
import zlib
from io import BytesIO
from typing import Any

import pillow_heif
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageCms

from membership.models import User
from tracking.photos import album, jobs
from tracking.photos.photo_files import PhotoFile

pillow_heif.register_heif_opener()
RED, GREEN, BLUE, WHITE = (200, 0, 0), (0, 200, 0), (0, 0, 200), (255, 255, 255)
numbers = itertools.count(1)
CORNERS = (RED, GREEN, BLUE, WHITE)
# How a camera held that way stores what it sees: the opposite of what the tag asks for (EXIF 2.32, 4.6.4.A).
Turn = Image.Transpose
STORED = {
    1: None,
    2: Turn.FLIP_LEFT_RIGHT,
    3: Turn.ROTATE_180,
    4: Turn.FLIP_TOP_BOTTOM,
    5: Turn.TRANSPOSE,
    6: Turn.ROTATE_90,
    7: Turn.TRANSVERSE,
    8: Turn.ROTATE_270,
}
SECRETS = (b"Secret Camera", b"said in a comment", b"http://ns.adobe.com", b"GPS", b"Exif", b"ICC_PROFILE")


def scene(width: int = 96, height: int = 64) -> Image.Image:
    """Four fields: red, green, below them blue, white."""
    image = Image.new("RGB", (width, height), WHITE)
    for colour, place in zip(CORNERS, ((0, 0), (1, 0), (0, 1)), strict=False):
        x, y = place[0] * width // 2, place[1] * height // 2
        image.paste(colour, (x, y, x + width // 2, y + height // 2))
    return image


def corners(image: Image.Image) -> list[tuple[int, ...]]:
    """The colours of the four fields."""
    image = image.convert("RGB")
    places = [(x, y) for y in (1, 3) for x in (1, 3)]
    return [image.getpixel((image.width * x // 4, image.height * y // 4)) for x, y in places]  # type: ignore[misc]


def alike(image: Image.Image, expected: tuple[tuple[int, ...], ...] = CORNERS, within: int = 12) -> bool:
    """Whether the fields have these colours, JPEG's inaccuracy aside."""
    pairs = zip(corners(image), expected, strict=True)
    return all(abs(a - b) <= within for one, other in pairs for a, b in zip(one, other, strict=True))


def exif(orientation: int = 1) -> Image.Exif:
    """What a phone writes: its name, where it was, how it was held."""
    told = Image.Exif()
    told[0x0112] = orientation
    told[0x010F] = "Secret Camera"
    place = {1: "N", 2: (52.0, 31.0, 12.5), 3: "E", 4: (13.0, 24.0, 36.0)}
    told.get_ifd(0x8825).update(place)
    return told


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def telling(kind: str = "JPEG", orientation: int = 1) -> bytes:
    """A photo with everything a file can say beside its pixels."""
    turn = STORED[orientation]
    image = scene() if turn is None else scene().transpose(turn)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/" about="http://ns.adobe.com/xap/1.0/">Secret</x:xmpmeta>'
    options: dict[str, Any] = {"exif": exif(orientation).tobytes(), "icc_profile": profile, "xmp": xmp}
    if kind == "JPEG":
        options |= {"comment": b"said in a comment", "quality": 95}
    return encoded(image, kind, **options)


def upload(content: bytes, name: str = "IMG_0815.HEIC") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def taken(owner: User, content: bytes | None = None) -> PhotoFile:
    """A photo that was received, unlike any other; no worker has it yet."""
    content = telling() + f"photo {next(numbers)}".encode() if content is None else content
    return album.receive(owner=owner, upload=upload(content))


def prepared(owner: User, content: bytes | None = None) -> PhotoFile:
    """A photo a worker is done with."""
    photo = taken(owner, content)
    jobs.process(photo.pk)
    photo.refresh_from_db()
    return photo


def shown(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


# Bombs ----------------------------------------------------------------------------------------------------
def png_claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header claims this size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b"")]
    chunks = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def jpeg_claiming(width: int, height: int) -> bytes:
    """A JPEG whose frame header claims this size."""
    content = encoded(scene())
    place = content.index(b"\xff\xc0") + 5
    return content[:place] + struct.pack(">HH", height, width) + content[place + 4 :]


def webp_claiming(width: int, height: int) -> bytes:
    """A WebP whose extended header claims this size."""
    content = encoded(scene(), "WEBP", exif=exif().tobytes())
    assert content[12:16] == b"VP8X"
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return content[:24] + size + content[30:]


def heic_claiming(width: int, height: int) -> bytes:
    """A HEIC that is to be decoded at this size and shown as a small part of it."""
    content = encoded(scene(), "HEIF")
    place = content.index(b"ispe") + 8
    return content[:place] + struct.pack(">II", width, height) + content[place + 8 :]
