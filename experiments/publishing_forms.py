"""What is asked when an experiment is published: as what, which of its files, and what they are called."""

import uuid
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from config.ids import new_id
from config.inference_types import InferenceType
from config.search import QUERY_MAX
from experiments.models import Experiment
from experiments.publishing import Wanted, inference_type_of
from experiments.successors import Succession, succession, unchanged
from organizations.models import User
from registry.files import checked_names
from registry.forms.models import description_field, name_field
from registry.models import ArchitectureFile, ModelVersion, RegisteredModel
from registry.rows import sentences

NEW, VERSION = "new", "version"
TABS = [(NEW, "New model"), (VERSION, "New version of a model")]
# Of more the page would be too long to choose from: all of them are taken.
CHOOSABLE_MAX = 1_000
CAME = "Files came since this was opened, and are chosen now: {}. Look at them, and publish again."


@dataclass
class ArtifactRow:
    """An artifact that can be taken, under a name.

    Attributes:
        is_new: whether it came since the form was opened.
        is_the_bases: whether the training left it as the base has it.
        error: what is wrong with its name.
    """

    file: ArchitectureFile
    name: str
    is_taken: bool
    is_new: bool
    is_the_bases: bool
    error: str = ""

    @property
    def place(self) -> str:
        """The id of the element with the name."""
        return f"name-{self.file.pk}"


