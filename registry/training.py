"""What runs a training: the Docker image with its flags and environment, and the command. No database here."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError

from config.names import refuse_control_characters

IMAGE_MAX = 300
COMMAND_MAX = 1_000
FLAGS_MAX = 100
FLAG_MAX = 1_000
VARIABLES_MAX = 200
VARIABLE_MAX = 10_000

# The grammar of image references (github.com/distribution/reference): host and port, path, digest.
_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?/)?"
_PART = r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*"
_IMAGE = re.compile(rf"{_HOST}{_PART}(?:/{_PART})*(?:@sha256:[0-9a-f]{{64}})?", re.ASCII)
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,127}", re.ASCII)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class TrainingRow:
    """An image, a command, or both; nothing for weights only."""

    image: str = ""
    tag: str = ""
    flags: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    command: str = ""


def checked_training(row: TrainingRow) -> TrainingRow:
    """The row without spaces around its texts.

    Raises:
        ValidationError: by field.
    """
    row = TrainingRow(
        image=row.image.strip(),
        tag=row.tag.strip(),
        flags=[flag.strip() for flag in row.flags if flag.strip()],
        environment=row.environment,
        command=row.command.strip(),
    )
    checks: dict[str, Callable[[], None]] = {
        "image": lambda: _check_image(row.image),
        "tag": lambda: _check_tag(row),
        "flags": lambda: _check_flags(row.flags),
        "environment": lambda: _check_environment(row.environment),
        "command": lambda: _check_line(row.command, COMMAND_MAX, "command"),
    }
    refusals = {}
    for name, check in checks.items():
        try:
            check()
        except ValidationError as refusal:
            refusals[name] = refusal.messages
    if refusals:
        raise ValidationError(refusals)
    return row


def read_environment(text: str) -> dict[str, str]:
    """The variables that the text writes, `NAME=value` on a line each.

    Raises:
        ValidationError: with a sentence for each line that can't be read.
    """
    variables: dict[str, str] = {}
    refusals = []
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        name, equals, value = line.strip().partition("=")
        if not line.strip():
            continue
        if not equals:
            refusals.append(f"Line {number}: write a name, an equals sign and a text, such as OMP_NUM_THREADS=2.")
        elif name.strip() in variables:
            refusals.append(f"Line {number}: {name.strip()} is there twice.")
        variables[name.strip()] = value
    if refusals:
        raise ValidationError(refusals[:20])
    return variables


def write_environment(environment: dict[str, str]) -> str:
    """The text that `read_environment` reads, sorted by name."""
    return "\n".join(f"{name}={value}" for name, value in sorted(environment.items()))


def _check_image(image: str) -> None:
    if len(image) > IMAGE_MAX:
        raise ValidationError(f"An image has at most {IMAGE_MAX} characters; this one has {len(image):,}.")
    if image and not _IMAGE.fullmatch(image):
        raise ValidationError(
            "Not the name of an image: write it in lower case and without the tag, such as espalier/digits-mlp."
        )


def _check_tag(row: TrainingRow) -> None:
    if row.tag and not row.image:
        raise ValidationError("A tag needs an image.")
    if row.tag and "@" in row.image:
        raise ValidationError("The image names its digest: leave the tag empty.")
    if row.tag and not _TAG.fullmatch(row.tag):
        raise ValidationError("A tag has 1 to 128 letters, digits, “_”, “.” or “-”, and doesn't begin with “.” or “-”.")


def _check_flags(flags: list[str]) -> None:
    if len(flags) > FLAGS_MAX:
        raise ValidationError(f"At most {FLAGS_MAX} flags; these are {len(flags):,}.")
    for flag in flags:
        _check_line(flag, FLAG_MAX, "flag")
        if not flag.startswith("-"):
            raise ValidationError(f"A flag begins with “-”, such as --shm-size=1g; “{flag[:50]}” does not.")


def _check_environment(environment: dict[str, str]) -> None:
    if len(environment) > VARIABLES_MAX:
        raise ValidationError(f"At most {VARIABLES_MAX} variables; these are {len(environment):,}.")
    for name, value in environment.items():
        if not _VARIABLE.fullmatch(name):
            raise ValidationError(
                f"“{name[:50]}” is not the name of a variable: letters, digits and “_”, not beginning with a digit."
            )
        if value != value.strip():
            raise ValidationError(f"{name} has spaces around its text: remove them.")
        _check_line(value, VARIABLE_MAX, "variable")


def _check_line(text: str, most: int, what: str) -> None:
    if len(text) > most:
        raise ValidationError(f"A {what} has at most {most:,} characters; this one has {len(text):,}.")
    if any(character in text for character in "\r\n"):
        raise ValidationError(f"A {what} is one line: remove the line breaks.")
    refuse_control_characters(text)
