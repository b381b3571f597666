"""The admin's forms: the same rules as on the pages, and no constraint left to the database to refuse."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from organizations.models import Organization
from registry.aliases import repeated_aliases
from registry.labelmaps import checked_labelmap
from registry.models import Architecture
from registry.rows import HyperparameterRow, checked_hyperparameters, sentences
from registry.training import TrainingRow, checked_training


class RuledForm(forms.ModelForm):  # type: ignore[type-arg]
    """Django leaves out constraints that involve a column the page doesn't offer: here they are checked as well."""

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        try:
            self.instance.validate_constraints()
        except ValidationError as refusal:
            self.add_error(None, refusal.messages)


class JSONDecoder(json.JSONDecoder):
    """Python's fails over thousands of levels or digits, which are as little what is asked for as a missing quote."""

    def decode(self, text: str, *args: Any) -> Any:
        try:
            return super().decode(text, *args)
        except json.JSONDecodeError:
            raise
        except (RecursionError, ValueError) as error:
            raise json.JSONDecodeError("Too many levels or digits", text[:100], 0) from error


class JSONField(forms.JSONField):
    """JSON as staff write it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options | {"decoder": JSONDecoder})


class ArchitectureForm(RuledForm):
    """An architecture's own columns."""

    class Meta:
        model = Architecture
        fields = ["docker_image", "docker_tag", "docker_flags", "docker_environment", "command", "labelmap"]
        field_classes = dict.fromkeys(["docker_flags", "docker_environment", "labelmap"], JSONField)

    def clean_docker_flags(self) -> list[str]:
        flags = self.cleaned_data["docker_flags"]
        if not isinstance(flags, list) or not all(isinstance(flag, str) for flag in flags):
            raise ValidationError('Write a list of texts, such as ["--shm-size=1g"].')
        return flags

    def clean_docker_environment(self) -> dict[str, str]:
        variables = self.cleaned_data["docker_environment"]
        if not isinstance(variables, dict) or not all(isinstance(value, str) for value in variables.values()):
            raise ValidationError('Write an object of texts, such as {"OMP_NUM_THREADS": "2"}.')
        return variables

    def clean_labelmap(self) -> list[list[Any]]:
        pairs = self.cleaned_data["labelmap"]
        if not isinstance(pairs, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
            raise ValidationError('Write pairs of index and name, such as [[0, "cat"], [1, "dog"]].')
        return [[index, name] for index, name in checked_labelmap([(index, name) for index, name in pairs])]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        names = {"docker_image": "image", "docker_tag": "tag", "docker_flags": "flags", "command": "command"}
        names["docker_environment"] = "environment"
        if not all(column in values for column in names):
            return values
        try:
            checked = checked_training(TrainingRow(**{name: values[column] for column, name in names.items()}))
        except ValidationError as refusal:
            columns = {name: column for column, name in names.items()}
            raise ValidationError({columns[name]: told for name, told in refusal.message_dict.items()}) from refusal
        return values | {column: getattr(checked, name) for column, name in names.items()}


class HyperparameterForm(RuledForm):
    """A hyperparameter, whose value obeys its rule and is kept as canonical text."""

    class Meta:
        field_classes = {"choices": JSONField}

    def clean_choices(self) -> list[str]:
        choices = self.cleaned_data["choices"] or []
        if not isinstance(choices, list) or not all(isinstance(choice, str) for choice in choices):
            raise ValidationError('Write a list of texts, such as ["adam", "sgd"].')
        return choices

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        names = ("key", "kind", "value", "minimum", "maximum", "choices", "required", "help")
        if not all(name in values for name in names):
            return values
        written: dict[str, Any] = {name: "" if values[name] is None else values[name] for name in names}
        row = HyperparameterRow(**written)
        try:
            checked = checked_hyperparameters([row])[0]
        except ValidationError as refusal:
            for place, sentence in sentences(refusal):
                self.add_error(place.rpartition("-")[2], sentence)
            return values
        bounds = {"minimum": checked.minimum or None, "maximum": checked.maximum or None}
        return values | {"key": checked.key, "value": checked.value, "help": checked.help} | bounds


class SlotFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """The aliases of one constraint: at least one, and none twice when case is ignored."""

    def clean(self) -> None:
        super().clean()
        kept = [form for form in self.forms if form.is_valid() and not self._should_delete_form(form)]  # type: ignore[attr-defined]
        aliases = [form.cleaned_data["alias"] for form in kept if form.cleaned_data.get("alias")]
        if not aliases:
            raise ValidationError("A constraint needs at least one alias.")
        if repeated := repeated_aliases(aliases):
            raise ValidationError(f"{', '.join(sorted(repeated))}: an alias is there twice (case is ignored).")


class TakeBackForm(forms.Form):
    """Whose the models become."""

    organization = forms.ModelChoiceField(Organization.objects.order_by("name"), empty_label="Choose one")
