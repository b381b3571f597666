"""What is asked about datasets."""

from typing import Any

from django import forms

from datasets.models import DatasetVersion, Label


class DatasetVersionForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a version is for, which its images don't say."""

    class Meta:
        model = DatasetVersion
        fields = ["inference_type", "description"]
        widgets = {"description": forms.Textarea(attrs={"rows": 4})}
        help_texts = {"inference_type": "An experiment is offered the versions of its own type, and those for Multi."}


class AssetFilterForm(forms.Form):
    """Which images of a version are shown: those named so, and those with this label."""

    q = forms.CharField(required=False, max_length=100)
    label = forms.ModelChoiceField(
        Label.objects.none(),
        required=False,
        empty_label="All labels",
        widget=forms.Select(attrs={"class": "form-select"}),
    )

    def __init__(self, *args: Any, version: DatasetVersion, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["label"].queryset = version.labels.all()  # type: ignore[attr-defined]

    @property
    def chosen_label(self) -> Label | None:
        """The label, or None for all images, as for an address that names a label of another version."""
        return self.cleaned_data.get("label") if self.is_valid() else None
