"""What counts as an image, and what its thumbnail is like."""

import io
import struct
import zlib

import pytest
from django.core.exceptions import ValidationError
from PIL import Image

from datasets import images
from datasets.images import verified
from tests.datasets.pictures import picture


def thumbnail(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(verified(content).thumbnail))


@pytest.mark.parametrize(
    ("form", "content_type"),
    [
        ("PNG", "image/png"),
        ("JPEG", "image/jpeg"),
        ("MPO", "image/jpeg"),
        ("WEBP", "image/webp"),
        ("GIF", "image/gif"),
        ("BMP", "image/bmp"),
        ("TIFF", "image/tiff"),
    ],
)
def test_the_type_comes_from_the_bytes(form: str, content_type: str) -> None:
    image = verified(picture(3, form=form))
    assert (image.content_type, image.width, image.height) == (content_type, 20, 10)


def test_a_tiny_image_keeps_its_pixels() -> None:
    original = Image.new("RGB", (8, 8))
    original.putpixel((3, 5), (200, 100, 50))
    out = io.BytesIO()
    original.save(out, "PNG")
    assert thumbnail(out.getvalue()).size == (8, 8)
    assert thumbnail(out.getvalue()).convert("RGB").tobytes() == original.tobytes()


@pytest.mark.parametrize(("size", "small"), [((1024, 512), (256, 128)), ((10, 900), (3, 256)), ((2000, 1), (256, 1))])
def test_a_large_image_is_made_smaller(size: tuple[int, int], small: tuple[int, int]) -> None:
    result = thumbnail(picture(size=size))
    assert (result.format, result.size) == ("WEBP", small)


def test_it_is_turned_as_its_exif_orientation_says() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image = verified(picture(size=(400, 200), form="JPEG", exif=exif))
    assert (image.width, image.height) == (200, 400)
    assert Image.open(io.BytesIO(image.thumbnail)).size == (128, 256)


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK", "I;16", "I", "F"])
def test_every_mode_has_a_thumbnail(mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (300, 20)).save(out, "TIFF" if mode in ("CMYK", "I", "F") else "PNG")
    assert thumbnail(out.getvalue()).size == (256, 17)


def test_deep_greys_are_stretched() -> None:
    out = io.BytesIO()
    deep = Image.new("I;16", (2, 1))
    deep.putpixel((0, 0), 1_000)
    deep.putpixel((1, 0), 3_000)
    deep.save(out, "PNG")
    assert [thumbnail(out.getvalue()).convert("L").getpixel((x, 0)) for x in (0, 1)] == [0, 255]


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.4", b"no"])
def test_it_refuses_what_is_no_image(content: bytes) -> None:
    with pytest.raises(ValidationError, match="PNG, JPEG, WebP, GIF, BMP or TIFF"):
        verified(content)


def test_it_refuses_formats_that_are_not_listed() -> None:
    with pytest.raises(ValidationError, match="is not an image that can be read"):
        verified(picture(form="PPM"))


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("PNG", "is cut off or damaged"),
        ("JPEG", "is cut off or damaged"),
        ("BMP", "is cut off or damaged"),
        ("WEBP", "is not an image"),  # its decoder wants the whole file before it tells the size
    ],
)
def test_it_refuses_what_is_cut_off(form: str, expected: str) -> None:
    content = picture(size=(200, 200), form=form)
    with pytest.raises(ValidationError, match=expected):
        verified(content[: len(content) // 2])


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header promises this many pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"\0" * 1_000)
    chunks = b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in (header, data, b"IEND")
    )
    return b"\x89PNG\r\n\x1a\n" + chunks


@pytest.mark.parametrize("size", [(8_944, 8_945), (20_000, 20_000), (9_200, 9_800)])
def test_it_refuses_a_decompression_bomb_before_decoding(size: tuple[int, int]) -> None:
    with pytest.raises(ValidationError, match="80,000,000"):
        verified(bomb(*size))


def test_it_refuses_a_file_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "BYTES_MAX", 1024**2)
    with pytest.raises(ValidationError, match="larger than 1 MB"):
        verified(picture() + b"\0" * 1024**2)
