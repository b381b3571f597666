"""A script says what its model found, and has it compared with what people annotated."""

from collections.abc import Callable

import numpy as np
import picsellia
import picsellia.exceptions
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from picsellia.sdk.asset import Asset as SdkAsset
from picsellia.sdk.experiment import Experiment as SdkExperiment
from picsellia.sdk.label import Label as SdkLabel
from picsellia.types.enums import AddEvaluationType, InferenceType, JobStatus
from pycocotools import mask as coco

from datasets.models import Asset, DatasetVersion, Label, Shape
from experiments.models import Experiment
from organizations.models import Organization, User
from tests.factories import (
    AnnotationFactory,
    AssetFactory,
    DatasetVersionFactory,
    EvaluationFactory,
    ExperimentFactory,
    LabelFactory,
    PredictionFactory,
)
from tests.protocols.picsellia.plain import PlainClient
from tracking.models import Evaluation, EvaluationMetrics, Prediction

NOTHING = "01900000-0000-7000-8000-000000000000"


@pytest.fixture
def experiment(orchard: Organization) -> Experiment:
    return ExperimentFactory(project__organization=orchard)


@pytest.fixture
def script(sdk: picsellia.Client, experiment: Experiment) -> SdkExperiment:
    """The experiment as the SDK of a member has it."""
    known = {"id": str(experiment.pk), "name": experiment.name, "project_id": str(experiment.project_id)}
    return SdkExperiment(sdk.connection, {**known, "status": "WAITING"})


@pytest.fixture
def version(orchard: Organization) -> DatasetVersion:
    return DatasetVersionFactory(dataset__organization=orchard)


@pytest.fixture
def apple(version: DatasetVersion) -> Label:
    return LabelFactory(dataset_version=version, name="apple")


@pytest.fixture
def asset(version: DatasetVersion, apple: Label) -> Asset:
    """An image of 8 × 6 pixels with an apple on it."""
    asset = AssetFactory(dataset_version=version)
    AnnotationFactory(asset=asset, label=apple, shape=Shape.RECTANGLE, coordinates=[1, 1, 4, 3])
    return asset


def rle(area: int) -> str:
    """A mask of the first pixels of the asset's image, in COCO's run lengths."""
    pixels = np.zeros((6, 8), dtype=np.uint8, order="F")
    pixels.T.flat[:area] = 1
    return coco.encode(pixels)["counts"].decode()


def as_asset(sdk: picsellia.Client, asset: Asset) -> SdkAsset:
    """The asset as the SDK has it."""
    data = asset.data
    known = {"id": str(data.pk), "object_name": data.object_name, "filename": data.filename, "type": "IMAGE"}
    known |= {"content_type": "image/png", "upload_status": "DONE"}
    meta = {"width": data.width, "height": data.height}
    return SdkAsset(sdk.connection, asset.dataset_version_id, {"id": str(asset.pk), "data": {**known, "meta": meta}})


def as_label(sdk: picsellia.Client, label: Label) -> SdkLabel:
    """The label as the SDK has it."""
    return SdkLabel(sdk.connection, {"id": str(label.pk), "name": label.name})


