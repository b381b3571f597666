"""A form's field whose value is picked in a chooser."""

from typing import Any, TypeVar

from django import forms
from django.db.models import Model
from django.forms.renderers import BaseRenderer
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from choosers.chooser import Chooser
from organizations.models import User

M = TypeVar("M", bound=Model)


class ChooserWidget(forms.Widget):
    """The choice by its name, with buttons to choose, change and clear it; works as a plain link without JavaScript."""

    template_name = "choosers/field.html"

    def __init__(self, chooser: Chooser[Any]) -> None:
        super().__init__()
        self.chooser = chooser
        self.choice: Model | None = None
        self.back = ""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return {"widget": {"chooser": self.chooser, "field": name, "choice": self.choice, "back": self.back}}

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: BaseRenderer | None = None
    ) -> SafeString:
        """By the pages' own templates, which Django's renderer of forms does not look at."""
        return render_to_string(self.template_name, self.get_context(name, value, attrs))


class ChooserField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Accepts what the chooser offers to the user, and nothing else."""

    widget: ChooserWidget

    def __init__(self, chooser: Chooser[Any], **options: Any) -> None:
        self.chooser = chooser
        super().__init__(None, widget=ChooserWidget(chooser), **options)

    def to_python(self, value: Any) -> Any:
        """The choice. A key that is no key is refused like a stranger's."""
        try:
            return super().to_python(value)
        except forms.ValidationError as refusal:
            raise forms.ValidationError(self.error_messages["invalid_choice"], code="invalid_choice") from refusal

    def offer_to(self, user: User, chosen: object = None, *, back: str = "", **narrowing: str) -> None:
        """Limit the field to what `user` may choose, and show what is chosen.

        Args:
            user: the form's user.
            chosen: a primary key, possibly a stranger's or nonsense: then nothing is shown.
            back: the page of the form, where a choice leads without JavaScript.
            narrowing: the chooser's own parameters.
        """
        self.widget.back = back
        query = QueryDict(mutable=True)
        query.update(narrowing)
        self.queryset = self.chooser.queryset(self.chooser.narrowing_class.of(query, user=user))
        try:
            self.widget.choice = self.to_python(chosen)
        except forms.ValidationError:
            self.widget.choice = None
