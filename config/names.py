"""The rules of names that people give: trimmed, not empty, without control characters, at most 100 characters."""

import unicodedata
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models.functions import Trim

if TYPE_CHECKING:
    _CharField = models.CharField[Any, str]
    _TextField = models.TextField[Any, str]
else:
    _CharField, _TextField = models.CharField, models.TextField

NAME_MAX = 100
DESCRIPTION_MAX = 1_000


def refuse_control_characters(text: str) -> None:
    """Refuse what cannot be seen: no control, format-override or unassigned character but line breaks and tabs.

    Raises:
        ValidationError: naming the first such character and its place.
    """
    for place, character in enumerate(text, start=1):
        if unicodedata.category(character) in ("Cc", "Cs") and character not in "\r\n\t":
            raise ValidationError(f"Character {place} is a control character (U+{ord(character):04X}): remove it.")


def refuse_line_breaks(text: str) -> None:
    """Refuse a name of several lines.

    Raises:
        ValidationError: when the text holds a line break or a tab.
    """
    if any(character in text for character in "\r\n\t"):
        raise ValidationError("A name is one line: remove the line breaks and tabs.")


def as_stored(name: str) -> str:
    """A name that somebody wrote, as it would be stored. PostgreSQL can't even be asked for a NUL.

    Raises:
        ValidationError: when it holds a control character.
    """
    refuse_control_characters(name)
    return name.strip()


class NameField(_CharField):
    """A name on one line. Forms trim it; the database refuses an empty one through `tidy_name`."""

    default_validators = [refuse_control_characters, refuse_line_breaks]

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("max_length", NAME_MAX)
        super().__init__(*args, **options)


class DescriptionField(_TextField):
    """Free text of at most 1,000 characters, empty when nothing was said."""

    # Django holds a TextField to its max_length in forms only, and services take text from elsewhere too.
    default_validators = [refuse_control_characters, MaxLengthValidator(DESCRIPTION_MAX)]

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("max_length", DESCRIPTION_MAX)
        options.setdefault("blank", True)
        options.setdefault("default", "")
        super().__init__(*args, **options)


def tidy_name(constraint: str, field: str = "name") -> models.CheckConstraint:
    """A check that the name is not empty and has no spaces around it, so that uniqueness means what it says."""
    return models.CheckConstraint(
        name=constraint,
        condition=~models.Q(**{field: ""}) & models.Q(**{field: Trim(field)}),
        violation_error_message="A name can't be empty or begin or end with a space.",
    )
