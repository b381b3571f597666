"""What logs may hold, but for lines: JSON of a bounded size and depth, without what a database can't keep."""

import json
import math
from typing import Any

from django.core.exceptions import ValidationError

from tracking.models import LogType

BYTES_MAX = 4 * 1024 * 1024
DEPTH_MAX = 8
# What each type has to be in order to be drawn; any other holds whatever it likes.
OBJECTS = (LogType.BAR, LogType.HEATMAP, LogType.LABELMAP)
NOT_A_NUMBER = "NaN"


def checked_data(log_type: str, data: Any) -> Any:
    """The data as it is stored: NaN and infinities, which JSON has not, become null.

    Raises:
        ValidationError: when it is of another form than the type's, too large, too deep, or holds a NUL.
    """
    if log_type in OBJECTS and not isinstance(data, dict):
        raise ValidationError(f"The data of a {log_type} is an object, such as {{…}}.")
    kept = _finite(data, 1)
    size = len(_text(kept))
    if size > BYTES_MAX:
        raise ValidationError(f"The data has {size:,} bytes as JSON; at most {BYTES_MAX:,} are accepted.")
    return kept


def answered(data: Any) -> Any:
    """The data as clients read it: never null, which they refuse."""
    return NOT_A_NUMBER if data is None else data


def _finite(data: Any, depth: int) -> Any:
    if depth > DEPTH_MAX:
        raise ValidationError(f"The data is nested more than {DEPTH_MAX} levels deep, the most that is accepted.")
    if isinstance(data, dict):
        return {_finite(key, depth): _finite(value, depth + 1) for key, value in data.items()}
    if isinstance(data, list):
        return [_finite(value, depth + 1) for value in data]
    if isinstance(data, str) and "\x00" in data:
        raise ValidationError("The data holds the character NUL: remove it.")
    return None if isinstance(data, float) and not math.isfinite(data) else data


def _text(data: Any) -> bytes:
    try:
        return json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValidationError("The data holds half of a character: send text as UTF-8.") from None
