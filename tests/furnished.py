"""Organizations with one of everything in them, for the tests that visit every page."""

from typing import Any

from django.urls import reverse

from config.ids import new_id
from config.inference_types import InferenceType
from datasets.models import LabelGroup, Shape
from experiments.models import BaseKind, Publication
from organizations.models import ApiToken, Organization, User
from registry.hyperparameters import Kind
from storage.links import download_url
from tests.factories import (
    AnnotationFactory,
    ArchitectureFileFactory,
    AssetFactory,
    AttachedDatasetVersionFactory,
    BlobFactory,
    ConsoleFactory,
    ConsoleLineFactory,
    DatasetConstraintFactory,
    DatasetFactory,
    DatasetVersionFactory,
    DataSourceFactory,
    DraftDatasetVersionFactory,
    DraftHyperparameterFactory,
    EvaluationFactory,
    ExperimentDatasetVersionFactory,
    ExperimentDraftFactory,
    ExperimentFactory,
    HyperparameterFactory,
    JobFactory,
    LabelFactory,
    LogFactory,
    LoggingFileFactory,
    ModelVersionFactory,
    PredictionFactory,
    ProjectFactory,
    RegisteredModelFactory,
    TagFactory,
    UploadFactory,
    png,
)
from tracking.lines import add_points, read_line
from tracking.metrics import compute_metrics
from training.models import GPU_TYPE_MAX, LineKind

# What the id in a route's address is of: the name of an attribute of `Furnished`.
SUBJECTS = {
    "organizations:token_revoke": "token",
    "experiments:project_edit": "project",
    "experiments:project_detail": "project",
    "experiments:project_dataset_versions": "project",
    "experiments:dataset_version_attach": "project",
    "experiments:dataset_version_detach": "project",
    "experiments:draft_create": "project",
    "experiments:draft_detail": "draft",
    "experiments:draft_discard": "draft",
    "experiments:experiment_detail": "experiment",
    "experiments:experiment_lineage": "experiment",
    "experiments:model_version_lineage": "model_version",
    "experiments:experiment_edit": "experiment",
    "experiments:draft_from_experiment": "experiment",
    "experiments:experiment_publish": "experiment",
    "experiments:experiment_delete": "experiment",
    "experiments:artifact_download": "artifact",
    "training:experiment_console": "experiment",
    "training:experiment_launch": "experiment",
    "training:experiment_live": "experiment",
    "training:job_detail": "job",
    "training:job_stop": "job",
    "training:logging_file_download": "logging_file",
    "tracking:log_list": "experiment",
    "tracking:evaluation_list": "experiment",
    "tracking:experiment_compare": "project",
    "tracking:experiment_compare_curves": "project",
    "tracking:experiment_compare_table": "project",
    "tracking:log_points": "curve",
    "tracking:log_values": "curve",
    "registry:model_detail": "model",
    "registry:model_edit": "model",
    "registry:model_delete": "model",
    "registry:model_version_create": "model",
    "registry:model_version_detail": "model_version",
    "registry:model_version_edit": "model_version",
    "registry:model_version_delete": "model_version",
    "registry:model_version_labelmap": "model_version",
    "registry:model_version_image": "model_version",
    "registry:model_version_constraints": "model_version",
    "registry:model_version_hyperparameters": "model_version",
    "registry:model_version_files": "model_version",
    "registry:file_download": "file",
    "registry:file_rename": "file",
    "registry:file_remove": "file",
    "datasets:dataset_detail": "dataset",
    "datasets:dataset_delete": "dataset",
    "datasets:dataset_version_detail": "dataset_version",
    "datasets:dataset_version_annotations": "dataset_version",
    "datasets:dataset_version_edit": "dataset_version",
    "datasets:dataset_version_delete": "dataset_version",
    "datasets:asset_detail": "asset",
    "datasets:data_detail": "data",
    "datasets:data_tag": "data",
    "datasets:data_untag": "data",
    "datasets:data_delete": "data",
}

# Each chooser's dialog for the subject that its address names: none where any user may open it.
CHOOSERS = {
    "model-version": "",
    "base-model": "draft",
    "base-experiment": "draft",
    "draft-dataset-versions": "draft",
    "project-dataset-version": "project",
}


