"""Launching an experiment from its page."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from config.ids import new_id
from experiments.models import Experiment, Status
from organizations.models import Organization, User
from tests.factories import ArchitectureFileFactory, ExperimentDatasetVersionFactory, ExperimentFactory, JobFactory
from training.models import Job, JobStatus

ClientOf = Callable[[User], Client]


@pytest.fixture(autouse=True)
def offered(settings: LazySettings) -> None:
    settings.LAUNCHERS = {"local": 2, "container": 4}
    settings.RUN_PROCESSORS, settings.RUN_MEMORY_MB, settings.RUN_GPUS = 8, 4_096, 0


@pytest.fixture
def experiment(orchard: Organization) -> Experiment:
    """One that runs as a command, and in no container."""
    experiment: Experiment = ExperimentFactory(
        project__organization=orchard,
        architecture__command="python train.py",
        architecture__docker_image="",
        architecture__docker_tag="",
    )
    return experiment


def url_of(experiment: Experiment) -> str:
    return reverse("training:experiment_launch", args=[experiment.pk])


def test_it_works(client_of: ClientOf, bob: User, experiment: Experiment) -> None:
    client = client_of(bob)
    page = client.get(url_of(experiment))
    assertContains(page, "Nothing stands in the way")
    assertContains(page, "It begins at once: 0 of 2 slots are taken.")
    assertContains(page, "At most 8, which it gets when this is empty.")
    assertContains(page, "At most 4, which it gets when this is empty.")
    assertNotContains(page, "GPU")
    wishes = {"launcher": "local", "processors": "2", "memory_gb": "1.5"}
    response = client.post(url_of(experiment), wishes)
    job = experiment.jobs.get()
    assertRedirects(response, reverse("training:job_detail", args=[job.pk]), target_status_code=302)
    assert (job.launcher, job.processors, job.memory_mb, job.gpus) == ("local", 2, 1_536, 0)
    assert (job.status, job.created_by) == (JobStatus.QUEUED, bob)


def test_the_second_click_leads_to_the_same_job(
    client_of: ClientOf, bob: User, alice: User, experiment: Experiment
) -> None:
    first = client_of(bob).post(url_of(experiment), {"launcher": "local"})
    for user in (bob, alice):
        again = client_of(user).post(url_of(experiment), {"launcher": "local"}, follow=True)
        assert again.redirect_chain[0][0] == first["Location"]
        assertContains(again, "is launched already: this is its job.")
    assert experiment.jobs.count() == 1


def test_a_form_sent_again_after_the_end_launches_nothing(
    client_of: ClientOf, bob: User, experiment: Experiment
) -> None:
    """Its answer was lost, and the script was quick."""
    client, key = client_of(bob), str(new_id())
    first = client.post(url_of(experiment), {"launcher": "local", "key": key})
    Job.objects.update(status=JobStatus.SUCCEEDED, ended_at=timezone.now())
    again = client.post(url_of(experiment), {"launcher": "local", "key": key})
    assert again["Location"] == first["Location"]
    assert str(experiment.jobs.get().pk) == key
    other = ExperimentFactory(project=experiment.project, architecture__command="python train.py")
    assertContains(
        client.post(url_of(other), {"launcher": "local", "key": key}), "sent for another experiment", status_code=422
    )
    assert not other.jobs.exists()


def test_it_says_what_blocks(client_of: ClientOf, bob: User, experiment: Experiment) -> None:
    entry = ExperimentDatasetVersionFactory(experiment=experiment, alias="train", dataset_version__asset_count=0)
    page = client_of(bob).get(url_of(experiment))
    assertContains(page, "1 thing stands in the way")
    assertContains(page, f"{entry.dataset_version}, chosen as train, has no images.")
    assertContains(page, 'aria-disabled="true" aria-describedby="blocks"')
    assertContains(page, reverse("datasets:dataset_version_detail", args=[entry.dataset_version_id]))


def test_nothing_is_launched_while_something_blocks(client_of: ClientOf, bob: User, experiment: Experiment) -> None:
    ExperimentDatasetVersionFactory(experiment=experiment, alias="train", dataset_version__asset_count=0)
    response = client_of(bob).post(url_of(experiment), {"launcher": "local"})
    assertContains(response, "1 thing stands in the way", status_code=422)
    assert not experiment.jobs.exists()


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({}, "Choose where it runs."),
        ({"launcher": "container"}, "not one of the available choices"),
        ({"launcher": "elsewhere"}, "not one of the available choices"),
        ({"launcher": "local", "processors": "9"}, "It must be between 1 and 8."),
        ({"launcher": "local", "processors": "two"}, "Write a number from 1 to 8."),
        ({"launcher": "local", "memory_gb": "0"}, "It must be between 0.1 and 4."),
        ({"launcher": "local", "memory_gb": "NaN"}, "Write a number from 0.1 to 4."),
    ],
)
def test_wishes_that_make_no_sense(
    client_of: ClientOf, bob: User, experiment: Experiment, wishes: dict[str, str], words: str
) -> None:
    assertContains(client_of(bob).post(url_of(experiment), wishes), words, status_code=422)
    assert not experiment.jobs.exists()


def test_a_place_that_can_not_take_it(client_of: ClientOf, bob: User, experiment: Experiment) -> None:
    places = {place.name: place for place in client_of(bob).get(url_of(experiment)).context["places"]}
    assert places["container"].refusal
    assert not places["local"].refusal
    assertContains(client_of(bob).get(url_of(experiment)), places["container"].refusal)


def test_it_says_how_many_are_before_it(client_of: ClientOf, bob: User, experiment: Experiment) -> None:
    """Whosever they are: all stand in one line."""
    for status, count in ((JobStatus.RUNNING, 2), (JobStatus.QUEUED, 3)):
        JobFactory.create_batch(count, status=status, launcher="local")
    JobFactory(status=JobStatus.QUEUED, launcher="container")
    JobFactory(status=JobStatus.FAILED, launcher="local")
    assertContains(
        client_of(bob).get(url_of(experiment)), "3 jobs are before it in the queue, and 2 of 2 slots are taken"
    )


def test_gpus(client_of: ClientOf, bob: User, experiment: Experiment, settings: LazySettings) -> None:
    settings.RUN_GPUS = 2
    client = client_of(bob)
    assert client.get(url_of(experiment)).context["form"]["gpus"].value() == 1
    wishes = {"launcher": "local", "gpus": "2", "gpu_type": "A100"}
    assertContains(client.post(url_of(experiment), {**wishes, "gpus": "3"}), "between 0 and 2", status_code=422)
    client.post(url_of(experiment), wishes)
    job = experiment.jobs.get()
    assert (job.gpus, job.gpu_type) == (2, "A100")


def test_nothing_is_offered(client_of: ClientOf, bob: User, experiment: Experiment, settings: LazySettings) -> None:
    settings.LAUNCHERS = {}
    assertContains(client_of(bob).get(url_of(experiment)), "LAUNCHERS")
    assertContains(client_of(bob).post(url_of(experiment), {}), "LAUNCHERS", status_code=422)


@pytest.mark.parametrize(
    ("status", "active", "words"),
    [
        (Status.WAITING, False, "Launch"),
        (Status.SUCCESS, False, "Launch again"),
        (Status.WAITING, True, ""),
        (Status.RUNNING, False, ""),
    ],
)
def test_the_button_on_the_overview(
    client_of: ClientOf, bob: User, vera: User, experiment: Experiment, status: str, active: bool, words: str
) -> None:
    Experiment.objects.update(status=status)
    if active:
        JobFactory(experiment=experiment)
    page = client_of(bob).get(experiment.get_absolute_url())
    assert (url_of(experiment) in page.content.decode()) is bool(words)
    if words:
        assertContains(page, words)
    assertNotContains(client_of(vera).get(experiment.get_absolute_url()), url_of(experiment))


def test_it_is_for_members(client_of: ClientOf, vera: User, charlie: User, experiment: Experiment) -> None:
    for method in ("get", "post"):
        assert getattr(client_of(vera), method)(url_of(experiment)).status_code == 403
        assert getattr(client_of(charlie), method)(url_of(experiment)).status_code == 404


def test_the_queries_are_as_many_for_many(
    client_of: ClientOf, bob: User, experiment: Experiment, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = client_of(bob)
    ExperimentDatasetVersionFactory(experiment=experiment, alias="train")
    with django_assert_num_queries(16):
        client.get(url_of(experiment))
    for number in range(5):
        ExperimentDatasetVersionFactory(experiment=experiment, alias=f"alias-{number}")
        ArchitectureFileFactory(architecture=experiment.architecture, name=f"file {number}")
        JobFactory(status=JobStatus.QUEUED, launcher="local")
    with django_assert_num_queries(16):
        client.get(url_of(experiment))


def stop(job: Job) -> str:
    return reverse("training:job_stop", args=[job.pk])


@pytest.fixture
def job(experiment: Experiment) -> Job:
    return JobFactory(experiment=experiment, launcher="local")


def test_a_waiting_job_is_taken_out_of_the_queue(client_of: ClientOf, bob: User, job: Job) -> None:
    assertContains(client_of(bob).get(stop(job)), "leaves the queue")
    response: Any = client_of(bob).post(f"{stop(job)}?from=jobs", follow=True)
    assert response.redirect_chain == [(reverse("training:job_list"), 302)]
    assertContains(response, "is out of the queue.")
    job.refresh_from_db()
    assert job.status == JobStatus.KILLED
    again = client_of(bob).post(f"{stop(job)}?from=overview", follow=True)
    assert again.redirect_chain == [(job.experiment.get_absolute_url(), 302)]
    assertContains(again, "has ended already")


def test_a_run_is_asked_to_stop(client_of: ClientOf, bob: User, vera: User, job: Job) -> None:
    Job.objects.update(status=JobStatus.RUNNING, started_at=job.created_at)
    dialog = client_of(bob).get(stop(job), headers={"HX-Request": "true", "HX-Target": "dialog"})
    assertContains(dialog, f"Stop {job.experiment}")
    assertNotContains(dialog, "<html")
    assertContains(client_of(bob).post(stop(job), follow=True), "Stopping…")
    job.refresh_from_db()
    assert job.stop_asked_by == bob
    assert job.is_stopping
    assert client_of(vera).post(stop(job)).status_code == 403
