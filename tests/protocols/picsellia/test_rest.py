"""Calls that are not answered say so: in the SDK's words, to whoever has a token."""

import picsellia
import picsellia.exceptions
import pytest
from django.test import Client

from config.ids import new_id
from organizations.models import User
from protocols.picsellia.unserved import UNSERVED
from tests.protocols.picsellia.plain import PlainClient


def test_the_sdk_says_which(sdk: picsellia.Client) -> None:
    for call in (
        sdk.list_deployments,
        sdk.list_processings,
        lambda: sdk.get_deployment("Press"),
        sdk.get_datalake().list_charts,
    ):
        with pytest.raises(picsellia.exceptions.PicselliaError, match="is not one of its calls"):
            call()


def test_every_one(plain: PlainClient, client: Client, bob: User) -> None:
    assert len(UNSERVED) == 167
    assert len({(method, path) for method, path, _ in UNSERVED}) == 167
    wrong = []
    for method, path, name in UNSERVED:
        path = f"/api{path.replace('{}', str(new_id()))}"
        status, body = plain(method, path)
        if status != 501 or name not in body["message"] or path not in body["message"]:
            wrong.append((method, path, status))
        if client.generic(method, path).status_code != 401:
            wrong.append((method, path, "to nobody"))
    assert wrong == []
