"""What the project pages take in."""

from django import forms

from config.inference_types import CONFIGURED, InferenceType
from config.names import DESCRIPTION_MAX
from config.search import QUERY_MAX
from experiments.models import Project, Status


class DescriptionInput(forms.CharField):
    """Text of several lines. A browser counts a line break as one character and sends two."""

    widget = forms.Textarea(attrs={"rows": 3})

    def to_python(self, value: str | None) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


class ProjectForm(forms.ModelForm):  # type: ignore[type-arg]
    """A project's name and description."""

    description = DescriptionInput(required=False, max_length=DESCRIPTION_MAX)

    class Meta:
        model = Project
        fields = ("name", "description")


class ExperimentFilter(forms.Form):
    """What narrows a project's experiment list. Anything else in the address is ignored."""

    q = forms.CharField(required=False, max_length=QUERY_MAX)
    status = forms.ChoiceField(choices=[("", "Any status"), *Status.choices], required=False)
    type = forms.ChoiceField(choices=[("", "Any type"), *CONFIGURED], required=False, label="Inference type")

    def value(self, name: str) -> str:
        """A field's value when it is a good one, else an empty text."""
        self.is_valid()
        return str(self.cleaned_data.get(name, ""))

    @property
    def in_words(self) -> str:
        """What narrows the list, such as `with the status Failed, for Segmentation`; empty when nothing does."""
        status, inference_type, text = (self.value(name) for name in ("status", "type", "q"))
        parts = [
            f"with the status {Status(status).label}" if status else "",
            f"for {InferenceType(inference_type).label}" if inference_type else "",
            f"with “{text}” in their name" if text else "",
        ]
        return ", ".join(filter(None, parts))
