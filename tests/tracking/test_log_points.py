"""The points of a curve, for its chart and as a table."""

from collections.abc import Callable

from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from organizations.models import User
from tests.factories import LogFactory
from tracking.lines import add_points, read_line
from tracking.models import Log

ClientOf = Callable[[User], Client]


def test_it_works(curve: Log, vera: User, client_of: ClientOf) -> None:
    url = reverse("tracking:log_points", args=[curve.pk])
    assert client_of(vera).get(url).json() == {"total": 0, "steps": [], "values": [], "row": 0}
    add_points(curve, read_line([0.5, None]))
    add_points(curve, read_line({"steps": [10], "values": [0.25]}))
    newest = curve.points.latest("id").pk
    answer = {"total": 3, "steps": [0, 1, 10], "values": [0.5, None, 0.25], "row": newest}
    assert client_of(vera).get(url).json() == answer


def test_ten_thousand_come_in_one_small_answer(curve: Log, bob: User, client_of: ClientOf) -> None:
    add_points(curve, read_line([1 / (step + 1) for step in range(10_000)]))
    response = client_of(bob).get(reverse("tracking:log_points", args=[curve.pk]), headers={"accept-encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"
    assert len(response.content) < 100_000


def test_it_checks_ownership(curve: Log, charlie: User, client_of: ClientOf) -> None:
    for name in ("log_points", "log_values"):
        assert client_of(charlie).get(reverse(f"tracking:{name}", args=[curve.pk])).status_code == 404


def test_only_a_line_has_points(curve: Log, bob: User, client_of: ClientOf) -> None:
    value = LogFactory(experiment=curve.experiment)
    assert client_of(bob).get(reverse("tracking:log_points", args=[value.pk])).status_code == 404


def test_the_table(curve: Log, bob: User, client_of: ClientOf) -> None:
    url = reverse("tracking:log_values", args=[curve.pk])
    assertContains(client_of(bob).get(url), "No point came yet")
    add_points(curve, read_line([0.125, None]))
    page = client_of(bob).get(url)
    assertContains(page, "<td>0.125</td>")
    assertContains(page, "not a number")
    target = {"hx-request": "true", "hx-target": f"values-{curve.pk}"}
    part = client_of(bob).get(url, headers=target)
    assertContains(part, "<td>0.125</td>")
    assertNotContains(part, "<html")
    add_points(curve, read_line(list(range(998))))
    assertContains(client_of(bob).get(url), "of 1,000 points")
