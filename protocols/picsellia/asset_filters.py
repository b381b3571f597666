"""Which assets of a version a client asks for (wire contract, section 4)."""

import uuid
from collections import defaultdict
from typing import Annotated

from django.db.models import Q, QuerySet
from django.db.models.functions import Left
from django.db.models.lookups import In
from ninja import Field, Schema

from datasets.models import Asset, Data
from datasets.querying import parse, with_custom_metadata
from organizations.models import Organization
from protocols.picsellia.errors import BadInput
from protocols.picsellia.paging import PAGE_MAX, CursorQuery

# All that there is: an image is registered when it is whole, and there are no videos.
STATUS = "DONE"
TYPE = "IMAGE"

# The kinds of keys, and the condition on assets, or for names on images, that each stands for.
KINDS = {
    "ids": "pk__in",
    "data_ids": "data__in",
    "filenames": "filename__in",
    "object_names": "object_name__in",
    "filename_startswith": "",
}

# Longer than any name, a key fits nothing.
Key = Annotated[str, Field(pattern=r"^[^\x00]+$", max_length=400)]
Keys = Annotated[list[Key], Field(max_length=PAGE_MAX)]
Ids = Annotated[list[uuid.UUID], Field(max_length=PAGE_MAX)]


class AssetQuery(CursorQuery):
    """The parameters of a list of assets."""

    q: str = ""
    custom_metadata: str = Field("", description="A JSON object: keys and values that the image has.")
    upload_statuses: list[str] = [STATUS]
    types: list[str] = [TYPE]
    # Nobody is given assets to work on here, so none has any of these.
    assignment_status: str | None = None
    assignment_step_id: uuid.UUID | None = None
    assignment_user_id: uuid.UUID | None = None

    @property
    def is_empty(self) -> bool:
        """Whether every asset is meant."""
        return not (self.q or self.custom_metadata or self.means_none)

    @property
    def means_none(self) -> bool:
        """Whether it asks for something that there is not."""
        assignment = (self.assignment_status, self.assignment_step_id, self.assignment_user_id)
        return STATUS not in self.upload_statuses or TYPE not in self.types or any(assignment)


class AssetKeys(Schema):
    """Keys of assets, of one kind."""

    ids: Ids | None = None
    data_ids: Ids | None = None
    filenames: Keys | None = None
    object_names: Keys | None = None
    filename_startswith: Keys | None = None
    q: str = ""


def filtered(assets: QuerySet[Asset], query: AssetQuery, *, q: str = "") -> QuerySet[Asset]:
    """Those that the query's conditions fit, and a second one's.

    Raises:
        ValidationError: for a condition that can't be read.
    """
    if query.means_none:
        return assets.none()
    condition = parse(query.q, Asset) & parse(q, Asset)
    if query.custom_metadata:
        condition &= with_custom_metadata(query.custom_metadata, Asset)
    return assets.filter(condition)


def chosen(assets: QuerySet[Asset], keys: AssetKeys, organization: Organization) -> QuerySet[Asset]:
    """Those that one of the keys fits.

    Args:
        assets: of one version.
        keys: of exactly one kind.
        organization: the version's. Names are looked up among its images first: those have an index.

    Raises:
        BadInput: for keys of no kind or of several.
    """
    given = {kind: values for kind in KINDS if (values := getattr(keys, kind)) is not None}
    if len(given) != 1:
        raise BadInput(f"Give keys of exactly one kind: {', '.join(KINDS)}.")
    ((kind, values),) = given.items()
    if kind == "filename_startswith":
        return assets.filter(_begins_with(values))
    if kind.endswith("names"):
        return assets.filter(data__in=Data.objects.filter(organization=organization, **{KINDS[kind]: values}))
    return assets.filter(**{KINDS[kind]: values})


def _begins_with(beginnings: list[str]) -> Q:
    """The condition that the file name begins with one of these, in this very case.

    They are compared by their length: a thousand conditions would be more than a database reads.
    """
    by_length = defaultdict(list)
    for beginning in beginnings:
        by_length[len(beginning)].append(beginning)
    condition = Q(pk__in=[])
    for length, texts in by_length.items():
        condition |= Q(In(Left("data__filename", length), texts))
    return condition
