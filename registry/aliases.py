"""The rule of aliases, the names under which dataset versions reach a training script: train, test, val…"""

import re
from collections import Counter
from collections.abc import Iterable

from django.core.exceptions import ValidationError

ALIAS_MAX = 50
ALIAS_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,49}$"


def validate_alias(alias: str) -> None:
    """Refuse an alias that a script or a path could misread.

    Raises:
        ValidationError: with the rule, in a sentence.
    """
    if not re.fullmatch(ALIAS_PATTERN, alias, re.ASCII):
        raise ValidationError(
            "An alias has 1 to 50 letters, digits, “_”, “.” or “-”, and begins with a letter or a digit."
        )


def repeated_aliases(aliases: Iterable[str]) -> set[str]:
    """Those that occur more than once when case is ignored, in lower case."""
    counts = Counter(alias.lower() for alias in aliases)
    return {alias for alias, count in counts.items() if count > 1}
