"""All jobs of an organization."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from config.paging import PAGE_SIZE
from experiments.models import Project
from organizations.models import Organization, User
from tests.factories import ArchitectureFactory, ExperimentFactory, JobFactory, ProjectFactory
from training.models import Job, JobStatus
from training.views.jobs import WAITING_SHOWN

ClientOf = Callable[[User], Client]
URL = "/jobs/"


@pytest.fixture
def project(orchard: Organization) -> Project:
    return ProjectFactory(organization=orchard)


def job(project: Project, name: str, status: str = JobStatus.QUEUED, **more: object) -> Job:
    return JobFactory(
        experiment__project=project, experiment__name=name, status=status, **{"launcher": "local", **more}
    )


def names(jobs: list[Job]) -> list[str]:
    return [found.experiment.name for found in jobs]


def test_it_works(client_of: ClientOf, vera: User, bob: User, project: Project) -> None:
    began = timezone.now() - timedelta(minutes=3, seconds=12)
    ended = {"started_at": began, "ended_at": began + timedelta(seconds=75)}
    job(project, "old", JobStatus.FAILED, reason="It ran <b>out</b> of memory.", **ended)
    job(project, "newer", JobStatus.SUCCEEDED, created_by=bob, **ended)
    JobFactory(launcher="local")  # of another organization, before those below
    for name in ("second", "third"):
        job(project, name)
    job(project, "by container", launcher="container")
    job(project, "runs", JobStatus.RUNNING, started_at=began)
    page = client_of(vera).get(URL)
    assert names(page.context["running"]) == ["runs"]
    assert [(found.experiment.name, found.place) for found in page.context["waiting"]] == [
        ("second", 2),
        ("third", 3),
        ("by container", 1),
    ]
    assert names(page.context["page"].rows) == ["newer", "old"]
    for words in ("This machine", "1 min 15 s", "bob", "It ran &lt;b&gt;out&lt;/b&gt; of memory.", "data-elapsed="):
        assertContains(page, words)
    assertNotContains(page, "Take out of the queue")
    assertContains(client_of(bob).get(URL), "Take out of the queue", count=3)


def test_nothing_yet(client_of: ClientOf, vera: User) -> None:
    assertContains(client_of(vera).get(URL), "No job yet")


@pytest.mark.parametrize(
    ("status", "found"),
    [
        ("RUNNING", ["runs"]),
        ("WAITING", ["waits"]),
        ("SUCCEEDED", ["well"]),
        ("FAILED", ["badly"]),
        ("KILLED", []),
        ("nonsense", ["runs", "waits", "badly", "well"]),
    ],
)
def test_it_filters(client_of: ClientOf, vera: User, project: Project, status: str, found: list[str]) -> None:
    for name, has in (("well", "SUCCEEDED"), ("badly", "FAILED"), ("waits", "QUEUED"), ("runs", "RUNNING")):
        job(project, name, has)
    context = client_of(vera).get(URL, {"status": status}).context
    ended = context["page"].rows if context["page"] else []
    assert names([*context["running"], *context["waiting"], *ended]) == found


def test_it_searches(client_of: ClientOf, vera: User, project: Project) -> None:
    job(project, "apples")
    job(project, "pears", JobStatus.FAILED)
    page = client_of(vera).get(URL, {"q": "PEAR"})
    assertContains(page, "Showing the jobs of experiments with “PEAR” in their name.")
    assertContains(page, "pears")
    assertNotContains(page, "apples")
    assertContains(client_of(vera).get(URL, {"q": "plum"}), "Nothing found")
    fragment = client_of(vera).get(URL, headers={"HX-Request": "true", "HX-Target": "results"})
    assertNotContains(fragment, "<html")


def test_it_pages(client_of: ClientOf, vera: User, project: Project) -> None:
    job(project, "waits")
    for number in range(PAGE_SIZE + 2):
        job(project, f"ended {number}", JobStatus.SUCCEEDED)
    first = client_of(vera).get(URL)
    older = client_of(vera).get(URL + first.context["page"].older)
    assert names(older.context["page"].rows) == ["ended 1", "ended 0"]
    assert older.context["waiting"] == []


def test_a_thousand_wait(
    client_of: ClientOf, bob: User, project: Project, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = client_of(bob)
    job(project, "first")
    with django_assert_num_queries(7):
        client.get(URL)
    architectures = type(ArchitectureFactory()).objects.bulk_create(ArchitectureFactory.build_batch(999))
    build = ExperimentFactory.build
    experiments = [build(project=project, architecture=one, created_by=bob) for one in architectures]
    type(experiments[0]).objects.bulk_create(experiments)
    Job.objects.bulk_create(Job(experiment=one, launcher="local", created_by=bob) for one in experiments)
    with django_assert_num_queries(8):  # and how many more there are
        page = client.get(URL)
    assert [found.place for found in page.context["waiting"]] == list(range(1, WAITING_SHOWN + 1))
    assertContains(page, "the first 50; 950 more wait")


def test_a_job_is_its_console(client_of: ClientOf, vera: User, charlie: User, project: Project) -> None:
    one = job(project, "apples")
    url = reverse("training:job_detail", args=[one.pk])
    assertRedirects(client_of(vera).get(url), one.get_absolute_url())
    assert client_of(charlie).get(url).status_code == 404


def test_it_is_of_the_organization_in_view(client_of: ClientOf, charlie: User, project: Project) -> None:
    job(project, "apples")
    assertNotContains(client_of(charlie).get(URL), "apples")
