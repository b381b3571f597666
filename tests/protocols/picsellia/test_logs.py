"""A training script logs, and reads what was logged."""

import math
from collections.abc import Callable
from pathlib import Path

import picsellia
import picsellia.exceptions
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from picsellia.sdk.experiment import Experiment as SdkExperiment
from picsellia.types.enums import LogType

from experiments.models import Experiment
from experiments.parameters import labelmap_of, parameters_of
from organizations.models import Organization, User
from tests.factories import ExperimentFactory, LogFactory, png
from tests.protocols.picsellia.plain import PlainClient
from tracking.lines import line_of
from tracking.models import LinePoints, Log


@pytest.fixture
def experiment(orchard: Organization) -> Experiment:
    return ExperimentFactory(project__organization=orchard)


@pytest.fixture
def script(sdk: picsellia.Client, experiment: Experiment) -> SdkExperiment:
    """The experiment as the SDK of a member has it."""
    known = {"id": str(experiment.pk), "name": experiment.name, "project_id": str(experiment.project_id)}
    return SdkExperiment(sdk.connection, {**known, "status": "WAITING"})


def test_a_log_of_each_type(script: SdkExperiment, experiment: Experiment) -> None:
    held = {
        LogType.VALUE: 0.93,
        LogType.TABLE: {"batch_size": 4, "optimizer": "adam"},
        LogType.BAR: {"x": ["apple", "pear"], "y": [3, 5]},
        LogType.HEATMAP: {"categories": ["apple", "pear"], "values": [[3, 0], [1, 2]]},
        LogType.LABELMAP: {"0": "apple"},
        LogType.EVALUATION: [1, 2],
    }
    for log_type, data in held.items():
        log = script.log(f"all/{log_type.value}", data, log_type)
        assert (log.name, log.type, log.data) == (f"all/{log_type.value}", log_type, data)
        assert Log.objects.get(experiment=experiment, name=log.name).data == data
        again = script.get_log(log.name)
        assert (again.id, again.data) == (log.id, data)
    assert script.log("all/VALUE", "good", LogType.VALUE).data == "good"
    assert Log.objects.get(name="all/VALUE").data == "good"
    assert script.log("nothing", math.nan, LogType.VALUE).data == "NaN"
    assert Log.objects.get(name="nothing").data is None
    script.get_log("all/VALUE").update(data=math.nan)
    assert Log.objects.get(name="all/VALUE").data is None
    with pytest.raises(picsellia.exceptions.ResourceConflictError, match="of this name already"):
        script.log("all/VALUE", 1, LogType.VALUE, replace=False)
    with pytest.raises(picsellia.exceptions.BadRequestError, match="is an object"):
        script.log("all/BAR", [1, 2], LogType.BAR)
    with pytest.raises(picsellia.exceptions.ResourceNotFoundError):
        script.get_log("unheard")


def test_a_line_grows(script: SdkExperiment, experiment: Experiment) -> None:
    script.log("train/loss", 0.9, LogType.LINE)
    script.log("train/loss", [0.8, math.nan], LogType.LINE)
    log = script.get_log("train/loss")
    assert log.data == {"values": [0.9, 0.8, None]}
    log.append({"steps": [10, 11], "values": [0.5, 0.4]})
    assert log.data == {"steps": [10, 11], "values": [0.5, 0.4]}
    assert log.sync()["data"] == {"steps": [0, 1, 2, 10, 11], "values": [0.9, 0.8, None, 0.5, 0.4]}
    assert LinePoints.objects.count() == 3
    with pytest.raises(picsellia.exceptions.BadRequestError, match="2 steps and 1 values"):
        log.append({"steps": [1, 2], "values": [1]})
    with pytest.raises(picsellia.exceptions.ResourceConflictError):
        script.log("train/loss", 1, LogType.LINE, replace=False)
    log.update(name="train/loss of old", data=[1, 2])
    assert line_of(Log.objects.get(name="train/loss of old")).values.tolist() == [1, 2]
    assert script.log("train/loss of old", 7, LogType.VALUE).data == 7
    assert not LinePoints.objects.exists()
    log.delete()
    assert not Log.objects.filter(experiment=experiment).exists()


