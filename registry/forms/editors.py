"""What is written about an architecture on one page at a time, and what was wrong with it."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from registry.editing import ChangedMeanwhile
from registry.labelmaps import write_labelmap
from registry.models import Architecture, ModelVersion
from registry.training import COMMAND_MAX, IMAGE_MAX, TrainingRow, read_environment, write_environment

TAG_MAX = 128


def _lines(rows: int, placeholder: str) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "class": "mono", "spellcheck": "false", "placeholder": placeholder})


def _line(most: int, placeholder: str) -> forms.TextInput:
    attrs = {"maxlength": most, "class": "mono", "spellcheck": "false", "placeholder": placeholder}
    return forms.TextInput(attrs=attrs)


class EditorForm(forms.Form):
    """Knows the revision of the architecture that it was opened with."""

    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def saved(self, save: Callable[..., None], version: ModelVersion) -> bool:
        """Whether `save` took what is written. If not, its reasons stand in the form, and nothing written is lost."""
        if not self.is_valid():
            return False
        try:
            save(revision=self.cleaned_data["revision"])
        except ValidationError as refusal:
            self.add_error(None, refusal)
            if isinstance(refusal, ChangedMeanwhile):
                self.data = with_current_revision(self.data, version)
            return False
        return True


class LabelmapForm(EditorForm):
    """`0: cat` on a line each."""

    labelmap = forms.CharField(
        required=False,
        strip=False,
        widget=_lines(14, "0: cat\n1: dog"),
        help_text="One label a line: the index that the model puts out, a colon, and the label's name.",
    )

    @staticmethod
    def initial_of(architecture: Architecture) -> dict[str, Any]:
        """What the form shows before anything is typed."""
        return {"revision": architecture.revision, "labelmap": write_labelmap(architecture.labelmap)}


class TrainingImageForm(EditorForm):
    """What runs a training."""

    image = forms.CharField(
        required=False, widget=_line(IMAGE_MAX, "espalier/digits-mlp"), help_text="Without its tag."
    )
    tag = forms.CharField(required=False, widget=_line(TAG_MAX, "1.2"))
    command = forms.CharField(
        required=False,
        widget=_line(COMMAND_MAX, "python train.py"),
        help_text="Without an image or a command the version is weights only: it can be a base, and can't be trained.",
    )
    flags = forms.CharField(
        required=False, widget=_lines(3, "--shm-size=1g"), help_text="Passed when the image is started, one a line."
    )
    environment = forms.CharField(
        required=False,
        widget=_lines(4, "OMP_NUM_THREADS=2"),
        help_text="NAME=value, one a line. Everyone who sees the version reads them: no passwords here.",
    )

    @staticmethod
    def initial_of(architecture: Architecture) -> dict[str, Any]:
        """What the form shows before anything is typed."""
        return {
            "revision": architecture.revision,
            "image": architecture.docker_image,
            "tag": architecture.docker_tag,
            "command": architecture.command,
            "flags": "\n".join(architecture.docker_flags),
            "environment": write_environment(architecture.docker_environment),
        }

    def clean_environment(self) -> dict[str, str]:
        return read_environment(self.cleaned_data["environment"])

    @property
    def training(self) -> TrainingRow:
        """What is written, as the service takes it."""
        values = self.cleaned_data
        return TrainingRow(
            image=values["image"],
            tag=values["tag"],
            flags=values["flags"].splitlines(),
            environment=values["environment"],
            command=values["command"],
        )


def with_current_revision(data: Mapping[str, Any], version: ModelVersion) -> Any:
    """What was posted, on top of the architecture as it is now: who saves it again means it."""
    current = Architecture.objects.only("revision").get(pk=version.architecture_id)
    changed = data.copy()  # type: ignore[attr-defined]
    changed["revision"] = str(current.revision)
    return changed
