"""What every template may use without loading it: icons, and figures as people read them."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache

from django import template
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.template.base import Node, NodeList, Parser, Token
from django.template.context import Context
from django.template.defaultfilters import date
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from config import paging

register = template.Library()

UNITS = ("bytes", "KB", "MB", "GB", "TB", "PB")


@register.simple_tag
def icon(name: str) -> SafeString:
    """One of Bootstrap's icons, drawn in the page itself: a page carries the few it shows, not a font of 2,000."""
    return _svg(name)


@cache
def _svg(name: str) -> SafeString:
    path = settings.ICONS_DIR / f"{name}.svg"
    if path.parent != settings.ICONS_DIR or not path.is_file():
        raise ImproperlyConfigured(f"There is no icon {name!r}. Is `npm ci` done, and is the name one of Bootstrap's?")
    drawing = path.read_text(encoding="utf-8").strip().replace("\n", "")
    return mark_safe(drawing.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1))  # noqa: S308


@register.tag
def capture(parser: Parser, token: Token) -> "CaptureNode":
    """`{% capture name %}…{% endcapture %}`: keeps what is drawn inside under the name, instead of showing it.

    base.html asks its pages for their section by a block, and needs the answer to mark the navigation's entry.
    """
    _, name = token.split_contents()
    nodelist = parser.parse(("endcapture",))
    parser.delete_first_token()
    return CaptureNode(name, nodelist)


class CaptureNode(Node):
    def __init__(self, name: str, nodelist: NodeList) -> None:
        self.name = name
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        context[self.name] = self.nodelist.render(context).strip()
        return SafeString("")


@register.filter
def filesize(size: int) -> str:
    """`212 KB`: in steps of 1,024, with one decimal below ten."""
    amount = float(size)
    for unit in UNITS:
        if amount < 1024 or unit == UNITS[-1]:
            break
        amount /= 1024
    if unit == "bytes":
        return plural(size, "byte,bytes")
    return f"{amount:.1f} {unit}" if amount < 9.95 else f"{amount:,.0f} {unit}"


@register.filter
def thousands(number: int) -> str:
    """`1,257`."""
    return f"{number:,}"


@register.filter
def plural(number: int, nouns: str) -> str:
    """`1 image` or `1,257 images`, from `"image,images"`."""
    one, many = nouns.split(",")
    return f"{number:,} {one if number == 1 else many}"


@register.filter
def in_words(count: int) -> str:
    """`17`, or `more than 1,000` for a count that was cut short."""
    return paging.in_words(count)


@register.filter
def moment(when: datetime | None) -> SafeString:
    """`24 Nov 2026, 11:02`, with the second and the time zone on hovering. Nothing for no moment."""
    if when is None:
        return SafeString("")
    local = timezone.localtime(when)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        date(local, "j F Y, H:i:s T"),
        date(local, "j M Y, H:i"),
    )


@register.filter
def get(mapping: Mapping[str, object], key: str) -> object:
    """The mapping's value under a key that a template can't write after a dot, or an empty text."""
    return mapping.get(key, "")
