"""The page that describes the API, and the description itself."""

import json
import re

import pytest
from django.test import Client

from protocols.picsellia.described import resources

pytestmark = pytest.mark.django_db
METHODS = {"get", "post", "put", "patch", "delete"}


def test_it_lists_every_call(client: Client) -> None:
    page = client.get("/api/docs").text
    calls = [call for resource in resources() for call in resource.calls]
    assert len(calls) == 182
    assert page.count('<details class="call"') == len(calls) + 1
    assert sum(call.method == "XGET" for call in calls) == 4
    for call in calls:
        assert f"<code>{call.path}</code>" in page


def test_every_call_is_described_in_a_headline() -> None:
    for resource in resources():
        for call in resource.calls:
            assert 10 <= len(call.title) <= 70, f"{call.method} {call.path}: {call.title!r}"


def test_a_call_has_what_it_takes_and_what_it_answers(client: Client) -> None:
    page = client.get("/api/docs", {"q": "post /datasets api/organization"}).text
    assert "/api/organization/{organization_id}/datasets" in page
    fields = re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", page)
    assert ("organization_id", "uuid") in fields
    assert ("name", "string") in fields
    assert ("description", "string, optional") in fields


def test_the_search_gives_its_fragment(client: Client) -> None:
    answer = client.get("/api/docs", {"q": "labelgroups"}, headers={"HX-Request": "true", "HX-Target": "results"})
    assert "<html" not in answer.text
    assert answer.text.count('<details class="call"') == 2
    assert "No call has" in client.get("/api/docs", {"q": "<b>plums</b>"}).text
    assert "<b>plums" not in client.get("/api/docs", {"q": "<b>plums</b>"}).text


def test_only_get(client: Client) -> None:
    assert client.post("/api/docs").status_code == 405


def test_the_description_is_openapi(client: Client) -> None:
    """What a reader of OpenAPI 3.1 checks first: known methods, ids that are one operation's, references that lead."""
    answer = client.get("/api/openapi.json")
    described = answer.json()
    assert described["openapi"].startswith("3.1")
    operations = [one for path in described["paths"].values() for one in path.values()]
    assert {method for path in described["paths"].values() for method in path} <= METHODS
    assert len(operations) == 178
    ids = [one["operationId"] for one in operations]
    assert len(set(ids)) == len(ids)
    for path, methods in described["paths"].items():
        named = set(re.findall(r"{(\w+)}", path))
        for one in methods.values():
            assert {parameter["name"] for parameter in one["parameters"] if parameter["in"] == "path"} == named
            assert one["security"] == [{"BearerToken": []}]
    references = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(described)))
    assert references <= set(described["components"]["schemas"])
    assert described["components"]["securitySchemes"]["BearerToken"]["scheme"] == "bearer"
