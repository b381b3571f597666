"""What an experiment's runs print, on its page."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains

from experiments.models import Experiment, Status
from organizations.models import Organization, User
from tests.factories import (
    ConsoleFactory,
    ConsoleLineFactory,
    ExperimentFactory,
    JobFactory,
    LoggingFileFactory,
)
from training.console import write_lines
from training.models import Console, ConsoleLine, Job, LineKind
from training.reading import LINES_SHOWN

ClientOf = Callable[[User], Client]


@pytest.fixture
def job(orchard: Organization, bob: User) -> Job:
    return JobFactory(experiment__project__organization=orchard, created_by=bob, gpus=2, gpu_type="A100")


def url_of(experiment: Experiment) -> str:
    return reverse("training:experiment_console", args=[experiment.pk])


def filled(job: Job, counts: list[int]) -> Console:
    """A console with parts of so many lines."""
    console: Console = ConsoleFactory(job=job, parts=[f"part {part}" for part in range(len(counts))])
    ConsoleLine.objects.bulk_create(
        ConsoleLine(console=console, part=part, number=number, text=f"text {part}.{number} end")
        for part, count in enumerate(counts)
        for number in range(count)
    )
    return console


def shown(response: Any) -> list[str]:
    return [line.text.split()[1] for _, line in response.context["lines"]]


def test_it_works(client_of: ClientOf, vera: User, bob: User, job: Job) -> None:
    part = "--#--Set up training"
    for number, text in enumerate([part, "<b>loading</b>", "-----", "--#--Training", "epoch 1"]):
        write_lines(run=job, part=part, number=number, lines=[text], by=bob)
    console = write_lines(run=job, part="--#--End job", number=5, lines=["137"], special="exit_code", by=bob)
    file = LoggingFileFactory(console=console)
    response = client_of(vera).get(url_of(job.experiment))
    for words in ("Set up training", "&lt;b&gt;loading", "epoch 1", "Exit code 137", "Queued", "by bob"):
        assertContains(response, words)
    assertContains(response, "2 GPUs (A100)")
    for mark in ("--#--", "-----"):
        assertNotContains(response, mark)
    assert [chapter.title for chapter in response.context["chapters"]] == ["Set up training", "Training", "End job"]
    assert [heading for heading, _ in response.context["lines"]] == ["Set up training", "", "Training", "", "End job"]
    assertContains(response, reverse("training:logging_file_download", args=[file.pk]))


def test_nothing_was_printed(client_of: ClientOf, vera: User, job: Job) -> None:
    client = client_of(vera)
    assertContains(client.get(url_of(job.experiment)), "The lines come here while the script runs.")
    other = ExperimentFactory(project=job.experiment.project)
    assertContains(client.get(url_of(other)), "sent line by line by the wrapper of its image")


def test_the_last_lines_and_the_way_to_the_first(client_of: ClientOf, vera: User, job: Job) -> None:
    console = filled(job, [LINES_SHOWN, 2, LINES_SHOWN])
    client, url = client_of(vera), url_of(job.experiment)
    places = [f"{part}.{number}" for part, number in console.lines.values_list("part", "number")]

    last = client.get(url)
    assert shown(last) == places[-LINES_SHOWN:]
    assert last.context["page"].newer is None
    middle = client.get(url + last.context["page"].older)
    assert shown(middle) == places[2 : LINES_SHOWN + 2]
    first = client.get(url + middle.context["page"].older)
    assert shown(first) == places[:2]
    assert first.context["page"].older is None
    assert shown(client.get(url + first.context["page"].newer)) == places[2 : LINES_SHOWN + 2]
    assert shown(client.get(url, {"from": "1.0"})) == places[LINES_SHOWN : 2 * LINES_SHOWN]
    assertContains(middle, f"Showing {LINES_SHOWN} of")


@pytest.mark.parametrize("place", ["x", "1", "-1.0", "1.0.0", "9" * 30 + ".0", "'"])
def test_a_place_that_is_none(client_of: ClientOf, vera: User, job: Job, place: str) -> None:
    filled(job, [3])
    for word in ("older", "newer", "from"):
        assert shown(client_of(vera).get(url_of(job.experiment), {word: place})) == ["0.0", "0.1", "0.2"]


def test_it_searches(client_of: ClientOf, vera: User, job: Job) -> None:
    filled(job, [30])
    client, url = client_of(vera), url_of(job.experiment)
    assert shown(client.get(url, {"q": "TEXT 0.2"})) == ["0.2", *[f"0.{number}" for number in range(20, 30)]]
    assertContains(client.get(url, {"q": "plum"}), "No line has these words")


def test_another_run(client_of: ClientOf, vera: User, bob: User, job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(status="SUCCEEDED", ended_at=job.created_at)
    newer = JobFactory(experiment=job.experiment)
    for run, text in ((job, "of the older job"), (newer, "of the newer job"), (job.experiment, "without a job")):
        write_lines(run=run, part="Training", number=0, lines=[text], by=bob)
    client, url = client_of(vera), url_of(job.experiment)
    for query, text in [("", "of the newer"), (f"?run={job.pk}", "of the older"), ("?run=own", "without a")]:
        assertContains(client.get(url + query), f'<span class="text">{text}')
    for word in ("nonsense", str(JobFactory().pk)):
        assert client.get(url, {"run": word}).status_code == 404


def test_it_asks_for_news_while_the_run_goes_on(client_of: ClientOf, vera: User, job: Job) -> None:
    console = filled(job, [LINES_SHOWN + 1])
    client, url = client_of(vera), url_of(job.experiment)
    again = 'hx-trigger="every 2s, look"'
    assertContains(client.get(url), again)
    assertContains(client.get(url), f"after=0.{LINES_SHOWN}")
    # Lines that come are none of those that are looked for, or read from the beginning.
    for elsewhere in ({"from": "0.0"}, {"q": "text"}):
        assertContains(client.get(url, elsewhere), again)
        assertNotContains(client.get(url, elsewhere), "after=")
    Job.objects.update(status="FAILED", ended_at=job.created_at)
    assertNotContains(client.get(url), again)
    Console.objects.filter(pk=console.pk).update(job=None)
    Experiment.objects.update(status=Status.RUNNING)
    assertContains(client.get(url, {"run": "own"}), again)


def test_it_says_what_was_dropped(client_of: ClientOf, vera: User, job: Job) -> None:
    filled(job, [1])
    Console.objects.update(dropped_count=1_234)
    assertContains(client_of(vera).get(url_of(job.experiment)), "1,234 lines were dropped")


def test_it_answers_the_fragment(client_of: ClientOf, vera: User, job: Job) -> None:
    filled(job, [1])
    response = client_of(vera).get(url_of(job.experiment), headers={"HX-Request": "true", "HX-Target": "results"})
    assertContains(response, "text 0.0 end")
    assertNotContains(response, "<html")


def test_the_queries_are_few_however_long_it_is(
    client_of: ClientOf, vera: User, job: Job, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    console = filled(job, [20])
    client, url, query = client_of(vera), url_of(job.experiment), {"run": str(job.pk)}
    with django_assert_num_queries(12):
        client.get(url, query)
    for number in range(20, 40):
        ConsoleLineFactory(console=console, number=number, kind=LineKind.CHAPTER)
    for _ in range(5):
        JobFactory(experiment=job.experiment, status="FAILED", created_by=vera)
    with django_assert_num_queries(12):
        client.get(url, query)


def test_the_file_is_downloaded(client_of: ClientOf, vera: User, charlie: User, job: Job) -> None:
    file = LoggingFileFactory(console=ConsoleFactory(job=job))
    url = reverse("training:logging_file_download", args=[file.pk])
    assert client_of(vera).get(url, follow=True).getvalue().startswith(b"content")
    assert client_of(charlie).get(url).status_code == 404


def test_the_overview_tells_of_the_newest_job(client_of: ClientOf, vera: User, job: Job) -> None:
    response = client_of(vera).get(job.experiment.get_absolute_url())
    assertContains(response, "Queued")
    assertContains(response, f'href="{job.get_absolute_url()}"')
    quiet = ExperimentFactory(project=job.experiment.project)
    assertNotContains(client_of(vera).get(quiet.get_absolute_url()), "Show what it prints")


def test_it_checks_ownership(client_of: ClientOf, charlie: User, job: Job) -> None:
    assert client_of(charlie).get(url_of(job.experiment)).status_code == 404
