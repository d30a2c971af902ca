"""From the bytes somebody sent to pictures that say nothing but what is to be seen.

Pillow and its reader of HEIC are loaded at the first photo: most processes never see one. Of a file with
several pictures (a burst, an animation) the first counts.
"""

from __future__ import annotations

import re
import struct
import warnings
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

from tracking.photos.refusals import MOST_MEGAPIXELS, PhotoRefused

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
MOST_PIXELS = MOST_MEGAPIXELS * 1_000_000
LONGEST_SIDE = 65_500  # a JPEG holds no longer one
VERSIONS = {"original": 0, "large": 1600, "small": 480}  # the longest side in pixels, 0 as it came
CODED_SIZE = re.compile(rb"\0\0\0\x14ispe\0{4}(.{8})", re.DOTALL)  # a box of HEIF (ISO/IEC 23008-12, 6.5.3)
MARKER = re.compile(rb"\xff+([^\x00\xff])")  # of a JPEG (ISO/IEC 10918-1, B.1.1)
START_OF_SCAN, END_OF_IMAGE, STANDALONE = 0xDA, 0xD9, (0xD0, 0xD8)
MOST_SCANS = 100  # cameras and editors write one, or about ten
QUALITY = {"original": 92, "large": 85, "small": 80}


class Picture(NamedTuple):
    """One version: its name, size in pixels, and bytes as JPEG."""

    version: str
    width: int
    height: int
    content: bytes


def check(content: bytes) -> None:
    """Look at type and size as the header tells them; no pixel is decoded.

    Raises:
        PhotoRefused: the file is none of FORMATS, damaged, or has too many pixels.
    """
    _opened(content)


def versions(content: bytes) -> Iterator[Picture]:
    """Each of VERSIONS, the largest first: upright, in sRGB, without any metadata; one in memory at a time.

    Raises:
        PhotoRefused: the pixels cannot be decoded.
    """
    image = _plain(content)
    for version, longest in VERSIONS.items():
        if longest:
            image.thumbnail((longest, longest), _pillow().Resampling.LANCZOS, reducing_gap=2.0)
        jpeg = BytesIO()
        image.save(jpeg, "JPEG", quality=QUALITY[version])
        yield Picture(version, *image.size, jpeg.getvalue())


@cache
def _pillow() -> Any:
    """Pillow's module `Image`, with the formats and limits of ours."""
    import pillow_heif
    from PIL import Image, JpegImagePlugin, PngImagePlugin, WebPImagePlugin  # noqa: F401  (they register)

    pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    # What Pillow remarks about odd files is for nobody; what is too large for us alone, we refuse.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    return Image


def _opened(content: bytes) -> Image:
    pillow = _pillow()
    try:
        image: Image = pillow.open(BytesIO(content), formats=FORMATS)
    except pillow.UnidentifiedImageError:
        raise PhotoRefused("not_a_photo") from None
    except (pillow.DecompressionBombError, pillow.DecompressionBombWarning):
        raise PhotoRefused("too_many_pixels") from None
    except MemoryError:
        raise
    except Exception:  # what readers raise at bytes made to confuse them is told nowhere
        raise PhotoRefused("broken") from None
    _refuse_giants(image.size)
    if image.format == "JPEG" and _scans(content) > MOST_SCANS:
        raise PhotoRefused("too_many_scans")
    if image.format == "HEIF":  # what is shown may be a small window of what is decoded
        for box in CODED_SIZE.finditer(content):
            _refuse_giants(struct.unpack(">II", box[1]))
    return image


def _scans(content: bytes) -> int:
    """How many times the pixels of a JPEG are gone over: each scan of a progressive one costs all of them."""
    scans, place = 0, 2
    while (found := MARKER.search(content, place)) is not None:
        marker, place = found[1][0], found.end()
        if marker == END_OF_IMAGE or place + 2 > len(content):
            break
        scans += marker == START_OF_SCAN
        if scans > MOST_SCANS:
            break
        if not STANDALONE[0] <= marker <= STANDALONE[1]:
            place += int.from_bytes(content[place : place + 2], "big")
    return scans


def _refuse_giants(size: tuple[int, ...]) -> None:
    if size[0] * size[1] > MOST_PIXELS or max(size) > LONGEST_SIDE:
        raise PhotoRefused("too_many_pixels")


def _plain(content: bytes) -> Image:
    """The decoded picture, upright, RGB as sRGB, with nothing attached."""
    image = _opened(content)
    try:
        image.load()
        _refuse_giants(image.size)  # the pixels of a HEIC may be others than its header says
        _turn_upright(image)
        image = _in_srgb(image)
    except (MemoryError, PhotoRefused):
        raise
    except Exception:  # as above
        raise PhotoRefused("broken") from None
    image.info = {}  # else a comment would be written again
    return image


def _turn_upright(image: Image) -> None:
    """Apply the orientation of the EXIF block; one that cannot be read turns nothing."""
    from PIL import ImageOps

    try:
        ImageOps.exif_transpose(image, in_place=True)
    except MemoryError:
        raise
    except Exception:
        return


def _in_srgb(image: Image) -> Image:
    """Colours as every screen reads them; a profile that cannot be used is left out."""
    from PIL import ImageCms

    profile = image.info.get("icc_profile")
    image = _opaque(image)
    if profile:
        try:
            source, target = ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
            in_place = image.mode == "RGB"  # a second copy of a large photo is what memory is short of
            changed = ImageCms.profileToProfile(image, source, target, outputMode="RGB", inPlace=in_place)
            image = changed or image
        except (ImageCms.PyCMSError, OSError):
            pass
    return image if image.mode == "RGB" else image.convert("RGB")


def _opaque(image: Image) -> Image:
    """The picture in a mode a profile can be for, with white where it was transparent."""
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        paper: Image = _pillow().new("RGB", image.size, "white")
        paper.paste(layer, mask=layer)
        return paper
    if image.mode.startswith("I"):  # sixteen bits of grey, which a plain conversion would cut off at white
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    return image if image.mode in {"RGB", "L", "CMYK"} else image.convert("RGB")