class Furnished:
    """An organization with a project, a model, a dataset, an experiment and drafts; all connected, none empty.

    Args:
        organization: whose everything is.
        member: who writes the drafts.
        word: begins every name, so that a page which shows one can be told.
    """

    def __init__(self, organization: Organization, member: User, word: str) -> None:
        self.organization, self.member, self.word = organization, member, word
        self.token = ApiToken.objects.create(
            organization=organization, user=member, name=f"{word} token", digest=new_id().hex * 2, hint="esp_hint"
        )
        self._make_datasets()
        self._make_models()
        self._make_experiments()
        self._make_logs()
        self._make_drafts()

    def _make_datasets(self) -> None:
        self.dataset = DatasetFactory(organization=self.organization, name=f"{self.word} digits")
        self.dataset_version = self._version("train")
        self.other_version = self._version("test")
        self.loose_version = self._version("attached to nothing")
        group = LabelGroup.objects.create(dataset_version=self.dataset_version, name=f"{self.word} odd")
        skeleton = {"vertices": [self.word, "top"], "edges": [[0, 1]]}
        self.label = LabelFactory(
            dataset_version=self.dataset_version, name=f"{self.word} nine", group=group, skeleton=skeleton
        )
        picture = BlobFactory(content=png(sum(self.word.encode())))
        self.asset = AssetFactory(
            dataset_version=self.dataset_version,
            data__blob=picture,
            data__thumbnail=picture,
            data__filename=f"{self.word}.png",
        )
        self.data = self.asset.data
        self.data.source = DataSourceFactory(organization=self.organization, name=f"{self.word} camera")
        self.data.metadata, self.data.custom_metadata = {"software": self.word}, {"line": self.word}
        self.data.save()
        self.data.tags.add(TagFactory(organization=self.organization, name=f"{self.word} night"))
        AnnotationFactory(asset=self.asset, label=self.label, shape=Shape.RECTANGLE, coordinates=[1, 1, 3, 2])

    def _version(self, name: str) -> Any:
        return DatasetVersionFactory(dataset=self.dataset, name=f"{self.word} {name}", asset_count=1, object_count=1)

    def _make_models(self) -> None:
        self.model = RegisteredModelFactory(organization=self.organization, name=f"{self.word} model")
        self.model_version = ModelVersionFactory(
            model=self.model, name=f"{self.word} version", architecture__docker_image=f"{self.word.lower()}/trainer"
        )
        self._furnish(self.model_version.architecture)
        self.file = self.model_version.architecture.files.get()
        self.hyperparameter = self.model_version.architecture.hyperparameters.first()
        self.constraint = self.model_version.architecture.constraints.get()
        self.plain_model_version = ModelVersionFactory(model=self.model, name=f"{self.word} plain")

    def _furnish(self, architecture: Any) -> None:
        architecture.labelmap = [[0, f"{self.word} nine"]]
        architecture.docker_flags, architecture.docker_environment = [f"--{self.word}"], {"WORD": self.word}
        architecture.save()
        weights = BlobFactory(content=self.word.encode())
        ArchitectureFileFactory(architecture=architecture, name=f"{self.word} weights", blob=weights)
        HyperparameterFactory(architecture=architecture, key=f"{self.word} epochs")
        HyperparameterFactory(
            architecture=architecture, key=f"{self.word} optimizer", kind=Kind.CHOICE, value="adam", choices=["adam"]
        )
        DatasetConstraintFactory(architecture=architecture, name=f"{self.word} constraint", aliases=["train"])

    def _make_experiments(self) -> None:
        self.project = ProjectFactory(organization=self.organization, name=f"{self.word} project")
        for version in (self.dataset_version, self.other_version):
            AttachedDatasetVersionFactory(project=self.project, dataset_version=version)
        self.experiment = ExperimentFactory(
            project=self.project,
            name=f"{self.word} experiment",
            base_kind=BaseKind.PRIVATE_MODEL,
            base_name=str(self.model_version),
            base_model_version=self.model_version,
            removed_hyperparameters=[{"key": f"{self.word} momentum", "kind": Kind.NUMBER, "value": "0.9"}],
        )
        self._furnish(self.experiment.architecture)
        self.artifact = self.experiment.architecture.files.get()
        ExperimentDatasetVersionFactory(experiment=self.experiment, dataset_version=self.dataset_version, alias="train")
        self.rival = ExperimentFactory(project=self.project, name=f"{self.word} rival")
        self._publish()
        self._make_run()

    def _publish(self) -> None:
        """One version of the experiment that is there, and one of an experiment that was deleted since."""
        for version, experiment in ((self.plain_model_version, self.experiment), (self.model_version, None)):
            Publication.objects.create(
                organization=self.organization,
                model_version=version,
                experiment=experiment,
                experiment_name=f"{self.word} origin",
                revision=0,
                hyperparameters=[[f"{self.word} epochs", "TEXT", self.word]],
                datasets=[{"alias": "train", "id": str(new_id()), "name": self.word, "repartition": {self.word: 1}}],
                published_by=self.member,
            )

    def _make_run(self) -> None:
        self.job = JobFactory(experiment=self.experiment, created_by=self.member, gpu_type=self.word[:GPU_TYPE_MAX])
        console = ConsoleFactory(job=self.job, parts=[f"{self.word} part"])
        ConsoleLineFactory(console=console, text=f"{self.word} line")
        ConsoleLineFactory(console=console, kind=LineKind.CHAPTER, text=f"--#--{self.word} chapter")
        self.logging_file = LoggingFileFactory(console=console, object_name=f"logging/{self.word} logs.json")
        UploadFactory(organization=self.organization, filename=f"{self.word}.bin")
        self.failed_job = JobFactory(
            experiment__project=self.project,
            experiment__name=f"{self.word} failure",
            status="FAILED",
            created_by=self.member,
            reason=f"{self.word} was too much.",
            last_output=f"{self.word} broke",
        )

    def _make_logs(self) -> None:
        """One of each kind, and an evaluation of the model on the image."""
        held = {
            "VALUE": 0.5,
            "TABLE": {self.word: 1},
            "BAR": {"x": [self.word], "y": [3]},
            "HEATMAP": {"categories": [self.word], "values": [[2]]},
            "LABELMAP": {"0": self.word},
            "EVALUATION": [self.word],
        }
        for kind, data in held.items():
            LogFactory(experiment=self.experiment, name=f"{self.word}/{kind}", type=kind, data=data)
        data = {"object_name": "x", "filename": f"{self.word}.png"}
        LogFactory(
            experiment=self.experiment,
            name=f"{self.word}/IMAGE",
            type="IMAGE",
            data=data,
            blob=self.asset.data.blob,
            content_type="image/png",
        )
        self.curve = LogFactory(experiment=self.experiment, name=f"{self.word}/loss", type="LINE", data=None)
        add_points(self.curve, read_line([0.9, 0.5, 0.4]))
        evaluation = EvaluationFactory(experiment=self.experiment, asset=self.asset)
        PredictionFactory(evaluation=evaluation, label=self.label, shape=Shape.RECTANGLE, coordinates=[1, 1, 3, 2])
        compute_metrics(experiment=self.experiment, inference_type=InferenceType.OBJECT_DETECTION, by=self.member)

    def _make_drafts(self) -> None:
        """One with a constraint to fill, one where any alias will do, one that edits the experiment."""
        constraint = self.model_version.architecture.constraints.get()
        self.draft = self._draft("draft", self.model_version, dataset_constraint=constraint)
        self.row = DraftHyperparameterFactory(draft=self.draft, key=f"{self.word} epochs", inherited_value="10")
        self.removed_row = DraftHyperparameterFactory(
            draft=self.draft, key=f"{self.word} gone", inherited_value="10", is_removed=True
        )
        DraftDatasetVersionFactory(draft=self.draft, dataset_version=self.dataset_version, alias="train")
        DraftHyperparameterFactory(
            draft=self.draft, key=f"{self.word} optimizer", kind=Kind.CHOICE, value="adam", choices=["adam"]
        )
        self.free_draft = self._draft("free draft", self.plain_model_version)
        DraftDatasetVersionFactory(
            draft=self.free_draft, dataset_version=None, dataset_version_name=f"{self.word} deleted", alias="gone"
        )
        self.edit_draft = ExperimentDraftFactory(
            project=self.project, owner=self.member, edits=self.experiment, name=self.experiment.name
        )

    def _draft(self, name: str, base: Any, **more: Any) -> Any:
        return ExperimentDraftFactory(
            project=self.project,
            owner=self.member,
            name=f"{self.word} {name}",
            base_kind=BaseKind.PRIVATE_MODEL,
            base_name=str(base),
            base_model_version=base,
            **more,
        )

    def address(self, route: str, subject: str | None = None) -> str:
        """Where the route is, for this organization's own things; or for another of them than the usual one."""
        return reverse(route, args=[getattr(self, subject or SUBJECTS[route]).pk])

    @property
    def compared(self) -> str:
        """What an address takes to compare the experiment with its rival."""
        return f"?experiment={self.experiment.pk}&experiment={self.rival.pk}"

    def chooser(self, name: str) -> str:
        """Where the chooser's dialog is, for the usual draft or project."""
        return f"{reverse('choosers:choose', args=[name])}{self._query(name)}"

    def chosen(self, name: str) -> str:
        """Where a field of the chooser is drawn."""
        return f"{reverse('choosers:chosen', args=[name])}{self._query(name)}"

    def _query(self, name: str) -> str:
        subject = CHOOSERS[name]
        return f"?{subject}={getattr(self, subject).pk}" if subject else ""

    @property
    def download(self) -> str:
        """A signed link to the model's file."""
        return download_url(self.file.blob, self.file.filename)
