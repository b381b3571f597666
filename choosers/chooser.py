"""A modal chooser, declared once for each kind of thing that can be chosen.

An app declares its choosers in its `choosers.py`: a subclass says what can be chosen, as the user may see it, and how a
list of it is drawn. The modal is a convenience; the fence is a form's `ChooserField`, or a service, which accepts what
the same queryset holds and nothing else.
"""

from typing import Any, ClassVar, Generic, Self, TypeVar

from django import forms
from django.db.models import Model, QuerySet
from django.http import Http404, QueryDict
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from config.paging import Page, page_of
from config.search import matching
from organizations.models import User

M = TypeVar("M", bound=Model)


class Narrowing(forms.Form):
    """What narrows the list: a search, and whatever a chooser adds as fields. It rides along on every link.

    Subclasses limit each field to what `user` may see.
    """

    q = forms.CharField(required=False)
    # The form field that a choice is for; without one the choice is posted to `action`.
    field = forms.SlugField(required=False)
    # The page with that form, where a choice leads without JavaScript.
    back = forms.CharField(required=False, max_length=500)
    # What has been picked for that field.
    pk = forms.UUIDField(required=False)

    def __init__(self, query: QueryDict, *, user: User) -> None:
        self.user = user
        self.query = query
        super().__init__(query)
        self.limit_to(user)

    def limit_to(self, user: User) -> None:
        """Set the querysets of the fields to what the user may see."""

    def clean_back(self) -> str:
        """Only an address of this site."""
        back: str = self.cleaned_data["back"]
        return back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else ""

    @classmethod
    def of(cls, query: QueryDict, *, user: User) -> Self:
        """The narrowing that a request asks for.

        Raises:
            Http404: when it names something that does not exist, or that the user may not see.
        """
        narrowing = cls(query, user=user)
        if not narrowing.is_valid():
            raise Http404
        return narrowing

    @property
    def action(self) -> str:
        """The address that a choice is posted to; empty where it fills a form's field instead."""
        return ""

    @property
    def riding_along(self) -> list[tuple[str, str]]:
        """Names and values of the parameters that every link and search of the dialog keeps."""
        return [(name, value) for name in self.kept for value in self.query.getlist(name) if value]

    @property
    def kept(self) -> list[str]:
        """The names of the parameters that ride along: not what was typed, and not what was picked."""
        return [name for name in self.fields if name not in ("q", "pk")]

    def address(self, **changes: str) -> str:
        """A query string with what rides along and these changes; an empty value leaves a parameter out."""
        kept = [(name, value) for name, value in self.riding_along if name not in changes]
        return "?" + urlencode([*kept, *((name, value) for name, value in changes.items() if value)])


class Chooser(Generic[M]):
    """One kind of thing to choose.

    Attributes:
        name: in the address, `/choose/<name>/`.
        title: the dialog's, the same words as on the button that opens it.
        search_fields: what a search looks in.
        newest_by: what the list is in the order of, see `page_of`.
        results_template: draws the list; gets `page`, `narrowing`, `chooser` and what `context` adds.
        narrowing_class: the parameters it understands.
        choice_name, choice_prefix: how a choice is posted to the narrowing's `action`: a field's name, and what comes
            before the primary key in its value.
        target, swap: the element that the answer is for, and htmx's way to put it there.
        sync: the line of requests in which a choice waits its turn.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    search_fields: ClassVar[tuple[str, ...]] = ("name",)
    placeholder: ClassVar[str] = "Search by name"
    dialog_template: ClassVar[str] = "choosers/_dialog.html"
    results_template: ClassVar[str]
    narrowing_class: ClassVar[type[Narrowing]] = Narrowing
    page_size: ClassVar[int] = 12
    newest_by: ClassVar[str] = "pk"
    choice_name: ClassVar[str] = "pk"
    choice_prefix: ClassVar[str] = ""
    target: ClassVar[str] = "#results"
    swap: ClassVar[str] = "innerHTML"
    sync: ClassVar[str] = "this:drop"

    def queryset(self, narrowing: Any) -> QuerySet[M]:
        """What may be chosen, as the user may see it."""
        raise NotImplementedError

    def page(self, narrowing: Any) -> Page[Any]:
        """The page of the list that the request asks for."""
        found = matching(self.queryset(narrowing), narrowing.cleaned_data["q"], self.search_fields)
        return page_of(found, narrowing.query, size=self.page_size, newest_by=self.newest_by)

    def context(self, narrowing: Any) -> dict[str, Any]:
        """What the templates draw."""
        return {"page": self.page(narrowing)}

    @property
    def fragments(self) -> dict[str, str]:
        """The template that draws each element which may be asked for alone, by the element's id."""
        return {"dialog": self.dialog_template, "results": self.results_template}

    @property
    def url(self) -> str:
        """Where the dialog is."""
        return reverse("choosers:choose", args=[self.name])

    @property
    def chosen_url(self) -> str:
        """Where a form's field is drawn again with a choice in it."""
        return reverse("choosers:chosen", args=[self.name])


_choosers: dict[str, Chooser[Any]] = {}


def register(chooser: type[Chooser[M]]) -> type[Chooser[M]]:
    """Decorate a chooser so that it has its address."""
    _choosers[chooser.name] = chooser()
    return chooser


def get_chooser(name: str) -> Chooser[Any]:
    """The chooser of that name.

    Raises:
        Http404: when there is none.
    """
    if name not in _choosers:
        raise Http404
    return _choosers[name]


def all_choosers() -> list[Chooser[Any]]:
    """Every chooser there is."""
    return list(_choosers.values())
