"""A page that is left open: what it costs, and what it is sent."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains

from experiments.artifacts import store_artifact
from experiments.models import Experiment, Status
from organizations.models import Organization, User
from tests.factories import BlobFactory, ConsoleLineFactory, HyperparameterFactory, JobFactory, LogFactory
from tracking.lines import add_points, read_line
from training.console import write_lines
from training.following import QUIET_AFTER, newest_run
from training.models import Console, Job, JobStatus, LineKind
from training.progress import curves_of, progress_of

ClientOf = Callable[[User], Client]
PAGES = {"overview": "", "console": "console/", "logs": "logs/"}


@pytest.fixture
def job(orchard: Organization, bob: User) -> Job:
    """It runs, and has printed, logged and stored something."""
    job: Job = JobFactory(
        experiment__project__organization=orchard,
        experiment__status=Status.RUNNING,
        status=JobStatus.RUNNING,
        started_at=timezone.now(),
        launcher="local",
        created_by=bob,
    )
    experiment = job.experiment
    write_lines(run=job, part="Training", number=0, lines=["one", "two", "three"], by=bob)
    HyperparameterFactory(architecture=experiment.architecture, key="epochs", value="20")
    LogFactory(experiment=experiment, name="val/accuracy", data=0.5)
    add_points(LogFactory(experiment=experiment, name="train/loss", type="LINE", data=None), read_line([0.9, 0.5]))
    return job


def asks(page: Any) -> str:
    """What the page, or an answer, asks the next time."""
    [address] = re.findall(r'hx-get="([^"]*/live/[^"]*)"', page.content.decode())
    return unescape(address)


def opened(client: Client, job: Job, view: str) -> str:
    return asks(client.get(f"{job.experiment.get_absolute_url()}{PAGES[view]}"))


@pytest.mark.parametrize("view", PAGES)
def test_nothing_changed(
    client_of: ClientOf, vera: User, job: Job, view: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = client_of(vera)
    address = opened(client, job, view)
    with django_assert_num_queries(5 if view == "console" else 6):
        response = client.get(address)
    assert (response.status_code, response.content) == (204, b"")
    assert sum(len(name) + len(value) + 4 for name, value in response.items()) < 500


def test_a_job_that_waits_costs_no_more(
    client_of: ClientOf, vera: User, job: Job, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Its place in the queue is looked at, too."""
    Job.objects.update(status=JobStatus.QUEUED, started_at=None)
    first = JobFactory(id="01900000-0000-7000-8000-000000000000", launcher="local")
    client = client_of(vera)
    address = opened(client, job, "console")
    with django_assert_num_queries(6):
        assert client.get(address).status_code == 204
    Job.objects.filter(pk=first.pk).update(status=JobStatus.KILLED, ended_at=timezone.now())
    assertContains(client.get(address), "It is the next in the queue.")


def test_lines_come(client_of: ClientOf, vera: User, bob: User, job: Job) -> None:
    """On the console those that are new, after some that may have been printed again; on the overview the last few."""
    client = client_of(vera)
    console, overview, logs = (opened(client, job, view) for view in ("console", "overview", "logs"))
    write_lines(run=job, part="Training", number=2, lines=["three, again", "four"], by=bob)
    response = client.get(console)
    for words in ('id="arrived"', 'id="l-0-3"', "three, again", "four"):
        assertContains(response, words)
    for words in ('class="heading"', 'id="experiment-status"', "<html"):
        assertNotContains(response, words)
    assert parse_qs(urlsplit(asks(response)).query)["after"] == ["0.3"]
    assert client.get(asks(response)).status_code == 204
    assertContains(client.get(overview), "four")
    assert client.get(logs).status_code == 204


def test_another_part_begins(client_of: ClientOf, vera: User, bob: User, job: Job) -> None:
    client = client_of(vera)
    address = opened(client, job, "console")
    write_lines(run=job, part="--#--End job", number=0, lines=["done"], by=bob)
    response = client.get(address)
    assertContains(response, '<li class="heading" id="h-1-0">End job</li>')
    assertContains(response, 'id="chapters"')


def test_too_many_lines_come(client_of: ClientOf, vera: User, bob: User, job: Job) -> None:
    """All is drawn anew, from the end."""
    client = client_of(vera)
    address = opened(client, job, "console")
    write_lines(run=job, part="Training", number=3, lines=[f"more {number}" for number in range(900)], by=bob)
    response = client.get(address)
    assert (response["HX-Retarget"], response["HX-Reswap"]) == ("#results", "morph:innerHTML")
    assertContains(response, "more 899")
    assertNotContains(response, "more 399<")
    assert client.get(asks(response)).status_code == 204


