"""File names as people send them, made safe to keep, to show and to hand out again."""

import re
import unicodedata

from django.core.exceptions import ValidationError

# The longest name that common file systems take, in bytes of UTF-8.
NAME_MAX_BYTES = 255
SUFFIX_MAX = 20
# Windows opens devices under these names, whatever the extension.
DEVICES = re.compile(r"(CON|PRN|AUX|NUL|COM[0-9¹²³]|LPT[0-9¹²³])\s*(\.|$)", re.IGNORECASE)
NOT_ON_WINDOWS = re.compile(r'[<>:"|?*]')
# Controls, format characters (they can turn the direction of writing, and so hide an extension), surrogates,
# unassigned code points, line and paragraph separators.
INVISIBLE = ("Cc", "Cf", "Cs", "Cn", "Zl", "Zp")


def clean_filename(name: str) -> str:
    """The last component of the name without what is invisible or reserved, at most 255 bytes long.

    Raises:
        ValidationError: when nothing is left.
    """
    cleaned = tidy_filename(name)
    if not cleaned:
        raise ValidationError("The file has no usable name: rename it and send it again.", code="invalid_name")
    return cleaned


def plain_filename(name: str) -> str:
    """As `clean_filename`, but a path, or a name with control characters, is refused: no client sends that by mistake.

    Raises:
        ValidationError: when it is not a file's name.
    """
    if any(character in "/\\" or unicodedata.category(character) == "Cc" for character in name):
        raise ValidationError(f"{name[:100]!r} is a path or worse, not a file's name.", code="invalid_name")
    return clean_filename(name)


def tidy_filename(name: str) -> str:
    """As `clean_filename`, with an empty text when nothing is left."""
    visible = "".join(character for character in name if unicodedata.category(character) not in INVISIBLE)
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", visible))[-1]
    tidy = _trimmed(NOT_ON_WINDOWS.sub("_", last))
    return _shortened(f"_{tidy}" if DEVICES.match(tidy) else tidy)


def _trimmed(name: str) -> str:
    """Spaces around a name and dots after it: some systems drop them, so that two names become one."""
    return name.strip().rstrip(". ")


def _shortened(name: str) -> str:
    """Cut before the extension, which says what the file is."""
    if len(name.encode()) <= NAME_MAX_BYTES:
        return name
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(suffix) > SUFFIX_MAX:
        stem, dot, suffix = name, "", ""
    room = NAME_MAX_BYTES - len((dot + suffix).encode())
    return _trimmed(stem.encode()[:room].decode(errors="ignore")) + dot + suffix
