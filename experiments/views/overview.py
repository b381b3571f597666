"""An experiment as its overview shows it, with the difference to the base."""

from functools import cached_property
from typing import Any

from datasets.thumbnails import Thumbnail, first_thumbnails
from experiments.models import BaseKind, Experiment, ExperimentDatasetVersion
from registry.models import ArchitectureFile, Hyperparameter


class Overview:
    """What the page shows beside the experiment's own fields.

    Args:
        experiment: with its architecture and base.
        only_differences: whether unchanged hyperparameters are left out.
    """

    def __init__(self, experiment: Experiment, *, only_differences: bool = False) -> None:
        self.experiment = experiment
        self.only_differences = only_differences

    @cached_property
    def _hyperparameters(self) -> list[Hyperparameter]:
        return list(self.experiment.architecture.hyperparameters.all())

    @property
    def has_base(self) -> bool:
        """Whether there is a base to differ from."""
        return self.experiment.base_kind != BaseKind.NONE

    @property
    def base_is_public(self) -> bool:
        """Whether the base came from the Public Registry."""
        return self.experiment.base_kind == BaseKind.PUBLIC_MODEL

    @property
    def hyperparameters(self) -> list[Hyperparameter]:
        """The values that the training gets, in order."""
        if not self.only_differences:
            return self._hyperparameters
        return [row for row in self._hyperparameters if row.is_added or row.is_changed]

    @property
    def removed(self) -> list[dict[str, Any]]:
        """What the base had and the experiment has not."""
        return self.experiment.removed_hyperparameters or []

    @property
    def difference_count(self) -> int:
        """How many hyperparameters differ from the base's."""
        changed = sum(row.is_added or row.is_changed for row in self._hyperparameters)
        return changed + len(self.removed) if self.has_base else 0

    @cached_property
    def dataset_versions(self) -> list[tuple[ExperimentDatasetVersion, list[Thumbnail]]]:
        """Each alias with its version and the first pictures."""
        entries = list(self.experiment.dataset_versions.select_related("dataset_version__dataset"))
        pictures = first_thumbnails({entry.dataset_version for entry in entries}, 6)
        return [(entry, pictures[entry.dataset_version_id]) for entry in entries]

    @cached_property
    def files(self) -> list[ArchitectureFile]:
        """The artifacts."""
        return list(self.experiment.architecture.files.select_related("blob"))

    @property
    def file_bytes(self) -> int:
        """Their size in bytes."""
        return sum(file.blob.size for file in self.files)
