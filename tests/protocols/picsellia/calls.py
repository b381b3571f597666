"""Every call that the contract asks for (its ranks 1a to 2b), with what it needs in order to do something.

A name in braces is an attribute of `Orchard`: its id, or the attribute itself when it is a text.
"""

import re
from dataclasses import dataclass
from typing import Any

from organizations.models import Organization, User
from storage.models import Upload
from tests.factories import (
    BlobFactory,
    DataFactory,
    ExperimentFactory,
    TagFactory,
    png,
)
from tests.furnished import Furnished
from training.models import FinishedTask

RECT: dict[str, Any] = {"label_id": "{label}", "x": 1, "y": 1, "w": 3, "h": 2}


@dataclass(frozen=True)
class Call:
    """A method and a path, below /api, with a query where one is needed, and a body."""

    method: str
    path: str
    body: Any = None

    def __str__(self) -> str:
        return f"{self.method} {self.path.partition('?')[0]}"

    @property
    def route(self) -> tuple[str, str]:
        """The method, and the path without any ids."""
        return self.method, re.sub(r"{\w+}", "{}", f"/api{self.path.partition('?')[0]}")


CALLS = [
    # Rank 1a: what a training and its container's wrapper call.
    Call("GET", "/home/ping"),
    Call("GET", "/organizations/find?name={organization_name}"),
    Call("GET", "/organization/{organization}"),
    Call("GET", "/organization/{organization}/experiments/find?id={experiment}"),
    Call("GET", "/experiment/{experiment}"),
    Call("GET", "/experiment/{experiment}/logs/find?name={log_name}"),
    Call("GET", "/experiment/{experiment}/datasets"),
    Call("GET", "/experiment/{experiment}/datasets/find?name=train"),
    Call("GET", "/dataset/version/{dataset_version}/labels"),
    Call("GET", "/dataset/version/{dataset_version}/stats"),
    Call("GET", "/dataset/version/{dataset_version}/assets"),
    Call("XGET", "/dataset/version/{dataset_version}/assets", {"ids": ["{asset}"]}),
    Call("GET", "/dataset/version/{dataset_version}/assets/extended"),
    Call("POST", "/dataset/version/{dataset_version}/annotations/export", {"type": "COCO", "asset_ids": ["{asset}"]}),
    Call("GET", "/data/{data}/presigned-url"),
    Call("GET", "/model/version/{model_version}"),
    Call("GET", "/experiment/{experiment}/artifacts"),
    Call("POST", "/object-storage/{organization}/retrieve_presigned_url", {"object_name": "{here}"}),
    Call("POST", "/experiment/{experiment}/logs", {"name": "new", "type": "LINE", "data": [1.0]}),
    Call("PATCH", "/log/{log}", {"name": "new"}),
    Call(
        "POST",
        "/organization/{organization}/connector/{organization}/generate_object_name",
        {"filename": "a.png", "type": "ARTIFACT", "context": {"experiment_id": "{experiment}"}},
    ),
    Call("POST", "/object-storage/{organization}/generate_presigned_url", {"object_name": "{coming}"}),
    Call("POST", "/object-storage/{organization}/init_multipart_upload", {"object_name": "{coming}"}),
    Call(
        "POST",
        "/object-storage/{organization}/generate_part_presigned_url",
        {"object_name": "{in_parts}", "upload_id": "{in_parts_id}", "part_no": 1},
    ),
    Call(
        "POST",
        "/object-storage/{organization}/complete_part_upload",
        {"object_name": "{in_parts}", "upload_id": "{in_parts_id}", "parts": []},
    ),
    Call("GET", "/experiment/{experiment}/artifacts/find?name={artifact_name}"),
    Call("POST", "/experiment/{experiment}/artifacts", {"name": "new", "filename": "new.bin", "object_name": "{here}"}),
    Call("PATCH", "/artifact/{artifact}", {"name": "new", "filename": "new.bin", "object_name": "{here}"}),
    Call(
        "POST",
        "/experiment/{experiment}/evaluations",
        {"evaluations": [{"asset_id": "{asset}", "rectangles": [{**RECT, "score": 0.5}]}]},
    ),
    Call("GET", "/experiment/{experiment}/evaluations"),
    Call(
        "POST",
        "/experiment/{experiment}/evaluate",
        {"inference_type": "CLASSIFICATION", "evaluation_ids": ["{evaluation}"]},
    ),
    Call("GET", "/evaluation/{evaluation}"),
    Call("GET", "/asset/{asset}/annotations"),
    Call("GET", "/annotation/{labelling}/rectangles"),
    Call("GET", "/annotation/{labelling}/polygons"),
    Call("GET", "/annotation/{labelling}/classifications"),
    Call("GET", "/organization/{organization}/jobv2s/find?id={job}"),
    Call("POST", "/v2/job/{job}/running"),
    Call("POST", "/v2/job/{job}/logging", {"line_nb": 1, "log": "new", "part": "part"}),
    Call("POST", "/v2/job/{job}/logging/save", {"logging_object_name": "{here}"}),
    Call("POST", "/v2/job/{job}/succeed"),
    Call("POST", "/v2/job/{job}/fail"),
    Call("PATCH", "/experiment/{experiment}", {"name": "new"}),
    Call("POST", "/experiment/{experiment}/logging", {"line_nb": 1, "log": "new", "part": "part"}),
    Call("POST", "/experiment/{experiment}/logging/save", {"object_name": "{here}"}),
    # Rank 1b: what other training scripts call.
    Call("GET", "/dataset/version/{dataset_version}/annotations/ids?asset_ids={asset}"),
    Call("XGET", "/dataset/version/{dataset_version}/annotations", ["{labelling}"]),
    Call("GET", "/job/{task}"),
    Call("GET", "/v2/job/{job}"),
    Call("GET", "/project/{project}/experiments/find?id={experiment}"),
    Call("GET", "/organization/{organization}/projects/find?id={project}"),
    Call("PATCH", "/experiment/{experiment}/job/status", {"status": "RUNNING"}),
    # Rank 2a: preparing.
    Call("GET", "/organization/{organization}/datalake?id={organization}"),
    Call(
        "POST",
        "/datalake/{organization}/datas",
        {"filename": "new.png", "object_name": "{here}", "tags": ["{tag}"], "data_source_id": "{source}"},
    ),
    Call("GET", "/datalake/{organization}/datas"),
    Call("XGET", "/datalake/{organization}/datas", {"ids": ["{data}"]}),
    Call("GET", "/data/{data}"),
    Call("POST", "/datalake/{organization}/tags", {"name": "new"}),
    Call("GET", "/datalake/{organization}/tags/find?name={tag_name}"),
    Call("POST", "/organization/{organization}/datasources", {"name": "new"}),
    Call("GET", "/organization/{organization}/datasources/find?name={source_name}"),
    Call("POST", "/organization/{organization}/datasets", {"name": "new"}),
    Call("GET", "/organization/{organization}/datasets"),
    Call("GET", "/organization/{organization}/datasets/find?id={dataset}"),
    Call("GET", "/organization/{organization}/datasetversions/find?id={dataset_version}"),
    Call("POST", "/dataset/{dataset}/versions", {"version": "new"}),
    Call("GET", "/dataset/{dataset}/versions"),
    Call("GET", "/dataset/{dataset}/versions/find?id={dataset_version}"),
    Call(
        "POST",
        "/dataset/{dataset}/fork",
        {"version": "new", "parent_id": "{dataset_version}", "with_labels": True, "asset_ids": ["{asset}"]},
    ),
    Call("GET", "/dataset/version/{dataset_version}"),
    Call("PATCH", "/dataset/version/{dataset_version}", {"description": "new"}),
    Call(
        "POST",
        "/dataset/version/{dataset_version}/assets",
        {"data_ids": ["{loose_data}"], "asset_tag_ids": ["{asset_tag}"]},
    ),
    Call("GET", "/dataset/version/{dataset_version}/assets/find?id={asset}"),
    Call("POST", "/dataset/version/{dataset_version}/labels", {"name": "new"}),
    Call("GET", "/dataset/version/{dataset_version}/labels/find?name={label_name}"),
    Call("XGET", "/dataset/version/{dataset_version}/bulk-labels", {"names": ["new"]}),
    Call("GET", "/dataset/version/{dataset_version}/labelgroups"),
    Call("POST", "/dataset/version/{dataset_version}/labelgroups", {"name": "new", "parent_id": "{label_group}"}),
    Call("PATCH", "/label/{label}", {"name": "new", "group_id": "{label_group}"}),
    Call(
        "POST",
        "/dataset/version/{dataset_version}/bulk-annotations",
        {"import_type": "CONCATENATE", "annotations": [{"asset_id": "{asset}", "rectangles": [RECT]}]},
    ),
    Call("GET", "/dataset/version/{dataset_version}/annotations"),
    Call("POST", "/dataset/version/{dataset_version}/tags", {"name": "new"}),
    Call("GET", "/dataset/version/{dataset_version}/tags/find?name={asset_tag_name}"),
    Call("GET", "/asset/{asset}"),
    Call("POST", "/asset/{asset}/annotations", {"duration": 1}),
    Call("GET", "/asset/{asset}/annotations/find"),
    Call("POST", "/annotation/{labelling}/bulk-rectangles", {"rectangles": [RECT]}),
    Call(
        "POST",
        "/annotation/{labelling}/bulk-polygons",
        {"polygons": [{"label_id": "{label}", "polygon": [[1, 1], [3, 1], [2, 3]]}]},
    ),
    Call("POST", "/annotation/{labelling}/bulk-classifications", {"classifications": [{"label_id": "{label}"}]}),
    Call("POST", "/organization/{organization}/models", {"name": "new"}),
    Call("GET", "/organization/{organization}/models"),
    Call("GET", "/organization/{organization}/models/find?id={model}"),
    Call("GET", "/models"),
    Call("GET", "/models/find?name={model_name}"),
    Call("GET", "/organization/{organization}/modelversions/find?id={model_version}"),
    Call("POST", "/model/{model}/versions", {"name": "new", "type": "CLASSIFICATION"}),
    Call("GET", "/model/{model}/versions"),
    Call("GET", "/model/{model}/versions/find?name={model_version_name}"),
    Call("PATCH", "/model/version/{model_version}", {"name": "new"}),
    Call("GET", "/model/version/{model_version}/modelfiles"),
    Call(
        "POST",
        "/model/version/{model_version}/modelfiles",
        {"name": "new", "filename": "new.bin", "object_name": "{here}"},
    ),
    Call("GET", "/model/version/{model_version}/modelfiles/find?name={file_name}"),
    Call("DELETE", "/model/file/{file}"),
    Call("GET", "/model/version/{model_version}/context"),
    Call("POST", "/organization/{organization}/projects", {"name": "new"}),
    Call("GET", "/organization/{organization}/projects"),
    Call(
        "POST",
        "/project/{project}/experiments",
        {"name": "new", "base_experiment_id": "{experiment}", "base_model_version_id": "{model_version}"},
    ),
    Call("GET", "/project/{project}/experiments"),
    Call("POST", "/project/{project}/datasets", {"dataset_version_id": "{loose_version}"}),
    Call("GET", "/project/{project}/datasets"),
    Call("DELETE", "/project/{project}/datasets", {"ids": ["{dataset_version}"]}),
    Call("DELETE", "/experiment/{experiment}"),
    Call("POST", "/experiment/{experiment}/datasets", {"name": "val", "dataset_version_id": "{other_version}"}),
    Call("DELETE", "/experiment/{experiment}/datasets", {"ids": ["{dataset_version}"]}),
    Call("POST", "/experiment/{experiment}/model", {"model_version_id": "{model_version}"}),
    Call("POST", "/experiment/{experiment}/experiment", {"base_experiment_id": "{other_experiment}"}),
    Call("POST", "/experiment/{experiment}/launch", {"gpus": 1}),
    Call("POST", "/experiment/{experiment}/publish", {"name": "new"}),
    Call("POST", "/experiment/{experiment}/publish/version", {"model_id": "{model}"}),
    Call("GET", "/experiment/{experiment}/logs/extended"),
    Call("POST", "/log/{log}/append", {"data": [1.0]}),
    # Rank 2b: editing, deleting, and other lists.
    Call("GET", "/organization/{organization}/datalakes"),
    Call("GET", "/datalake/{organization}"),
    Call("GET", "/datalake/{organization}/datas/find?id={data}"),
    Call("DELETE", "/datalake/{organization}/datas", {"ids": ["{loose_data}"]}),
    Call("GET", "/datalake/{organization}/tags"),
    Call("PATCH", "/data/{data}", {"metadata": {"software": "new"}}),
    Call("PATCH", "/data/{data}/custom-metadata", {"custom_metadata": {"a": 1}}),
    Call("DELETE", "/data/{data}"),
    Call("GET", "/organization/{organization}/datasources"),
    Call("GET", "/tag/{tag}"),
    Call("PATCH", "/tag/{tag}", {"name": "new"}),
    Call("DELETE", "/tag/{tag}"),
    Call("POST", "/tag/{tag}/attach", ["{data}"]),
    Call("POST", "/tag/{tag}/detach", ["{data}"]),
    Call("GET", "/dataset/{dataset}"),
    Call("PATCH", "/dataset/{dataset}", {"name": "new"}),
    Call("DELETE", "/dataset/{dataset}"),
    Call("DELETE", "/dataset/version/{dataset_version}"),
    Call("DELETE", "/dataset/version/{dataset_version}/assets", {"ids": ["{asset}"]}),
    Call(
        "POST",
        "/dataset/version/{dataset_version}/assets/copy",
        {"destination_id": "{other_version}", "asset_ids": ["{asset}"]},
    ),
    Call("GET", "/dataset/version/{dataset_version}/labels/skeleton"),
    Call("GET", "/label/{label}"),
    Call("DELETE", "/label/{label}"),
    Call("GET", "/label/{label}/skeleton"),
    Call("POST", "/label/{label}/skeleton", {"vertices": ["a", "b"], "edges": [[0, 1]]}),
    Call("GET", "/label/group/{label_group}"),
    Call("PATCH", "/label/group/{label_group}", {"name": "new"}),
    Call("DELETE", "/label/group/{label_group}"),
    Call(
        "DELETE",
        "/dataset/version/{dataset_version}/annotations",
        {"asset_ids": ["{asset}"], "annotation_ids": ["{labelling}"]},
    ),
    Call("GET", "/dataset/version/{dataset_version}/tags"),
    Call("DELETE", "/asset/{asset}"),
    Call("GET", "/annotation/{labelling}"),
    Call("PATCH", "/annotation/{labelling}", {"status": "ACCEPTED"}),
    Call("DELETE", "/annotation/{labelling}"),
    Call("POST", "/annotation/{labelling}/save", {"duration": 1, "rectangles": [RECT]}),
    Call("GET", "/model/{model}"),
    Call("PATCH", "/model/{model}", {"name": "new"}),
    Call("DELETE", "/model/{model}"),
    Call("DELETE", "/model/version/{model_version}"),
    Call("GET", "/model/file/{file}"),
    Call("GET", "/model/version/{model_version}/public/context"),
    Call("GET", "/model/context/{context}"),
    Call("GET", "/project/{project}"),
    Call("PATCH", "/project/{project}", {"name": "new"}),
    Call("DELETE", "/project/{project}"),
    Call("GET", "/project/{project}/experiments/ids"),
    Call("DELETE", "/project/{project}/experiments", {"ids": ["{experiment}"]}),
    Call("GET", "/experiment/{experiment}/artifacts/ids"),
    Call("DELETE", "/experiment/{experiment}/artifacts", {"ids": ["{artifact}"]}),
    Call("GET", "/artifact/{artifact}"),
    Call("DELETE", "/artifact/{artifact}"),
    Call("GET", "/experiment/{experiment}/logs/ids"),
    Call("DELETE", "/experiment/{experiment}/logs", {"ids": ["{log}"]}),
    Call("GET", "/log/{log}"),
    Call("DELETE", "/log/{log}"),
    Call("GET", "/experiment/{experiment}/logging"),
    Call("GET", "/logging/file/{logging_file}"),
    Call("PATCH", "/logging/file/{logging_file}", {"object_name": "{here}"}),
    Call("DELETE", "/logging/file/{logging_file}"),
    Call("DELETE", "/evaluation/{evaluation}"),
    Call("GET", "/organization/{organization}/computeconnectors/find?id={organization}"),
]


