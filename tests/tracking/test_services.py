"""Writing logs, alone and from several processes at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from experiments.models import Experiment
from organizations.models import User
from tests.factories import BlobFactory, LogFactory, UploadFactory, png
from tracking import services
from tracking.lines import Line, line_of
from tracking.models import LinePoints, Log, LogType
from tracking.services import append_to_line, delete_logs, edit_log, record_log

THREADS = 8
APPENDS = 25


def at_once(act: Callable[[int], None]) -> None:
    """Do it in several threads, each with a connection of its own."""

    def work(number: int) -> None:
        try:
            act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))


@pytest.mark.django_db(transaction=True)
def test_concurrent_appends_lose_none(curve: Log, bob: User) -> None:
    def append(number: int) -> None:
        for turn in range(APPENDS):
            append_to_line(log=curve, data=[number * APPENDS + turn], by=bob)

    at_once(append)
    line = line_of(curve)
    assert sorted(line.values.tolist()) == list(range(THREADS * APPENDS))
    for number in range(THREADS):
        own = [value for value in line.values.tolist() if value // APPENDS == number]
        assert own == sorted(own), "The points of one script stay in their order."


@pytest.mark.django_db(transaction=True)
def test_of_a_new_name_there_is_one_log_however_many_begin_it(experiment: Experiment, bob: User) -> None:
    def log(number: int) -> None:
        record_log(experiment=experiment, name="loss", log_type=LogType.LINE, data=number, by=bob)

    at_once(log)
    assert sorted(line_of(Log.objects.get()).values.tolist()) == list(range(THREADS))


@pytest.mark.django_db(transaction=True)
def test_who_replaces_at_once_leaves_one_whole(experiment: Experiment, bob: User) -> None:
    log = LogFactory(experiment=experiment, type="LINE", data=None)

    def replace(number: int) -> None:
        edit_log(log=Log.objects.get(pk=log.pk), data=[number] * 3, by=bob)

    at_once(replace)
    assert len(set(line_of(log).values.tolist())) == 1
    assert LinePoints.objects.count() == 1


def test_an_append_costs_the_same_however_long_the_line(
    curve: Log, bob: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):
        append_to_line(log=curve, data=1, by=bob)
    LinePoints.objects.bulk_create(LinePoints(log=curve, values=bytes(8_000)) for _ in range(100))
    with django_assert_num_queries(2):
        append_to_line(log=curve, data=list(range(1_000)), by=bob)
    assert len(line_of(curve)) == 101_001


def test_only_a_line_grows(experiment: Experiment, bob: User) -> None:
    with pytest.raises(ValidationError, match="Only a LINE grows"):
        append_to_line(log=LogFactory(experiment=experiment), data=1, by=bob)


def test_nothing_is_appended_to_what_is_gone(curve: Log, bob: User) -> None:
    Log.objects.all().delete()
    with pytest.raises(ValidationError, match="deleted meanwhile"):
        edit_log(log=curve, data=[1], by=bob)


@pytest.mark.django_db(transaction=True)
def test_nor_by_a_single_insertion(curve: Log, bob: User) -> None:
    Log.objects.all().delete()
    with pytest.raises(ValidationError, match="deleted meanwhile"):
        append_to_line(log=curve, data=[1], by=bob)


def test_viewers_write_nothing(curve: Log, vera: User) -> None:
    for act in (
        lambda: record_log(experiment=curve.experiment, name="x", log_type=LogType.VALUE, data=1, by=vera),
        lambda: append_to_line(log=curve, data=1, by=vera),
        lambda: edit_log(log=curve, name="y", by=vera),
        lambda: delete_logs(experiment=curve.experiment, ids=[curve.pk], by=vera),
    ):
        with pytest.raises(PermissionDenied):
            act()


def test_a_name_of_another_or_of_the_experiments_own_is_refused(curve: Log, bob: User) -> None:
    other = LogFactory(experiment=curve.experiment, name="other")
    with pytest.raises(ValidationError, match="of this name already"):
        edit_log(log=other, name="train/loss", by=bob)
    with pytest.raises(ValidationError, match="hyperparameters or labelmap"):
        edit_log(log=other, name="parameters", by=bob)


def test_there_is_a_most(curve: Log, bob: User) -> None:
    with mock.patch.object(services, "LOGS_MAX", 1), pytest.raises(ValidationError, match="has 1 logs, the most"):
        record_log(experiment=curve.experiment, name="x", log_type=LogType.VALUE, data=1, by=bob)


def test_a_picture_is_shown_only_if_it_is_one(experiment: Experiment, bob: User) -> None:
    organization = experiment.project.organization
    for content, content_type in ((png(7), "image/png"), (b"<svg onload=alert(1)>", "")):
        upload = UploadFactory(organization=organization, blob=BlobFactory(content=content), filename="x.png")
        data = {"object_name": upload.name, "filename": "../x.png"}
        log, _ = record_log(experiment=experiment, name="x", log_type=LogType.IMAGE, data=data, by=bob)
        assert isinstance(log, Log)
        assert log.data
        assert (log.content_type, log.data["filename"]) == (content_type, "x.png")


def test_a_stranger_s_upload_is_none(experiment: Experiment, bob: User) -> None:
    data = {"object_name": UploadFactory().name, "filename": "x.png"}
    with pytest.raises(ValidationError, match="Nothing was uploaded"):
        record_log(experiment=experiment, name="x", log_type=LogType.IMAGE, data=data, by=bob)


@pytest.mark.django_db
def test_an_empty_line_has_no_points() -> None:
    assert len(line_of(Log())) == 0
    assert isinstance(line_of(Log()), Line)
