"""A JSON file from elsewhere: read with limits, and asked afterwards on which line something stands."""

import json
import re
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, NoReturn

from django.core.exceptions import ValidationError

BYTES_MAX = 512 * 1024**2
_BLANK = re.compile(r"[ \t\r\n,:]*")


class JsonFile:
    """The content of a JSON file, and the lines of its elements.

    Raises:
        ValidationError: when it isn't there, is too large, is no UTF-8 or no JSON, with the line.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = _text(path)
        self.content = self._parsed()
        self._lines: dict[str, list[int]] = {}

    def _parsed(self) -> Any:
        try:
            return json.loads(self.text, parse_constant=_refuse_constant)
        except json.JSONDecodeError as error:
            raise ValidationError(
                f"{self.path}, line {error.lineno}, column {error.colno}: this is not JSON ({error.msg})."
            ) from error
        except RecursionError as error:
            raise ValidationError(f"{self.path}: lists or objects are nested too deep to be read.") from error
        except ValueError as error:  # NaN and infinity, and integers of thousands of digits
            raise ValidationError(f"{self.path}: this is not JSON ({error}).") from error

    def line(self, section: str, index: int) -> int:
        """The line on which the element of this index in the top-level list `section` begins, counted from 1."""
        if section not in self._lines:
            self._lines[section] = self._lines_of(section)
        return self._lines[section][index]

    def _lines_of(self, section: str) -> list[int]:
        starts = [0, *self._starts_of(section)]
        steps = (self.text.count("\n", start, end) for start, end in pairwise(starts))
        return list(accumulate(steps, initial=1))[1:]

    def _starts_of(self, section: str) -> list[int]:
        """Where the elements begin: the file is gone through a second time, only when there is something to say."""
        decoder, starts, place = json.JSONDecoder(), list[int](), self._after_blank(self.text.index("{") + 1)
        while self.text[place] != "}":
            key, place = decoder.raw_decode(self.text, place)
            place = self._after_blank(place)
            if key == section:  # of a repeated key the last one counts, as for the parser
                starts = self._elements(decoder, place + 1)
            _, place = decoder.raw_decode(self.text, place)
            place = self._after_blank(place)
        return starts

    def _elements(self, decoder: json.JSONDecoder, place: int) -> list[int]:
        starts: list[int] = []
        while self.text[place := self._after_blank(place)] != "]":
            starts.append(place)
            _, place = decoder.raw_decode(self.text, place)
        return starts

    def _after_blank(self, place: int) -> int:
        match = _BLANK.match(self.text, place)
        return match.end() if match else place


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(BYTES_MAX + 1)
    except OSError as error:
        raise ValidationError(f"{path} can't be read: {error.strerror}.") from error
    if len(content) > BYTES_MAX:
        raise ValidationError(f"{path} is larger than {BYTES_MAX // 1024**2} MB, the most that is accepted.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValidationError(f"{path}, line {line}: this is not text in UTF-8.") from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON")