def test_the_first_line_comes(client_of: ClientOf, vera: User, bob: User, job: Job) -> None:
    Console.objects.all().delete()
    client = client_of(vera)
    address = opened(client, job, "console")
    write_lines(run=job, part="Training", number=0, lines=["the first"], by=bob)
    response = client.get(address)
    assert response["HX-Retarget"] == "#results"
    assertContains(response, "the first")


def test_who_reads_elsewhere_is_left_there(client_of: ClientOf, vera: User, bob: User, job: Job) -> None:
    """Older lines, or those with a word: what is new is only told beside them."""
    client = client_of(vera)
    address = asks(client.get(f"{job.get_absolute_url()}&q=two"))
    write_lines(run=job, part="Training", number=3, lines=["four"], by=bob)
    response = client.get(address)
    assertNotContains(response, "four")
    assertContains(response, 'id="run"')


def test_points_come(client_of: ClientOf, vera: User, job: Job) -> None:
    client = client_of(vera)
    overview, logs, console = (opened(client, job, view) for view in ("overview", "logs", "console"))
    loss = job.experiment.logs.get(name="train/loss")
    add_points(loss, read_line({"steps": [10, 20], "values": [0.25, None]}))
    response = client.get(logs)
    [told] = re.findall(r'id="points" hx-swap-oob="innerHTML">([^<]*)<', response.content.decode())
    [row] = json.loads(unescape(told))[str(loss.pk)]
    assert (row["steps"], row["values"]) == ([10, 20], [0.25, None])
    assertNotContains(response, "val/accuracy")
    assertContains(client.get(overview), "train/loss")
    assert client.get(console).status_code == 204


def test_a_figure_changes(client_of: ClientOf, vera: User, job: Job) -> None:
    client = client_of(vera)
    address = opened(client, job, "logs")
    job.experiment.logs.filter(name="val/accuracy").update(data=0.9634)
    response = client.get(address)
    assertContains(response, "0.9634")
    assert response["HX-Retarget"] == "#results"
    assert client.get(asks(response)).status_code == 204


def test_an_artifact_comes(client_of: ClientOf, vera: User, bob: User, job: Job) -> None:
    client = client_of(vera)
    address = opened(client, job, "overview")
    store_artifact(experiment=job.experiment, name="best-model", filename="best.onnx", blob=BlobFactory(), by=bob)
    response = client.get(address)
    assertContains(response, "best-model")
    assertNotContains(response, 'id="run"')


def test_somebody_stops_it(client_of: ClientOf, vera: User, bob: User, job: Job) -> None:
    client = client_of(bob)
    address = opened(client, job, "overview")
    assertContains(client.get(job.experiment.get_absolute_url()), f"/jobs/{job.pk}/stop/")
    assertNotContains(client_of(vera).get(job.experiment.get_absolute_url()), f"/jobs/{job.pk}/stop/")
    Job.objects.update(stop_asked_at=timezone.now())
    response = client.get(address)
    assertContains(response, "Stopping…")
    assertNotContains(response, f"/jobs/{job.pk}/stop/")


@pytest.mark.parametrize("view", PAGES)
def test_it_is_over(client_of: ClientOf, vera: User, job: Job, view: str) -> None:
    """The page is drawn once more, in its place, and asks no more."""
    client = client_of(vera)
    page = f"{job.experiment.get_absolute_url()}{PAGES[view]}"
    address = opened(client, job, view)
    Job.objects.update(status=JobStatus.FAILED, ended_at=timezone.now(), exit_code=137, reason="Out of <memory>.")
    Experiment.objects.update(status=Status.FAILED)
    response = client.get(address)
    assertContains(response, 'hx-select="#content"')
    assertNotContains(response, "every 2s")
    assertNotContains(client.get(page), "every 2s")
    if view != "logs":
        assertContains(client.get(page), "Out of &lt;memory&gt;.")


def test_the_last_lines_of_a_failure(client_of: ClientOf, vera: User, job: Job) -> None:
    Job.objects.update(
        status=JobStatus.FAILED,
        ended_at=timezone.now(),
        exit_code=1,
        reason="It ended with code 1.",
        last_output="Traceback\n<b>KeyError</b>",
    )
    lines = "Traceback\n&lt;b&gt;KeyError"
    overview, console = (f"{job.experiment.get_absolute_url()}{PAGES[view]}" for view in ("overview", "console"))
    client = client_of(vera)
    for page in (overview, console):
        for words in ("It ended with code 1.", "Exit code 1."):
            assertContains(client.get(page), words)
    assertContains(client.get(overview), lines)
    # The console's own lines are beside it, if there are any.
    assertNotContains(client.get(console), lines)
    Console.objects.all().delete()
    assertContains(client.get(console), lines)


