"""The dataset versions that can still be attached to a project."""

from typing import Any

from django import forms
from django.db.models import Exists, OuterRef
from django.urls import reverse

from choosers.chooser import Chooser, Narrowing, register
from config.paging import Page, page_of
from datasets.models import DatasetVersion, DatasetVersionQuerySet
from experiments.choosers.rows import found_versions, with_pictures
from experiments.models import Project
from organizations.models import User


class ProjectNarrowing(Narrowing):
    """For the project that `?project=` names."""

    project = forms.ModelChoiceField(Project.objects.none())

    def limit_to(self, user: User) -> None:
        projects = Project.objects.visible_to(user).select_related("organization")
        self.fields["project"].queryset = projects  # type: ignore[attr-defined]

    @property
    def of_project(self) -> Project:
        """The project that the versions are attached to."""
        project: Project = self.cleaned_data["project"]
        return project

    @property
    def action(self) -> str:
        return reverse("experiments:dataset_version_attach", args=[self.of_project.pk])


@register
class ProjectDatasetVersionChooser(Chooser[DatasetVersion]):
    """The organization's dataset versions that are not attached to the project yet."""

    name = "project-dataset-version"
    title = "Attach a dataset version"
    choice_name = "dataset_version"
    search_fields = ("name", "dataset__name")
    placeholder = "Search by dataset or version"
    results_template = "experiments/_versions_to_attach.html"
    narrowing_class = ProjectNarrowing

    def queryset(self, narrowing: Any) -> DatasetVersionQuerySet:
        project = narrowing.of_project
        versions = DatasetVersion.objects.visible_to(narrowing.user).filter(organization=project.organization)
        attached = project.attachments.filter(dataset_version=OuterRef("pk"))
        return versions.filter(~Exists(attached)).select_related("dataset")

    def page(self, narrowing: Any) -> Page[DatasetVersion]:
        found = found_versions(self.queryset(narrowing), narrowing.cleaned_data["q"])
        return page_of(found, narrowing.query, size=self.page_size)

    def context(self, narrowing: Any) -> dict[str, Any]:
        context = super().context(narrowing)
        return context | {"versions": with_pictures(context["page"].rows)}
