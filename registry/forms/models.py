"""What is asked about models and versions. The rules are the services'."""

from typing import Any

from django import forms

from choosers.fields import ChooserField
from config.inference_types import InferenceType
from config.names import DESCRIPTION_MAX, NAME_MAX
from organizations.models import User
from registry.choosers import ModelVersionChooser
from registry.models import Framework, ModelVersion

NAME_MISSING = "Write a name: it can't be empty or only spaces."


def name_field(**options: Any) -> forms.CharField:
    """A name on one line."""
    attrs = {"maxlength": NAME_MAX, "autocomplete": "off"} | options.pop("attrs", {})
    messages = {"required": NAME_MISSING}
    return forms.CharField(widget=forms.TextInput(attrs=attrs), error_messages=messages, **options)


def description_field(**options: Any) -> forms.CharField:
    """Free text. Its length is checked by the service, which counts a line break once as the browser does."""
    widget = forms.Textarea(attrs={"rows": 3, "maxlength": DESCRIPTION_MAX})
    return forms.CharField(required=False, widget=widget, **options)


class ModelForm(forms.Form):
    """What a model is called."""

    name = name_field()
    description = description_field()


class ModelVersionForm(forms.Form):
    """What a version is called, and what it is for."""

    name = name_field()
    inference_type = forms.ChoiceField(
        choices=[("", "Choose one"), *InferenceType.choices],
        error_messages={"required": "Choose what the model infers."},
        help_text="An experiment is offered the versions of its own type, and those for Multi.",
    )
    framework = forms.ChoiceField(choices=Framework.choices, initial=Framework.NOT_CONFIGURED)
    description = description_field()


class NewModelVersionForm(ModelVersionForm):
    """A version that begins empty, or with the architecture of another one that the user may see."""

    copy_from = ChooserField(
        ModelVersionChooser(),
        required=False,
        error_messages={
            "invalid_choice": "The version to copy does not exist, or you can't see it. Choose another one, or none."
        },
    )

    def __init__(self, *args: Any, user: User, number: int, chosen: str, back: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["copy_from"].offer_to(user, chosen, back=back)  # type: ignore[attr-defined]
        if self.source:  # a copy is for the same things as its source
            same = ("inference_type", "framework", "description")
            self.initial = {**self.initial, **{name: getattr(self.source, name) for name in same}}
        self.fields["name"].required = False
        self.fields["name"].widget.attrs["placeholder"] = f"v{number}"

    def clean_framework(self) -> str:
        """Copied files are written in what their source is; the dialog chooses one without filling the form."""
        framework: str = self.cleaned_data["framework"]
        return self.source.framework if self.source and framework == Framework.NOT_CONFIGURED else framework

    @property
    def source(self) -> ModelVersion | None:
        """The version that is chosen, as long as the user may see it."""
        source: ModelVersion | None = self.fields["copy_from"].widget.choice
        return source


class ModelFilterForm(forms.Form):
    """What narrows the list of models."""

    type = forms.ChoiceField(
        required=False,
        choices=[("", "All types"), *InferenceType.choices],
        label="Inference type",
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    tab = forms.CharField(required=False, widget=forms.HiddenInput)

    @property
    def inference_type(self) -> InferenceType | None:
        """The type asked for; None for all, as for an address that names a type that doesn't exist."""
        value = self.cleaned_data.get("type") if self.is_valid() else ""
        return InferenceType(value) if value else None
