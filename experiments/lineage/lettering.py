"""Texts that have to fit into a box, measured without the reader's fonts: as wide as a wide font draws them."""

import re
import unicodedata
from itertools import accumulate

CLASSES = {"thin": "ijlI.,:;'|! ", "narrow": 'ftr`()[]-/\\"°', "small": "cksvxyzJ", "wide": "mwMW@%&—…"}
# Shares of the font's size, from DejaVu Sans, which is wider than the fonts of most systems.
EM = {"thin": 0.34, "narrow": 0.42, "small": 0.6, "plain": 0.64, "upper": 0.79, "wide": 1.0, "full": 1.35}
CLASS_OF = {letter: name for name, letters in CLASSES.items() for letter in letters}
PIECES = re.compile(r"[^\s/_\-]*[\s/_\-]?")
ELLIPSIS = "…"


def width_of(text: str, size: float) -> float:
    """How wide the text is at most, in pixels, in a font of this size."""
    return sum(map(_share, text)) * size


def cut(text: str, width: float, size: float) -> str:
    """The text if it fits, else as much of its beginning as fits with an ellipsis."""
    if width_of(text, size) <= width:
        return text
    return _beginning(text, width - width_of(ELLIPSIS, size), size).rstrip() + ELLIPSIS


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
    first = first or _beginning(text, width, size)
    return [first.rstrip(), cut(text[len(first) :].lstrip(), width, size)]


def _beginning(text: str, width: float, size: float) -> str:
    """As many letters as fit."""
    for number, reached in enumerate(accumulate(map(_share, text))):
        if reached * size > width:
            return text[:number]
    return text


def _share(letter: str) -> float:
    """How wide the letter is, as a share of the font's size. What only changes the letter before it takes no room."""
    if unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0
    if unicodedata.east_asian_width(letter) in "WF" or ord(letter) > 0xFFFF:
        return EM["full"]
    return EM[CLASS_OF.get(letter) or ("upper" if letter.isupper() else "plain")]
