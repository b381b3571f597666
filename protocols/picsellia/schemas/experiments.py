"""Projects and experiments, as the SDK reads them."""

import uuid
from datetime import datetime

from ninja import Schema

from config.inference_types import InferenceType
from experiments.models import Status
from protocols.picsellia.schemas.datasets import DatasetVersionOut


class ProjectOut(Schema):
    """A project."""

    id: uuid.UUID
    name: str
    description: str
    organization_id: uuid.UUID
    created_at: datetime


class ExperimentOut(Schema):
    """An experiment."""

    id: uuid.UUID
    name: str
    description: str
    project_id: uuid.UUID
    status: Status
    inference_type: InferenceType
    base_model_version_id: uuid.UUID | None
    base_experiment_id: uuid.UUID | None
    created_at: datetime
    updated_at: datetime


class AttachedDatasetVersionOut(Schema):
    """A dataset version with the alias under which an experiment has it."""

    name: str
    dataset_version: DatasetVersionOut

    @staticmethod
    def resolve_name(attached: object) -> str:
        """The alias."""
        alias: str = attached.alias  # type: ignore[attr-defined]
        return alias
