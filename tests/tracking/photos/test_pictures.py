"""What becomes of the bytes somebody sent: an upright picture, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO

import pytest
from PIL import Image, ImageCms

from tests.tracking.photos import camera
from tracking.photos import pictures
from tracking.photos.refusals import PhotoRefused

KINDS = ["JPEG", "PNG", "WEBP", "HEIF"]


def made(content: bytes) -> dict[str, pictures.Picture]:
    return {picture.version: picture for picture in pictures.versions(content)}


def refusal(content: bytes) -> str:
    """Why it is refused at the upload, or in the worker."""
    try:
        pictures.check(content)
    except PhotoRefused as refused:
        return refused.code
    with pytest.raises(PhotoRefused) as found:
        made(content)
    return found.value.code


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_however_the_camera_was_held_the_picture_is_upright(kind: str, orientation: int) -> None:
    for picture in made(camera.telling(kind, orientation)).values():
        image = camera.shown(picture.content)
        assert image.size == (picture.width, picture.height) == (96, 64)
        assert camera.alike(image), (picture.version, camera.corners(image))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_heic_is_turned_once(orientation: int) -> None:
    """Its own boxes turn it, whatever its EXIF block says besides; phones write both."""
    turn = camera.STORED[orientation]
    stored = camera.scene() if turn is None else camera.scene().transpose(turn)
    stored.info["exif"] = camera.exif(orientation).tobytes()
    content = camera.encoded(stored, "HEIF", quality=95)
    assert orientation == 1 or b"irot" in content or b"imir" in content
    picture = made(content)["original"]
    assert (picture.width, picture.height) == (96, 64)
    assert camera.alike(camera.shown(picture.content), within=24)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_but_the_picture_is_left(kind: str) -> None:
    content = camera.telling(kind)
    assert any(secret in content for secret in camera.SECRETS)
    for picture in made(content).values():
        assert [secret for secret in camera.SECRETS if secret in picture.content] == []
        image = camera.shown(picture.content)
        assert dict(image.getexif()) == {}
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert segments(picture.content) <= {0xC0, 0xC4, 0xDA, 0xDB, 0xE0}


def segments(jpeg: bytes) -> set[int]:
    """The kinds of segments of a JPEG up to its pixels; 0xE1 to 0xEF and 0xFE hold metadata."""
    found, place = set(), 2
    while 0xDA not in found:
        assert jpeg[place] == 0xFF
        found.add(jpeg[place + 1])
        place += 2 + int.from_bytes(jpeg[place + 2 : place + 4], "big")
    return found


def test_the_versions_have_their_sizes_and_are_never_larger_than_the_photo() -> None:
    large = made(camera.encoded(camera.scene(3000, 2000)))
    assert [(one.width, one.height) for one in large.values()] == [(3000, 2000), (1600, 1067), (480, 320)]
    assert list(large) == ["original", "large", "small"]
    tall = made(camera.encoded(camera.scene(500, 2000)))
    assert [(one.width, one.height) for one in tall.values()] == [(500, 2000), (400, 1600), (120, 480)]
    tiny = made(camera.encoded(camera.scene(40, 20)))
    assert {(one.width, one.height) for one in tiny.values()} == {(40, 20)}


def test_colours_of_another_profile_become_those_of_screens() -> None:
    """A profile that swaps red and green, so that leaving it out would show."""
    content = camera.encoded(camera.scene(), "PNG", icc_profile=swapping_profile())
    picture = made(content)["original"]
    expected = ((0, 200, 0), (200, 0, 0), (0, 0, 200), (255, 255, 255))
    assert camera.alike(camera.shown(picture.content), expected, within=20)
    assert camera.alike(camera.shown(content))


def swapping_profile() -> bytes:
    """sRGB with its first two primaries exchanged: the tags rXYZ and gXYZ point to each other's data."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = int.from_bytes(profile[128:132], "big")
    entries = {bytes(profile[at : at + 4]): at for at in range(132, 132 + 12 * count, 12)}
    red, green = entries[b"rXYZ"] + 4, entries[b"gXYZ"] + 4
    profile[red : red + 8], profile[green : green + 8] = profile[green : green + 8], profile[red : red + 8]
    return bytes(profile)


@pytest.mark.parametrize("profile", [b"no profile at all", b"\0" * 200])
def test_a_profile_that_cannot_be_used_is_left_out(profile: bytes) -> None:
    picture = made(camera.encoded(camera.scene(), "PNG", icc_profile=profile))["original"]
    assert camera.alike(camera.shown(picture.content))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_an_exif_block_that_cannot_be_read_turns_nothing() -> None:
    content = camera.encoded(camera.scene(), exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert camera.alike(camera.shown(made(content)["original"].content))


@pytest.mark.parametrize("mode", ["1", "L", "P", "I;16", "LA", "RGBA"])
def test_every_kind_of_pixels_becomes_a_picture(mode: str) -> None:
    image = Image.new(mode, (40, 30))
    assert camera.shown(made(camera.encoded(image, "PNG"))["small"].content).mode == "RGB"


def test_what_is_transparent_becomes_white() -> None:
    image = Image.new("RGBA", (40, 30), (10, 20, 30, 0))
    assert camera.shown(made(camera.encoded(image, "WEBP"))["small"].content).getpixel((9, 9)) == camera.WHITE


def test_colours_of_a_printer_become_those_of_screens() -> None:
    content = camera.encoded(camera.scene().convert("CMYK"), quality=95)
    assert camera.alike(camera.shown(made(content)["original"].content), within=20)


@pytest.mark.parametrize("kind", ["WEBP", "PNG", "MPO"])
def test_the_first_of_several_pictures_counts(kind: str) -> None:
    others = [Image.new("RGB", (96, 64), colour) for colour in ("black", "yellow")]
    content = camera.encoded(camera.scene(), kind, save_all=True, append_images=others)
    assert getattr(camera.shown(content), "n_frames", 1) == 3
    assert camera.alike(camera.shown(made(content)["original"].content), within=20)


# What is no photo -------------------------------------------------------------------------------------------
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    "content",
    [
        camera.encoded(camera.scene(), "GIF"),
        camera.encoded(camera.scene(), "TIFF"),
        camera.encoded(camera.scene(), "BMP"),
        SVG,
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj",
        b"Dear diary, this is a text.",
        b"PK\x03\x04" + b"\0" * 60,
        b"\xff\xd8\xff",
        b"\0",
    ],
    ids=["gif", "tiff", "bmp", "svg", "pdf", "text", "zip", "three bytes", "one byte"],
)
def test_what_is_no_photo_is_refused_whatever_it_is_called(content: bytes) -> None:
    assert refusal(content) == "not_a_photo"