def test_parameters_and_labelmap_are_the_experiments_own(script: SdkExperiment, experiment: Experiment) -> None:
    assert script.get_log("parameters").data == {}
    log = script.log_parameters({"epochs": 30, "lr": 0.5, "optimizer": "adam", "augment": True})
    experiment = Experiment.objects.get(pk=experiment.pk)
    assert parameters_of(experiment) == {"epochs": 30, "lr": 0.5, "optimizer": "adam", "augment": True} == log.data
    assert str(log.id) == str(experiment.architecture_id)
    log.update(data={"epochs": 40})
    assert parameters_of(Experiment.objects.get(pk=experiment.pk)) == {"epochs": 40} == log.sync()["data"]
    labelmap = script.get_log("labelmap")
    assert (labelmap.data, str(labelmap.id)) == ({"0": "apple", "1": "pear"}, str(experiment.pk))
    script.log("labelmap", {"0": "plum"}, LogType.LABELMAP)
    assert labelmap_of(Experiment.objects.get(pk=experiment.pk)) == {"0": "plum"}
    assert [log.name for log in script.list_logs()] == ["labelmap", "parameters"]
    with pytest.raises(picsellia.exceptions.ResourceConflictError):
        script.log("parameters", {"epochs": 1}, LogType.TABLE, replace=False)
    with pytest.raises(picsellia.exceptions.BadRequestError, match="keeps its name"):
        log.update(name="other")
    with pytest.raises(picsellia.exceptions.BadRequestError, match="nothing nested"):
        script.log_parameters({"sizes": [1, 2]})
    script.delete_all_logs()
    emptied = Experiment.objects.get(pk=experiment.pk)
    assert (parameters_of(emptied), labelmap_of(emptied)) == ({}, {})
    assert script.get_log("parameters").data == {}


def test_a_picture(script: SdkExperiment, experiment: Experiment, tmp_path: Path) -> None:
    path = tmp_path / "curve.png"
    path.write_bytes(png(5))
    log = script.log("test/curve", str(path), LogType.IMAGE)
    kept = Log.objects.get(experiment=experiment)
    assert kept.blob
    assert kept.data
    assert (kept.blob.size, kept.content_type, kept.data["filename"]) == (path.stat().st_size, "image/png", "curve.png")
    assert log.data["object_name"] == kept.data["object_name"]
    assert script.get_log("test/curve").data["presigned_url"].startswith("http")
    with pytest.raises(picsellia.exceptions.ResourceConflictError):
        script.log("test/curve", str(path), LogType.IMAGE, replace=False)
    path.write_bytes(b"no picture")
    script.log("test/curve", str(path), LogType.IMAGE)
    assert Log.objects.get(experiment=experiment).content_type == ""


def test_the_list(script: SdkExperiment, experiment: Experiment) -> None:
    for number in range(3):
        script.log(f"line {number}", list(range(number + 1)), LogType.LINE)
    logs = script.list_logs()
    assert [log.name for log in logs] == ["labelmap", "line 0", "line 1", "line 2", "parameters"]
    assert [log.data for log in logs if log.type == LogType.LINE][2] == {"values": [0, 1, 2]}
    assert [log.name for log in script.list_logs(limit=2, offset=1, order_by=["-name"])] == ["line 2", "line 1"]
    with pytest.raises(picsellia.exceptions.BadRequestError, match="only by name, type"):
        script.list_logs(order_by=["data"])


@pytest.fixture
def line(experiment: Experiment) -> Log:
    return LogFactory(experiment=experiment, name="train/loss", type="LINE", data=None)


def test_a_point_takes_few_queries(plain: PlainClient, line: Log) -> None:
    body = {"name": "train/loss", "type": "LINE", "data": 0.5}
    path = f"/api/experiment/{line.experiment_id}/logs?raise_on_conflict=False"
    plain("POST", path, body)
    with CaptureQueriesContext(connection) as logged:
        assert plain("POST", path, body)[0] == 200
    with CaptureQueriesContext(connection) as appended:
        assert plain("POST", f"/api/log/{line.pk}/append", {"data": 0.4})[0] == 200
    with CaptureQueriesContext(connection) as begun:
        assert plain("POST", path, body | {"name": "val/loss"})[0] == 200
    # The last with a savepoint, which is made and released.
    assert (len(logged), len(appended), len(begun)) == (4, 3, 8)
    assert line_of(line).values.tolist() == [0.5, 0.5, 0.4]


