"""Base architectures of a given size, and drafts that start from them."""

from collections.abc import Iterable
from io import BytesIO

from benchmarks.sides import Side
from config.ids import new_id
from experiments.drafts.base import attach_base
from experiments.drafts.datasets import Choice, constraints_for, set_dataset_versions, versions_for
from experiments.drafts.lifecycle import start_draft
from experiments.drafts.saving import save_form
from experiments.models import ExperimentDraft
from registry.editing import add_files, set_constraints, set_hyperparameters, set_labelmap, set_training_image
from registry.hyperparameters import Kind
from registry.models import ModelVersion
from registry.rows import ConstraintRow, HyperparameterRow, SlotRow
from registry.services import create_model, create_model_version
from registry.training import TrainingRow
from storage.services import store

INFERENCE_TYPE = "CLASSIFICATION"
ALIASES = ("train", "test")


def make_base(side: Side, name: str, *, rows: int, file_bytes: int) -> ModelVersion:
    """A version with as many files (each of so many bytes) as hyperparameters, and one constraint."""
    by = side.user
    model = create_model(name=name, organization=side.organization, by=by)
    version = create_model_version(model=model, inference_type=INFERENCE_TYPE, framework="ONNX", by=by)
    files = [
        (f"file {number:04}", f"{number:04}.bin", store(_bytes(name, number, file_bytes))) for number in range(rows)
    ]
    add_files(version=version, files=files, by=by)
    set_hyperparameters(version=version, rows=list(_hyperparameters(rows)), by=by)
    slots = [SlotRow(alias=alias) for alias in ALIASES]
    set_constraints(version=version, rows=[ConstraintRow(name=" + ".join(ALIASES), slots=slots)], by=by)
    set_labelmap(version=version, labelmap=[(number, str(number)) for number in range(10)], by=by)
    set_training_image(version=version, training=TrainingRow(image="espalier/bench", tag="1.0"), by=by)
    return version


def new_draft(side: Side, base: ModelVersion) -> ExperimentDraft:
    """A draft that only has to be created."""
    draft = start_draft(project=side.project, draft_id=new_id(), by=side.user)
    fields = {"name": f"of {base.model.name} {draft.pk}", "inference_type": INFERENCE_TYPE}
    save_form(draft, data=fields, by=side.user)
    attach_base(draft, base=base, by=side.user)
    draft.refresh_from_db()
    versions = versions_for(draft, user=side.user).select_related("dataset")[: len(ALIASES)]
    choices = [Choice(alias, version) for alias, version in zip(ALIASES, versions, strict=True)]
    set_dataset_versions(draft, constraint=constraints_for(draft).get(), choices=choices, by=side.user)
    draft.refresh_from_db()
    return draft


def _bytes(name: str, number: int, size: int) -> BytesIO:
    """Content that no other file has."""
    mark = f"{name} {number}\n".encode()
    return BytesIO((mark * (size // len(mark) + 1))[:size])


def _hyperparameters(rows: int) -> Iterable[HyperparameterRow]:
    kinds = [(Kind.INTEGER, "20"), (Kind.NUMBER, "0.001"), (Kind.BOOLEAN, "true"), (Kind.TEXT, "a text")]
    for number in range(rows):
        kind, value = kinds[number % len(kinds)]
        yield HyperparameterRow(key=f"key_{number:04}", kind=kind, value=value)
