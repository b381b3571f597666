"""Requests with a token, as no SDK would send them."""

import json
from dataclasses import dataclass
from typing import Any

from django.test import Client


@dataclass
class PlainClient:
    """Speaks JSON with a bearer token, in the test's own process and transaction."""

    client: Client
    token: str

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The answer's status and what its JSON holds: None when there is no body."""
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        response = self.client.generic(
            method,
            path,
            content,
            content_type="application/json",
            headers={"authorization": f"Bearer {self.token}", **headers},
        )
        return response.status_code, json.loads(response.content) if response.content else None
