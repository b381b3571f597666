"""What is asked before a launch, and what narrows the list of jobs."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from config.ids import new_id
from training.models import GPU_TYPE_MAX, JobStatus
from training.places import Place

# Where the settings name no limit.
PROCESSORS_MAX = 1_024
MEMORY_GB_MAX = 65_536
MB_PER_GB = 1_024

WAITING = "WAITING"


class LaunchForm(forms.Form):
    """Where an experiment runs, and within which limits. Empty limits are the installation's.

    Args:
        places: where it could run; those that refuse it can't be chosen.
    """

    launcher = forms.ChoiceField(error_messages={"required": "Choose where it runs."})
    processors = forms.IntegerField(required=False, min_value=1)
    memory_gb = forms.DecimalField(label="Memory in GB", required=False, decimal_places=1)
    gpus = forms.IntegerField(label="GPUs", required=False, min_value=0)
    gpu_type = forms.CharField(label="GPU type", required=False, max_length=GPU_TYPE_MAX)
    # The id that the job takes: sent again, even after the job has ended, the form leads to it.
    key = forms.UUIDField(required=False, initial=new_id, widget=forms.HiddenInput)

    def __init__(self, places: Sequence[Place], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        open_places = [place for place in places if not place.refusal]
        self.fields["launcher"].choices = [(place.name, place.label) for place in open_places]  # type: ignore[attr-defined]
        self.fields["launcher"].initial = open_places[0].name if open_places else ""
        memory_gb = round(settings.RUN_MEMORY_MB / MB_PER_GB, 1)
        self._limit("processors", settings.RUN_PROCESSORS or PROCESSORS_MAX)
        self._limit("memory_gb", memory_gb or MEMORY_GB_MAX, least=0.1, step=0.1)
        self._limit("gpus", settings.RUN_GPUS)
        self._hint("processors", _most(settings.RUN_PROCESSORS, "as many as there are"))
        self._hint("memory_gb", _most(memory_gb, "no limit"))
        self._hint("gpus", f"At most {settings.RUN_GPUS}.")
        self._hint("gpu_type", "Such as A100. Empty for any.")
        self.fields["gpus"].initial = min(1, settings.RUN_GPUS)
        if not settings.RUN_GPUS:
            del self.fields["gpus"], self.fields["gpu_type"]

    @property
    def wishes(self) -> dict[str, Any]:
        """What `services.launch` takes."""
        data = self.cleaned_data
        return {
            "launcher": data["launcher"],
            "processors": data["processors"] or 0,
            "memory_mb": round((data["memory_gb"] or 0) * MB_PER_GB),
            "gpus": data.get("gpus") or 0,
            "gpu_type": data.get("gpu_type", ""),
            "job_id": data["key"],
        }

    def refuse(self, refusal: ValidationError) -> None:
        """Show what the service refused, at the field that it is about."""
        by_field = refusal.message_dict if hasattr(refusal, "error_dict") else {NON_FIELD_ERRORS: refusal.messages}
        for field, sentences in by_field.items():
            name = "memory_gb" if field == "memory_mb" else field
            self.add_error(name if name in self.fields else None, sentences)

    def _limit(self, name: str, most: float, *, least: float = 0, step: float = 1) -> None:
        field = self.fields[name]
        least = max(least, getattr(field, "min_value", None) or 0)

        def check(value: float) -> None:
            if not least <= value <= most:
                raise ValidationError(f"It must be between {least:g} and {most:,g}.")

        field.validators = [check]
        field.error_messages["invalid"] = f"Write a number from {least:g} to {most:,g}."
        field.widget.attrs.update(min=f"{least:g}", max=f"{most:g}", step=f"{step:g}")

    def _hint(self, name: str, text: str) -> None:
        self.fields[name].help_text = text
        self.fields[name].widget.attrs["class"] = "form-control"


class JobFilter(forms.Form):
    """What narrows the list."""

    q = forms.CharField(required=False)
    status = forms.ChoiceField(
        required=False,
        choices=[
            ("", "Any"),
            (JobStatus.RUNNING, "Running"),
            (WAITING, "Waiting"),
            (JobStatus.SUCCEEDED, "Succeeded"),
            (JobStatus.FAILED, "Failed"),
            (JobStatus.KILLED, "Killed"),
        ],
    )


def _most(limit: float, otherwise: str) -> str:
    return f"At most {limit:,g}, which it gets when this is empty." if limit else f"Empty for {otherwise}."
