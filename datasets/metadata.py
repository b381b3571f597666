"""What an image carries beside its pixels: keys and values, of a size that lists can bear."""

import json
import math
from typing import Any

from django.core.exceptions import ValidationError

from config.names import NAME_MAX, refuse_control_characters

KEYS_MAX = 100
SIZE_MAX = 20_000
DEPTH_MAX = 5


def checked(metadata: dict[str, Any] | None, *, name: str = "metadata") -> dict[str, Any]:
    """The metadata as it is stored; nothing said is nothing known.

    Args:
        metadata: a JSON object of at most KEYS_MAX keys, SIZE_MAX characters, and DEPTH_MAX levels.
        name: what a refusal calls it.

    Raises:
        ValidationError: for what a database can't keep, or is more than that.
    """
    metadata = metadata or {}
    try:
        if len(metadata) > KEYS_MAX:
            raise ValidationError(f"has {len(metadata):,} keys; at most {KEYS_MAX} are kept.")
        # Before anything looks at each character.
        if (size := len(json.dumps(metadata))) > SIZE_MAX:
            raise ValidationError(f"has {size:,} characters as JSON; at most {SIZE_MAX:,} are kept.")
        _check(metadata, DEPTH_MAX)
    except ValidationError as error:
        raise ValidationError({name: [f"The {name} {message}" for message in error.messages]}) from error
    return metadata


def _check(value: Any, depth: int) -> None:
    """Refuse what can't be stored, and keys that can't be shown."""
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValidationError("holds a number that is not finite.")
    elif isinstance(value, dict | list) and not depth:
        raise ValidationError(f"is nested deeper than {DEPTH_MAX} levels.")
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_key(key)
            _check(item, depth - 1)
    elif isinstance(value, list):
        for item in value:
            _check(item, depth - 1)


def _check_key(key: str) -> None:
    if not key.strip() or len(key) > NAME_MAX:
        raise ValidationError(f"has a key of {len(key)} characters; a key has 1 to {NAME_MAX}, and not only spaces.")
    _check_text(key)


def _check_text(text: str) -> None:
    try:
        refuse_control_characters(text)
    except ValidationError as error:
        raise ValidationError(f"holds {text[:20]!r}. {error.messages[0]}") from error