def test_a_run_without_a_job(client_of: ClientOf, vera: User, bob: User, orchard: Organization, job: Job) -> None:
    """A script of somebody's own."""
    experiment = job.experiment
    Job.objects.all().delete()
    write_lines(run=experiment, part="Training", number=0, lines=["by hand"], by=bob)
    client = client_of(vera)
    address = opened(client, job, "overview")
    assert client.get(address).status_code == 204
    write_lines(run=experiment, part="Training", number=1, lines=["0"], special="exit_code", by=bob)
    assertContains(client.get(address), 'hx-select="#content"')


def test_it_prints_nothing_for_long(client_of: ClientOf, vera: User, job: Job) -> None:
    client = client_of(vera)
    address = opened(client, job, "overview")
    assertNotContains(client.get(job.experiment.get_absolute_url()), "Nothing printed")
    before = timezone.now() - QUIET_AFTER - timedelta(minutes=7, seconds=5)
    Job.objects.update(started_at=before)
    Console.objects.update(updated_at=before)
    assertContains(client.get(address), "Nothing printed for 12 minutes")


def test_it_checks_ownership(client_of: ClientOf, charlie: User, vera: User, job: Job) -> None:
    address = opened(client_of(vera), job, "overview")
    assert client_of(charlie).get(address).status_code == 404
    other = JobFactory(experiment__project=job.experiment.project)
    assert client_of(vera).get(address.replace(str(job.pk), str(other.pk))).status_code == 404
    assert client_of(vera).get(address.replace(str(job.pk), "nonsense")).status_code == 404
    assert client_of(vera).get(address.replace("view=overview", "view=nonsense")).status_code == 204


# How far it is


def test_progress_by_the_epoch_that_is_logged(job: Job) -> None:
    experiment = job.experiment
    log = LogFactory(experiment=experiment, name="epoch", data=3)
    progress = progress_of(experiment)
    assert progress is not None
    assert (progress.done, progress.total) == (3, 20)
    experiment.logs.filter(pk=log.pk).update(type="LINE", data=None)
    add_points(log, read_line([1, 2]))
    add_points(log, read_line(30))
    progress = progress_of(experiment)
    assert progress is not None
    assert progress.done == 20


def test_progress_by_the_longest_line(job: Job) -> None:
    """But not one with more points than epochs: it counts something else."""
    experiment = job.experiment
    steps = LogFactory(experiment=experiment, name="step/loss", type="LINE", data=None)
    add_points(steps, read_line([0.5] * 21))
    many = LogFactory(experiment=experiment, name="batch/loss", type="LINE", data=None)
    for _ in range(22):
        add_points(many, read_line(0.1))
    progress = progress_of(experiment)
    assert progress is not None
    assert progress.done == 2


@pytest.mark.parametrize("row", [{"key": "epochs", "kind": "NUMBER"}, {"key": "steps"}, {"value": "0"}])
def test_no_progress(job: Job, row: dict[str, str]) -> None:
    job.experiment.architecture.hyperparameters.update(**row)
    assert progress_of(job.experiment) is None


def test_curves_in_short(job: Job) -> None:
    experiment = job.experiment
    [loss] = curves_of(experiment)
    assert (loss.name, loss.last) == ("train/loss", "0.5")
    assert loss.points == "0.0,2.0 120.0,26.0"
    line = experiment.logs.get(name="train/loss")
    for value in (0.25, float("nan"), 0.125):
        add_points(line, read_line([value if value == value else None]))
    [loss] = curves_of(experiment)
    assert (loss.last, len(loss.points.split())) == ("0.125", 3)
    for number in range(6):
        log = LogFactory(experiment=experiment, name=f"a/{number}", type="LINE", data=None)
        add_points(log, read_line([0.1] * number))
    assert [curve.name for curve in curves_of(experiment)] == ["a/1", "a/2", "a/3", "a/4"]


def test_what_is_printed_last(job: Job) -> None:
    console = Console.objects.get()
    ConsoleLineFactory(console=console, number=3, kind=LineKind.MARK, text="-----")
    run = newest_run(job.experiment)
    assert run.console == console
    assert run.is_live
