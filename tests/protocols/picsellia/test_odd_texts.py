"""Texts that no database holds: a half of a surrogate pair, and NUL. They are refused, or found nowhere."""

import pytest

from organizations.models import Organization
from tests.factories import DatasetVersionFactory
from tests.protocols.picsellia.plain import PlainClient

LONE_SURROGATE = b'"\\ud800"'


@pytest.mark.parametrize("text", [LONE_SURROGATE, b'"a\\u0000b"'], ids=["surrogate", "NUL"])
def test_in_a_body(plain: PlainClient, orchard: Organization, text: bytes) -> None:
    version = DatasetVersionFactory(dataset__organization=orchard)
    bodies = [
        ("POST", f"/api/organization/{orchard.pk}/datasets", b'{"name": %s}'),
        ("POST", f"/api/organization/{orchard.pk}/models", b'{"name": %s, "description": "x"}'),
        ("POST", f"/api/organization/{orchard.pk}/projects", b'{"name": %s}'),
        ("POST", f"/api/datalake/{orchard.pk}/tags", b'{"name": %s}'),
        ("POST", f"/api/dataset/version/{version.pk}/labels", b'{"name": %s}'),
        ("XGET", f"/api/dataset/version/{version.pk}/bulk-labels", b'{"names": [%s]}'),
        ("XGET", f"/api/dataset/version/{version.pk}/assets", b'{"filenames": [%s]}'),
        ("PATCH", f"/api/dataset/version/{version.pk}", b'{"description": %s}'),
    ]
    for method, path, body in bodies:
        status, answer = plain(method, path, body % text)
        assert status < 500, path
        assert status == 200 or answer["message"], path


@pytest.mark.parametrize("text", ["%00", "%ED%A0%80", "%ff"])
def test_in_an_address(plain: PlainClient, orchard: Organization, text: str) -> None:
    for place in ("datasets", "models", "projects", "datasources"):
        status, answer = plain("GET", f"/api/organization/{orchard.pk}/{place}/find?name={text}")
        assert status in (400, 404, 422), place
        assert answer["message"]
    assert plain("GET", f"/api/datalake/{orchard.pk}/datas?q={text}")[0] < 500
