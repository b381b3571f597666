"""The images of a version in its own order: a page at a time, and those beside one."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import QueryDict

from datasets.models import Asset

PAGE_SIZE = 48


@dataclass(frozen=True)
class AssetPage:
    """Some images in their order, with the query strings of the neighbouring pages (None where there is none)."""

    rows: list[Asset]
    previous: str | None
    following: str | None


def asset_page(assets: QuerySet[Asset], query: QueryDict, *, size: int = PAGE_SIZE) -> AssetPage:
    """The page that `?after=<position>` or `?before=<position>` asks for; without a number the first one.

    Positions are the key: however far in, a page is one scan of the index that begins at the position.
    """
    after, before = _position(query, "after"), _position(query, "before")
    if before is not None:
        found = list(assets.filter(position__lt=before).order_by("-position")[: size + 1])
        rows, has_previous, has_following = found[:size][::-1], len(found) > size, True
    else:
        beyond = assets if after is None else assets.filter(position__gt=after)
        found = list(beyond.order_by("position")[: size + 1])
        rows, has_previous, has_following = found[:size], after is not None, len(found) > size
    return AssetPage(
        rows=rows,
        previous=_link(query, "before", rows[0]) if has_previous and rows else None,
        following=_link(query, "after", rows[-1]) if has_following and rows else None,
    )


def neighbours(asset: Asset) -> tuple[Asset | None, Asset | None]:
    """The images before and after this one in its version. Places of images that were taken out are empty."""
    assets = asset.dataset_version.assets.all()
    before = assets.filter(position__lt=asset.position).order_by("-position").first()
    return before, assets.filter(position__gt=asset.position).order_by("position").first()


def _position(query: QueryDict, name: str) -> int | None:
    text = query.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _link(query: QueryDict, name: str, asset: Asset) -> str:
    link = query.copy()
    link.pop("after", None)
    link.pop("before", None)
    link[name] = str(asset.position)
    return f"?{link.urlencode()}"