@pytest.mark.parametrize(
    "content",
    [
        camera.png_claiming(60_000, 60_000),
        camera.png_claiming(10_000, 6_000),
        camera.png_claiming(70_000, 10),
        camera.jpeg_claiming(65_000, 65_000),
        camera.jpeg_claiming(10_000, 6_000),
        camera.webp_claiming(16_000, 16_000),
        camera.heic_claiming(60_000, 60_000),
        camera.heic_claiming(10_000, 6_000),
    ],
    ids=["png", "png of 60 MP", "long png", "jpeg", "jpeg of 60 MP", "webp", "heic", "heic of 60 MP"],
)
def test_a_bomb_is_refused_by_its_header(content: bytes) -> None:
    assert len(content) < 10_000
    with pytest.raises(PhotoRefused) as refused:
        pictures.check(content)
    assert refused.value.code == "too_many_pixels"


@pytest.mark.parametrize("size", [(8160, 6120), (8064, 6048)], ids=["50 MP", "48 MP"])
def test_the_largest_photos_of_phones_are_not_refused(size: tuple[int, int]) -> None:
    pictures.check(camera.jpeg_claiming(*size))


@pytest.mark.parametrize("kind", KINDS)
def test_a_photo_that_was_cut_off_is_refused(kind: str) -> None:
    noise = Image.effect_noise((300, 200), 90).convert("RGB")
    content = camera.encoded(noise, kind)
    assert refusal(content[: len(content) // 2]) in {"broken", "not_a_photo"}


def test_a_jpeg_that_was_cut_off_is_found_by_the_worker() -> None:
    content = camera.encoded(Image.effect_noise((300, 200), 90).convert("RGB"))
    pictures.check(content[:-2000])
    assert refusal(content[:-2000]) == "broken"


def test_pixels_that_are_not_those_of_the_header_are_refused() -> None:
    assert refusal(camera.heic_claiming(7_000, 7_000)) == "broken"


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_bytes_changed_at_random_never_end_in_another_error() -> None:
    import random

    chance = random.Random(4)
    for kind in KINDS:
        content = camera.telling(kind)
        for _ in range(60):
            changed = bytearray(content)
            for _ in range(chance.choice([1, 5, 40])):
                changed[chance.randrange(len(changed))] = chance.randrange(256)
            try:
                pictures.check(bytes(changed))
                made(bytes(changed))
            except PhotoRefused:
                continue


# Loading ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "code",
    [
        "import django, mitai.celery; django.setup(); app.loader.import_default_modules()",
        "import mitai.wsgi; from mitai.core import sharing; sharing.load(pages=True)",
    ],
    ids=["worker", "web"],
)
def test_no_process_loads_what_photos_need_before_the_first(code: str) -> None:
    heavy = ("PIL", "pillow_heif", "cryptography.hazmat", "openai", "numpy")
    loaded = f"[name for name in {heavy} if name in sys.modules]"
    told = f"import sys; from mitai.celery import app; {code}; print({loaded})"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_picture_is_a_jpeg() -> None:
    for picture in made(camera.telling("PNG")).values():
        assert Image.open(BytesIO(picture.content)).format == "JPEG"


# Scans ------------------------------------------------------------------------------------------------------
def scanned(repeats: int) -> bytes:
    """A progressive JPEG whose last scan is there so many times more."""
    content = camera.encoded(camera.scene().convert("L"), progressive=True)
    last = content.rfind(b"\xff\xda")
    return content[:-2] + content[last:-2] * repeats + content[-2:]


def test_a_photo_of_many_scans_is_refused_before_a_pixel_is_decoded() -> None:
    pictures.check(scanned(20))
    with pytest.raises(PhotoRefused) as refused:
        pictures.check(scanned(1000))
    assert refused.value.code == "too_many_scans"


def test_what_looks_like_scans_behind_the_picture_counts_for_nothing() -> None:
    """Phones put a film behind a photo."""
    pictures.check(camera.telling() + b"\xff\xda" * 500)


def test_sixteen_bits_of_grey_stay_grey() -> None:
    grey = Image.new("I;16", (64, 64), 116 * 256)
    [*_, small] = pictures.versions(camera.encoded(grey, "PNG"))
    found = Image.open(BytesIO(small.content)).convert("L").tobytes()
    assert all(abs(value - 116) <= 2 for value in found)
