"""Clients that keep their connection, as the SDK does, and what it takes several of them."""

import http.client
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from benchmarks.report import p50


@dataclass
class ApiClient:
    """One connection with a token."""

    port: int
    token: str
    connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        """The answer's JSON.

        Raises:
            RuntimeError: when it is a refusal.
        """
        content = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        self.connection.request(method, path, content, headers)
        response = self.connection.getresponse()
        answer = response.read()
        if response.status >= 300:
            raise RuntimeError(f"{method} {path} answered {response.status}: {answer[:300]!r}")
        return json.loads(answer) if answer else None


@dataclass(frozen=True)
class Timing:
    """How long a call takes in milliseconds, and how many are done in a second, all clients together."""

    median: float
    per_second: float


Call = Callable[[ApiClient, int], object]


def timed(call: Call, clients: Sequence[ApiClient], *, each: int) -> Timing:
    """Let every client make the call `each` times, all at once. The call gets its client and a number of its own."""

    def work(index: int) -> list[float]:
        took = []
        for number in range(each):
            begun = time.perf_counter()
            call(clients[index], index * each + number)
            took.append((time.perf_counter() - begun) * 1_000)
        return took

    for index, client in enumerate(clients):
        call(client, -1 - index)  # the first request of a connection opens it
    begun = time.perf_counter()
    with ThreadPoolExecutor(len(clients)) as pool:
        took = [one for of_client in pool.map(work, range(len(clients))) for one in of_client]
    return Timing(p50(took), len(took) / (time.perf_counter() - begun))
