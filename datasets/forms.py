"""What is asked about datasets."""

from typing import Any

from django import forms

from config.names import NAME_MAX
from datasets.models import DatasetVersion, DataSource, Label, Tag
from organizations.models import Organization


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


class DataFilterForm(forms.Form):
    """Which images of an organization are shown: those named so, with this tag, from this source."""

    q = forms.CharField(required=False, max_length=100)
    tag = forms.ModelChoiceField(
        Tag.objects.none(), required=False, empty_label="All tags", widget=forms.Select(attrs={"class": "form-select"})
    )
    source = forms.ModelChoiceField(
        DataSource.objects.none(),
        required=False,
        empty_label="All sources",
        widget=forms.Select(attrs={"class": "form-select"}),
    )

    def __init__(self, *args: Any, organization: Organization | None, **options: Any) -> None:
        super().__init__(*args, **options)
        tags = Tag.objects.filter(organization=organization, dataset_version=None).order_by("name")
        self.fields["tag"].queryset = tags  # type: ignore[attr-defined]
        sources = DataSource.objects.filter(organization=organization).order_by("name")
        self.fields["source"].queryset = sources  # type: ignore[attr-defined]

    @property
    def chosen(self) -> dict[str, Any]:
        """The tag and the source, as far as the address names some that there are."""
        self.is_valid()
        return {name: self.cleaned_data.get(name) for name in ("tag", "source")}


class TagForm(forms.Form):
    """A tag for an image: one that there is, or a new one."""

    name = forms.CharField(
        label="Tag",
        max_length=NAME_MAX,
        widget=forms.TextInput(attrs={"class": "form-control", "list": "known-tags", "autocomplete": "off"}),
    )
