import unicodedata
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from django.core.exceptions import ValidationError
from hypothesis import example, given, settings
from hypothesis import strategies as st

from storage.names import INVISIBLE, NAME_MAX_BYTES, clean_filename


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("weights.onnx", "weights.onnx"),
        ("Gewichte für Äpfel.onnx", "Gewichte für Äpfel.onnx"),
        ("../../x", "x"),
        ("..\\..\\x.bin", "x.bin"),
        ("/etc/passwd", "passwd"),
        ("C:\\models\\a.pt", "a.pt"),
        ("C:a.pt", "C_a.pt"),
        ("//server/share/a.pt", "a.pt"),
        ("a\x00b.pt", "ab.pt"),
        ("line\r\nbreak.pt", "linebreak.pt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("  spaced .pt. ", "spaced .pt"),
        ('<b>"quoted"</b>', "b_"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("console.txt", "console.txt"),
        (".hidden", ".hidden"),
        ("%2e%2e%2fx", "%2e%2e%2fx"),
        ("e\u0301.png", "é.png"),
    ],
)
def test_it_keeps_the_last_component_cleaned(sent: str, kept: str) -> None:
    assert clean_filename(sent) == kept


@pytest.mark.parametrize("name", ["", ".", "..", "../", "a/..", "\x00", " . ", "\u200b", "..\\"])
def test_it_refuses_a_name_with_nothing_left(name: str) -> None:
    with pytest.raises(ValidationError, match="rename it and send it again"):
        clean_filename(name)


def test_a_long_name_keeps_its_extension() -> None:
    name = clean_filename("ä" * 300 + ".onnx")
    assert name.endswith("ä.onnx")
    assert NAME_MAX_BYTES - 2 <= len(name.encode()) <= NAME_MAX_BYTES


def test_a_long_name_without_an_extension_is_cut() -> None:
    assert clean_filename("x" * 300) == "x" * 255
    assert clean_filename("." + "x" * 300) == "." + "x" * 254


@settings(deadline=None)
@given(st.text(max_size=400))
@example("CON" + "." * 300)
@example("a" * 254 + " b" * 50)
@example("x" * 300 + ". " + "y")
def test_any_name_is_refused_or_harmless(sent: str) -> None:
    try:
        name = clean_filename(sent)
    except ValidationError:
        return
    assert PurePosixPath(name).name == name
    assert PureWindowsPath(name).name == name
    assert not PureWindowsPath(name).is_reserved()
    assert len(name.encode()) <= NAME_MAX_BYTES
    assert not any(unicodedata.category(character) in INVISIBLE for character in name)
    assert clean_filename(name) == name