class PublishForm(forms.Form):
    """One form for both tabs: what was typed on one of them is still there on the other.

    Args:
        experiment: with its architecture and its base.
        user: who publishes.
        given: what the fields hold; None when it is opened.
        is_sent: whether to check it. Else it is drawn again as it is, right or wrong.
    """

    key = forms.UUIDField(widget=forms.HiddenInput)
    tab = forms.ChoiceField(choices=TABS, widget=forms.HiddenInput)
    model = forms.ModelChoiceField(
        RegisteredModel.objects.none(),
        widget=forms.HiddenInput,
        error_messages={
            "required": "Choose the model first.",
            "invalid_choice": "This model is not there any more. Choose another one.",
        },
    )
    name = name_field(label="Name of the model")
    description = description_field(label="Description of the model")
    version_name = name_field(required=False, label="Name of the version")
    version_description = description_field(label="Description of the version")
    again = forms.BooleanField(required=False, label="Publish it all the same, as another version")
    # What the search for a model says; the server draws its field itself.
    q = forms.CharField(required=False, max_length=QUERY_MAX)

    def __init__(
        self, experiment: Experiment, *, user: User, given: QueryDict | None = None, is_sent: bool = False
    ) -> None:
        self.experiment, self.user, self.given, self.focus = experiment, user, given, ""
        opened = {"key": new_id(), "tab": NEW, "version_description": experiment.description}
        typed = {name: given.get(name, "") for name in self.base_fields} if given is not None else opened
        super().__init__(given if is_sent else None, initial=typed)
        self.fields["model"].queryset = self.models  # type: ignore[attr-defined]
        self.fields["name"].required = self.tab_in_view == NEW
        self.fields["model"].required = self.tab_in_view == VERSION
        self.fields["version_name"].widget.attrs["placeholder"] = self._next_name

    @property
    def models(self) -> Any:
        """Those that it can become a version of: the organization's."""
        organization = self.experiment.project.organization
        return RegisteredModel.objects.visible_to(self.user).filter(organization=organization)

    @cached_property
    def tab_in_view(self) -> str:
        """The tab asked for, else the first."""
        return VERSION if self._typed("tab") == VERSION else NEW

    @cached_property
    def chosen_model(self) -> RegisteredModel | None:
        """The model that the version is for, as long as it is there."""
        try:
            return self.models.filter(pk=uuid.UUID(self._typed("model"))).first()  # type: ignore[no-any-return]
        except ValueError:
            return None

    @cached_property
    def newest(self) -> ModelVersion | None:
        """The version that the next one follows."""
        model = self.chosen_model if self.tab_in_view == VERSION else None
        return model.versions.first() if model else None

    @property
    def other_type(self) -> str:
        """What that version is for, when this one is for something else."""
        own, theirs = inference_type_of(self.experiment), self.newest.inference_type if self.newest else ""
        unknown = {"", InferenceType.NOT_CONFIGURED} & {own, theirs}
        return "" if unknown or own == theirs else str(InferenceType(theirs).label)

    @property
    def is_choosing(self) -> bool:
        """Whether a model has to be chosen first."""
        return self.tab_in_view == VERSION and self.chosen_model is None

    @cached_property
    def artifacts(self) -> list[ArchitectureFile]:
        """The experiment's, whether they can be chosen or not."""
        return list(self.experiment.architecture.files.select_related("blob"))

    @property
    def can_choose_files(self) -> bool:
        """Whether there are not too many."""
        return len(self.artifacts) <= CHOOSABLE_MAX

    @cached_property
    def rows(self) -> list[ArtifactRow]:
        """The artifacts as they were left, those that came meanwhile too; at first all are chosen."""
        if not self.can_choose_files:
            return []
        same = unchanged(self.artifacts, self._of_the_base)
        return [self._row(file, file.name in same) for file in self.artifacts]

    @cached_property
    def succession(self) -> Succession | None:
        """What could take the place of the base's weights, as long as nothing is called like them."""
        found = succession(self.experiment, self.artifacts, self._of_the_base) if self.rows else None
        names = {row.name.strip() for row in self.rows if row.is_taken and not row.is_the_bases}
        return found if found and found.name not in names else None

    def accept_succession(self) -> None:
        """Call the training's result what the base calls its weights, and leave those out."""
        if found := self.succession:
            for row in self.rows:
                if row.file == found.artifact:
                    row.name, row.is_taken = found.name, True
                    self.focus = row.place
                elif row.file == found.replaced:
                    row.is_taken = False
            del self.succession

    def clean(self) -> dict[str, Any]:
        """A file that nobody has seen in the list is not left out in silence."""
        came = [row.file.name for row in self.rows if row.is_new]
        if came:
            self.add_error(None, CAME.format(", ".join(came)))
        try:  # The service checks them too, and only when all else is right: everything is said at once.
            checked_names(self._names, files=self.artifacts)
        except ValidationError as refusal:
            self.refuse(refusal)
        return self.cleaned_data

    @property
    def wanted(self) -> Wanted:
        """Of the version, once it is checked. A new model's first version is described as the experiment is."""
        data = self.cleaned_data
        return Wanted(
            name=data["version_name"],
            description=data["version_description"] if data["tab"] == VERSION else None,
            files=self._names if self.can_choose_files else None,
            key=data["key"],
            again=data["again"],
        )

    def refuse(self, refusal: ValidationError) -> None:
        """Say each sentence at its place."""
        rows = {f"file-{row.file.pk}": row for row in self.rows}
        for place, sentence in sentences(refusal):
            if place in rows:
                rows[place].error = sentence
            else:
                self.add_error(place if place in self.fields else None, sentence)

    @property
    def is_again(self) -> bool:
        """Whether it was said already that it is published all the same."""
        return bool(self._typed("again"))

    @property
    def first_mistake(self) -> str:
        """The field, or the place of a name, to go to."""
        wrong = [name for name in self.base_fields if name in self.errors and name != "model"]
        return next(iter([*wrong, *(row.place for row in self.rows if row.error)]), "")

    @cached_property
    def _of_the_base(self) -> list[ArchitectureFile]:
        base = self.experiment.base
        return list(base.architecture.files.all()) if base else []

    @property
    def _names(self) -> dict[uuid.UUID, str]:
        """Of each artifact that is taken, what it is to be called."""
        return {row.file.pk: row.name for row in self.rows if row.is_taken}

    @property
    def _next_name(self) -> str:
        """What the version is called when it gets no name."""
        return f"v{self.newest.number + 1 if self.newest else 1}"

    def _row(self, file: ArchitectureFile, is_the_bases: bool) -> ArtifactRow:
        name = None if self.given is None else self.given.get(f"name-{file.pk}")
        if name is None:
            return ArtifactRow(file, file.name, True, self.given is not None, is_the_bases)
        is_taken = str(file.pk) in self.given.getlist("take")  # type: ignore[union-attr]
        return ArtifactRow(file, name, is_taken, False, is_the_bases)

    def _typed(self, name: str) -> str:
        return str(self.given.get(name, "") if self.given is not None else self.initial.get(name, ""))