def test_from_predictions_to_metrics(
    sdk: picsellia.Client, script: SdkExperiment, experiment: Experiment, asset: Asset, apple: Label
) -> None:
    label = as_label(sdk, apple)
    script.add_evaluation(as_asset(sdk, asset), rectangles=[(1, 1, 4, 3, label, 0.9), (0, 0, 1, 1, label, 0.2)])
    evaluation = Evaluation.objects.get(experiment=experiment, asset=asset)
    assert [(one.coordinates, one.score) for one in evaluation.predictions.all()] == [
        ([1, 1, 4, 3], 0.9),
        ([0, 0, 1, 1], 0.2),
    ]
    (listed,) = script.list_evaluations()
    assert (str(listed.id), str(listed.asset_id)) == (str(evaluation.pk), str(asset.pk))
    whole = listed.sync()
    assert whole["asset"]["data"]["filename"] == asset.data.filename
    assert whole["asset"]["data"]["meta"] == {"width": 8, "height": 6}
    box = whole["rectangles"][0]
    assert (box["x"], box["y"], box["w"], box["h"], box["score"], box["label"]["name"]) == (1, 1, 4, 3, 0.9, "apple")
    assert whole["polygons"] == whole["classifications"] == []

    job = script.compute_evaluations_metrics(InferenceType.OBJECT_DETECTION, evaluations=[listed])
    assert job.status == JobStatus.SUCCESS
    results = EvaluationMetrics.objects.get(experiment=experiment, inference_type="OBJECT_DETECTION").results
    assert (results["map"], results["map_50"]) == (1.0, 1.0)
    assert results["labels"] == [{"label": "apple", "ap": 1.0, "ap_50": 1.0, "drawn": 1, "found": 2}]
    assert Evaluation.objects.get().agreement == 1

    script.add_evaluation(as_asset(sdk, asset), AddEvaluationType.KEEP, rectangles=[(5, 5, 1, 1, label, 0.9)])
    assert Prediction.objects.count() == 2
    script.add_evaluation(as_asset(sdk, asset), rectangles=[(5, 5, 1, 1, label, 0.9)], custom_metrics={"speed": 0.1})
    assert Evaluation.objects.get().custom_metrics == {"speed": 0.1}
    assert Evaluation.objects.get().agreement is None
    script.compute_evaluations_metrics(InferenceType.OBJECT_DETECTION)
    assert EvaluationMetrics.objects.get().results["map"] == 0
    listed.delete()
    assert not Prediction.objects.exists()
    with pytest.raises(picsellia.exceptions.NoDataError):
        script.list_evaluations()
    with pytest.raises(picsellia.exceptions.BadRequestError, match="no evaluation to compare"):
        script.compute_evaluations_metrics(InferenceType.OBJECT_DETECTION)
    with pytest.raises(picsellia.exceptions.BadRequestError, match="not for KEYPOINT"):
        script.compute_evaluations_metrics(InferenceType.KEYPOINT)


def test_every_shape(
    sdk: picsellia.Client, script: SdkExperiment, asset: Asset, apple: Label, version: DatasetVersion
) -> None:
    others = [AssetFactory(dataset_version=version) for _ in range(2)]
    shape = {"label_id": str(apple.pk), "score": 0.5}
    script.add_evaluations(
        {
            asset.pk: {
                "polygons": [{**shape, "polygon": [[0, 0], [4, 0], [4, 4]]}],
                "classifications": [shape],
                "keypoints": [{**shape, "keypoints": [[1, 1, 2]]}],
                "lines": [{**shape, "line": [[0, 0], [3, 3]]}],
                "points": [{**shape, "point": [2, 2]}],
                "masks": [{**shape, "mask": rle(area=4)}],
            },
            others[0].pk: {"classifications": [shape]},
            others[1].pk: {"rectangles": []},
        }
    )
    assert Evaluation.objects.count() == 3
    whole = script.list_evaluations(q=f'id = "{asset.pk}"')[0].sync()
    assert whole["polygons"][0]["polygon"] == [[0, 0], [4, 0], [4, 4]]
    assert whole["keypoints"][0]["keypoints"] == [[1, 1, 2]]
    assert whole["lines"][0]["line"] == [[0, 0], [3, 3]]
    assert whole["points"][0]["point"] == [2, 2]
    assert whole["masks"][0]["area"] == 4
    assert [str(one.asset_id) for one in script.list_evaluations(order_by=["-id"], limit=1)] == [str(others[1].pk)]
    script.compute_evaluations_metrics(InferenceType.SEGMENTATION)
    script.compute_evaluations_metrics(InferenceType.CLASSIFICATION)
    assert EvaluationMetrics.objects.count() == 2


def _body(asset: Asset, label: Label, count: int = 1) -> dict[str, object]:
    shape = {"label_id": str(label.pk), "score": 0.5}
    return {"asset_id": str(asset.pk), "classifications": [shape] * count}