class Orchard(Furnished):
    """Everything of a furnished organization, and what only scripts know."""

    def __init__(self, organization: Organization, member: User, word: str) -> None:
        super().__init__(organization, member, word)
        self.labelling = self.asset.labellings.get()
        self.label_group = self.dataset_version.label_groups.create(name=f"{word} group")
        self.tag = TagFactory(organization=organization, name=f"{word} tag")
        self.data.tags.add(self.tag)
        self.asset_tag = TagFactory(organization=organization, dataset_version=self.dataset_version, name=f"{word} bad")
        self.source = self.data.source
        self.loose_data = DataFactory(organization=organization, blob=BlobFactory(content=png(7)))
        self.context = self.model_version
        self.other_experiment = ExperimentFactory(project=self.project, name=f"{word} other")
        self.log = self.curve
        self.evaluation = self.experiment.evaluations.get()
        self.task = FinishedTask.objects.create(organization=organization, created_by=member)
        picture = BlobFactory(content=png(len(word), 9, 9))
        self.here = self._upload("here", blob=picture)
        self.coming = self._upload("coming")
        self.in_parts, self.in_parts_id = self._upload("parts", multipart_id=f"{word}-parts"), f"{word}-parts"
        for name in ("organization", "log", "artifact", "tag", "asset_tag", "source", "label", "model", "file"):
            setattr(self, f"{name}_name", getattr(self, name).name)
        self.model_version_name = self.model_version.name

    def _upload(self, name: str, **more: Any) -> str:
        name = f"data/{self.word}/{name}.png"
        Upload.objects.create(organization=self.organization, name=name, filename=f"{name[-8:]}", **more)
        return name

    def filled(self, value: Any) -> Any:
        """The path or the body with ids and names in the place of braces."""
        if isinstance(value, str):
            return re.sub(r"{(\w+)}", lambda found: self._said(found[1]), value)
        if isinstance(value, list):
            return [self.filled(one) for one in value]
        return {key: self.filled(one) for key, one in value.items()} if isinstance(value, dict) else value

    def _said(self, name: str) -> str:
        thing = getattr(self, name)
        return thing if isinstance(thing, str) else str(thing.pk)
