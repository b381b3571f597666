"""Texts that have to fit into a box, measured without the reader's fonts: as wide as a wide font draws them."""

import re
import unicodedata

NARROW, WIDE = set("ijlI.,:;'|!`()[] ftr-/\"°"), set("mwMW@%&—…")
# Shares of the font's size, from DejaVu Sans, which is wider than the fonts of most systems.
EM = {"narrow": 0.42, "wide": 1.0, "upper": 0.72, "plain": 0.64, "full": 1.35}
PIECES = re.compile(r"[^\s/_\-]*[\s/_\-]?")
ELLIPSIS = "…"


def width_of(text: str, size: float) -> float:
    """How wide the text is at most, in pixels, in a font of this size."""
    return sum(map(_share, text)) * size


def cut(text: str, width: float, size: float) -> str:
    """The text if it fits, else as much of its beginning as fits with an ellipsis."""
    if width_of(text, size) <= width:
        return text
    kept, room = "", width - width_of(ELLIPSIS, size)
    for letter in text:
        room -= width_of(letter, size)
        if room < 0:
            break
        kept += letter
    return kept.rstrip() + ELLIPSIS


def wrapped(text: str, width: float, size: float) -> list[str]:
    """The text in one line or in two, broken after a space, slash, hyphen or underscore; the second one cut."""
    text = " ".join(text.split())
    if width_of(text, size) <= width:
        return [text]
    first = ""
    for piece in PIECES.findall(text):
        if width_of((first + piece).rstrip(), size) > width:
            break
        first += piece
    if not first:
        first = cut(text, width, size).removesuffix(ELLIPSIS)
    return [first.rstrip(), cut(text[len(first) :].lstrip(), width, size)]


def _share(letter: str) -> float:
    if unicodedata.combining(letter) or unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0
    if unicodedata.east_asian_width(letter) in "WF" or ord(letter) > 0xFFFF:
        return EM["full"]
    if letter in NARROW:
        return EM["narrow"]
    if letter in WIDE:
        return EM["wide"]
    return EM["upper"] if letter.isupper() else EM["plain"]