def test_lists_take_the_same_queries_however_long(plain: PlainClient, line: Log) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            status, body = plain("GET", f"/api/experiment/{line.experiment_id}/logs/extended")
        assert (status, len(body["items"])) == (200, 2 + Log.objects.count())
        return len(captured)

    plain("POST", f"/api/log/{line.pk}/append", {"data": 1})
    few = queries()
    for number in range(5):
        other = LogFactory(experiment=line.experiment, type="LINE", data=None)
        plain("POST", f"/api/log/{other.pk}/append", {"data": number})
    assert queries() == few


NOTHING = "01900000-0000-7000-8000-000000000000"


@pytest.mark.parametrize(
    ("data", "log_type", "said"),
    [
        ({"key": "value"}, "LINE", "a number, a list of numbers, or"),
        (["1"], "LINE", "a number, a list of numbers, or"),
        ([0] * 100_001, "LINE", "at most 100,000 are taken at once"),
        ([[[[[[[[[1]]]]]]]]], "TABLE", "more than 8 levels deep"),
        ("x" * 4_200_000, "VALUE", "at most 4,194,304 are accepted"),
        ("a\x00", "VALUE", "the character NUL"),
        ("\ud800", "VALUE", "half of a character"),
        ([10**400], "LINE", "beyond what 64 bits hold"),
        ({"object_name": "nothing"}, "IMAGE", "upload it first"),
        ("curve.png", "IMAGE", "names its upload"),
    ],
)
def test_what_no_log_can_hold(
    plain: PlainClient, experiment: Experiment, data: object, log_type: str, said: str
) -> None:
    body = {"name": "log", "type": log_type, "data": data}
    status, answer = plain("POST", f"/api/experiment/{experiment.pk}/logs", body)
    assert (status, said in answer["message"]) == (400, True), answer
    assert not Log.objects.exists()


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "a\x00b", "a\nb"])
def test_what_no_name_can_be(plain: PlainClient, experiment: Experiment, name: str) -> None:
    body = {"name": name, "type": "VALUE", "data": 1}
    assert plain("POST", f"/api/experiment/{experiment.pk}/logs", body)[0] == 400
    assert not Log.objects.exists()


def test_it_checks_ownership(plain_of: Callable[..., PlainClient], charlie: User, line: Log) -> None:
    stranger = plain_of(charlie)
    calls = [
        ("POST", f"/api/experiment/{line.experiment_id}/logs", {"name": "x", "type": "VALUE", "data": 1}),
        ("GET", f"/api/experiment/{line.experiment_id}/logs/find?name=train/loss", None),
        ("GET", f"/api/experiment/{line.experiment_id}/logs/extended", None),
        ("GET", f"/api/experiment/{line.experiment_id}/logs/ids", None),
        ("DELETE", f"/api/experiment/{line.experiment_id}/logs", {"ids": [str(line.pk)]}),
        ("POST", f"/api/log/{line.pk}/append", {"data": 1}),
    ]
    own = (line.pk, line.experiment_id, line.experiment.architecture_id)
    calls += [(method, f"/api/log/{pk}", {}) for pk in own for method in ("GET", "PATCH", "DELETE")]
    for method, path, body in calls:
        assert stranger(method, path, body)[0] == 404, path
    assert Log.objects.count() == 1
    assert not LinePoints.objects.exists()


def test_ids_of_another_experiment_are_not_found(plain: PlainClient, line: Log) -> None:
    other = LogFactory(experiment=ExperimentFactory(project=line.experiment.project))
    path = f"/api/experiment/{line.experiment_id}/logs"
    assert plain("DELETE", path, {"ids": [str(line.pk), str(other.pk)]})[0] == 404
    assert plain("DELETE", path, {"ids": [NOTHING]})[0] == 404
    assert Log.objects.count() == 2


def test_viewers_only_read(plain_of: Callable[..., PlainClient], vera: User, line: Log) -> None:
    viewer = plain_of(vera)
    assert viewer("GET", f"/api/log/{line.pk}")[0] == 200
    body = {"name": "x", "type": "VALUE", "data": 1}
    for method, path, sent in [
        ("POST", f"/api/experiment/{line.experiment_id}/logs", body),
        ("POST", f"/api/log/{line.pk}/append", {"data": 1}),
        ("PATCH", f"/api/log/{line.pk}", {"name": "y"}),
        ("DELETE", f"/api/log/{line.pk}", None),
        ("PATCH", f"/api/log/{line.experiment_id}", {"data": {"0": "x"}}),
    ]:
        assert viewer(method, path, sent)[0] == 403, path
    assert Log.objects.get().name == "train/loss"
