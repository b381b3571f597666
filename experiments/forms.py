"""What the project pages take in."""

from django import forms

from config.inference_types import CONFIGURED
from config.search import QUERY_MAX
from experiments.models import Project, Status


class ProjectForm(forms.ModelForm):  # type: ignore[type-arg]
    """A project's name and description."""

    class Meta:
        model = Project
        fields = ("name", "description")
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}


class ExperimentFilter(forms.Form):
    """What narrows a project's experiment list. Anything else in the address is ignored."""

    q = forms.CharField(required=False, max_length=QUERY_MAX)
    status = forms.ChoiceField(choices=[("", "Any status"), *Status.choices], required=False)
    type = forms.ChoiceField(choices=[("", "Any type"), *CONFIGURED], required=False, label="Inference type")

    def value(self, name: str) -> str:
        """A field's value when it is a good one, else an empty text."""
        self.is_valid()
        return str(self.cleaned_data.get(name, ""))
