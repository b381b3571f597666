"""The experiments chosen in a project's list, which the address carries from page to page and to colleagues."""

import uuid
from collections.abc import Sequence
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import QueryDict

from experiments.models import Experiment

NAME = "experiment"
# So many can be compared.
COMPARED_MAX = 20
# So many are kept while they are chosen; servers refuse addresses that are much longer.
KEPT_MAX = 60


def chosen_ids(query: QueryDict) -> list[uuid.UUID | None]:
    """What the address names, each once, in its order; None for each that is no id."""
    found: dict[str, uuid.UUID | None] = {}
    for text in query.getlist(NAME):
        try:
            pk = uuid.UUID(text)
            found[str(pk)] = pk
        except ValueError:
            found[text] = None
    return list(found.values())


class Choice:
    """What is chosen in the list, on the page of it that is shown and on others.

    Args:
        query: the request's.
        experiments: those of the project that the user may see.
        shown: those that the page shows.
    """

    def __init__(self, query: QueryDict, experiments: QuerySet[Experiment], shown: Sequence[Experiment]) -> None:
        asked = [pk for pk in chosen_ids(query) if pk][:KEPT_MAX]
        there = set(experiments.filter(pk__in=asked).values_list("pk", flat=True)) if asked else set()
        self.ids = [pk for pk in asked if pk in there]
        on_page = {experiment.pk for experiment in shown}
        self.elsewhere = [pk for pk in self.ids if pk not in on_page]
        self.most = COMPARED_MAX

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def query(self) -> str:
        """What an address takes to carry it."""
        return urlencode([(NAME, pk) for pk in self.ids])


def without_choice(query: QueryDict) -> QueryDict:
    """The same query for links that take the choice from the page, where it may have changed since."""
    rest = query.copy()
    rest.pop(NAME, None)
    return rest