def test_many_take_the_same_queries_as_few(
    plain: PlainClient, experiment: Experiment, version: DatasetVersion, apple: Label
) -> None:
    def queries(count: int) -> int:
        assets = [AssetFactory(dataset_version=version) for _ in range(count)]
        with CaptureQueriesContext(connection) as captured:
            body = {"evaluations": [_body(asset, apple, count) for asset in assets]}
            assert plain("POST", f"/api/experiment/{experiment.pk}/evaluations", body) == (204, None)
        return len(captured)

    queries(1)
    assert queries(10) == queries(1)


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ({"rectangles": [{"x": 1, "y": 1, "w": -1, "h": 1}]}, "no box of four numbers"),
        ({"polygons": [{"polygon": [[0, 0, 0]]}]}, "a point that is not 2 numbers"),
        ({"polygons": [{"polygon": []}]}, "has no points"),
        ({"masks": [{"mask": "~"}]}, "run lengths"),
        ({"classifications": [{"text": "x" * 1_001}]}, "at most 1,000 are kept"),
        ({"classifications": [{}] * 1_001}, "at most 1,000 are kept"),
    ],
)
def test_what_no_prediction_can_be(
    plain: PlainClient, experiment: Experiment, asset: Asset, apple: Label, shape: dict[str, list], said: str
) -> None:
    known = {"label_id": str(apple.pk), "score": 0.5}
    kinds = {kind: [{**known, **one} for one in found] for kind, found in shape.items()}
    evaluation: dict[str, object] = {"asset_id": str(asset.pk), **kinds}
    body = {"evaluations": [evaluation]}
    status, answer = plain("POST", f"/api/experiment/{experiment.pk}/evaluations", body)
    assert (status, said in answer["message"]) == (400, True), answer
    assert not Evaluation.objects.exists()


def test_too_many_or_twice(plain: PlainClient, experiment: Experiment, asset: Asset, apple: Label) -> None:
    path = f"/api/experiment/{experiment.pk}/evaluations"
    status, answer = plain("POST", path, {"evaluations": [_body(asset, apple)] * 101})
    assert (status, answer["message"]) == (400, "At most 100 evaluations are taken at once; these are 101.")
    assert plain("POST", path, {"evaluations": [_body(asset, apple)] * 2})[0] == 400


def test_it_checks_ownership(
    plain_of: Callable[..., PlainClient], charlie: User, vera: User, bob: User, harbor: Organization
) -> None:
    prediction = PredictionFactory(evaluation__experiment__project__organization=bob.organizations.get())
    evaluation, label = prediction.evaluation, prediction.label
    path = f"/api/experiment/{evaluation.experiment_id}"
    body = {"evaluations": [_body(evaluation.asset, label)]}
    calls = [
        ("POST", f"{path}/evaluations", body),
        ("POST", f"{path}/evaluate", {"inference_type": "CLASSIFICATION"}),
        ("DELETE", f"/api/evaluation/{evaluation.pk}", None),
    ]
    for method, address, sent in [*calls, ("GET", f"{path}/evaluations", None)]:
        assert plain_of(charlie)(method, address, sent)[0] == 404, address
    for method, address, sent in calls:
        assert plain_of(vera)(method, address, sent)[0] == 403, address

    member = plain_of(bob)
    foreign = PredictionFactory(evaluation__experiment__project__organization=harbor)
    of_another = ExperimentFactory(project__organization=harbor)
    for asset, of_label in [(foreign.evaluation.asset, label), (evaluation.asset, foreign.label)]:
        assert member("POST", f"{path}/evaluations", {"evaluations": [_body(asset, of_label)]})[0] == 404
    assert member("GET", f"/api/evaluation/{foreign.evaluation_id}")[0] == 404
    assert member("GET", f"/api/experiment/{of_another.pk}/evaluations")[0] == 404
    other = EvaluationFactory(experiment__project=evaluation.experiment.project)
    for pk in (other.pk, NOTHING):
        chosen = {"inference_type": "CLASSIFICATION", "evaluation_ids": [str(pk)]}
        assert member("POST", f"{path}/evaluate", chosen)[0] == 404
    assert Evaluation.objects.count() == 3
