from datetime import UTC, datetime

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.template import Context, Template

from config.templatetags import espalier


def draw(text: str, **context: object) -> str:
    return Template(text).render(Context(context))


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1023, "1,023 bytes"),
        (1024, "1.0 KB"),
        (10_188, "9.9 KB"),
        (10_189, "10 KB"),
        (217_088, "212 KB"),
        (5 * 1024**3, "5.0 GB"),
        (9_000 * 1024**5, "9,000 PB"),
    ],
)
def test_a_size_is_short(size: int, text: str) -> None:
    assert espalier.filesize(size) == text


@pytest.mark.parametrize(("number", "text"), [(0, "0 images"), (1, "1 image"), (1257, "1,257 images")])
def test_a_noun_agrees_with_its_number(number: int, text: str) -> None:
    assert draw('{{ number|plural:"image,images" }}', number=number) == text


def test_figures_have_thousands() -> None:
    assert draw("{{ 1257|thousands }} {{ 1000|in_words }} {{ 1001|in_words }}") == "1,257 1,000 more than 1,000"


def test_a_moment_says_the_second_on_hovering() -> None:
    drawn = draw("{{ when|moment }}", when=datetime(2026, 11, 24, 11, 2, 33, tzinfo=UTC))
    assert drawn == (
        '<time datetime="2026-11-24T11:02:33+00:00" title="24 November 2026, 11:02:33 UTC">24 Nov 2026, 11:02</time>'
    )


def test_no_moment_is_nothing() -> None:
    assert draw("{{ when|moment }}", when=None) == ""


def test_an_icon_is_drawn_in_the_page_and_silent() -> None:
    drawn = draw('{% icon "check-lg" %}')
    assert drawn.startswith('<svg aria-hidden="true" ')
    assert "\n" not in drawn


@pytest.mark.parametrize("name", ["no-such-icon", "../../../package", ""])
def test_an_unknown_icon_is_the_programmers_mistake(name: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="There is no icon"):
        draw("{% icon name %}", name=name)


def test_what_is_captured_is_not_shown() -> None:
    assert draw("{% capture place %} here {% endcapture %}[{{ place }}]") == "[here]"
