"""Images as they come in: verified, measured, given a thumbnail. What an image is, its bytes say, never its name."""

import io
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from PIL import Image, ImageOps

from datasets.thumbnails import thumbnail_size

# The decoders that may see the bytes, no others, and the content type of each. JPEG's answers MPO for what many cameras
# write: a JPEG with further pictures behind it.
CONTENT_TYPES = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
}
FORMATS_IN_WORDS = "PNG, JPEG, WebP, GIF, BMP or TIFF"
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".gif", ".bmp", ".tif", ".tiff"})
BYTES_MAX = 100 * 1024 * 1024
PIXELS_MAX = 80_000_000
THUMBNAIL_QUALITY = 82


@dataclass(frozen=True)
class VerifiedImage:
    """An image whose every pixel could be read.

    `width` and `height` are pixels as the image is shown, that is, turned as its EXIF orientation says.
    """

    content_type: str
    width: int
    height: int
    thumbnail: bytes


def verified(content: bytes) -> VerifiedImage:
    """Read the whole image, measure it, and draw its thumbnail (WebP, at most 256 pixels on the long side).

    Of an animation the first picture counts.

    Raises:
        ValidationError: when it is too large, of another format, cut off or damaged; the sentence continues a name.
    """
    if len(content) > BYTES_MAX:
        raise ValidationError(f"is larger than {BYTES_MAX // 1024**2} MB, the most that an image may have.")
    with _opened(content) as image:
        try:
            image.load()
            shown = ImageOps.exif_transpose(image)
            thumbnail = _thumbnail(shown)
        except Exception as error:  # decoders fed with damaged bytes raise whatever they stumble over
            raise ValidationError("is cut off or damaged: not all of its pixels can be read.") from error
        return VerifiedImage(CONTENT_TYPES[image.format or ""], shown.width, shown.height, thumbnail)


def _opened(content: bytes) -> Image.Image:
    """The image with its header read and its size checked, before any pixel takes memory."""
    try:
        image = Image.open(io.BytesIO(content), formats=[name for name in CONTENT_TYPES if name != "MPO"])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValidationError(f"has more than {PIXELS_MAX:,} pixels, the most that an image may have.") from error
    except Exception as error:  # as above: a header can be as hostile as the pixels
        raise ValidationError(f"is not an image that can be read: it must be {FORMATS_IN_WORDS}.") from error
    if image.width * image.height > PIXELS_MAX:
        raise ValidationError(
            f"has {image.width:,} × {image.height:,} pixels; at most {PIXELS_MAX:,} in all are accepted."
        )
    return image


def _thumbnail(image: Image.Image) -> bytes:
    """The picture as WebP: lossless when it was small enough to stay as it is, since every pixel of it shows."""
    size = thumbnail_size(image.width, image.height)
    small = _in_eight_bits(image)
    if size != image.size:
        small = small.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    out = io.BytesIO()
    small.save(out, "WEBP", lossless=size == image.size, quality=THUMBNAIL_QUALITY)
    return out.getvalue()


def _in_eight_bits(image: Image.Image) -> Image.Image:
    """The picture in a mode that WebP has. Deep greys (16 bit, float) are stretched from their darkest to lightest."""
    if image.mode.startswith(("I", "F")):
        deep = image.convert("F")
        darkest, lightest = (float(bound) for bound in deep.getextrema())  # type: ignore[arg-type]
        scale = 255 / ((lightest - darkest) or 1)
        return deep.point(lambda value: value * scale - darkest * scale).convert("L").convert("RGB")
    has_alpha = image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info
    return image.convert("RGBA" if has_alpha else "RGB")
