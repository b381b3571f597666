"""A network that breaks at the worst moment: after the server has acted, before the client has heard of it."""

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

UNSAFE = (b"POST ", b"PUT ", b"PATCH ", b"DELETE ")


class CuttingProxy:
    """Hands bytes on between a client and a server, one connection of each for the other.

    `proxy.cut(2)` breaks the connection twice: each time an answer to an unsafe request arrives, it is thrown away.
    """

    def __init__(self, server: str) -> None:
        parts = urlsplit(server)
        self._server = (parts.hostname or "", parts.port or 80)
        self._listener = socket.create_server(("localhost", 0))
        self.url = f"http://localhost:{self._listener.getsockname()[1]}"
        self._sockets = [self._listener]
        self._threads: list[threading.Thread] = []
        self._cuts = 0
        self.unsafe_requests = 0

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for one in self._sockets:
            _close(one)
        for thread in self._threads:
            thread.join(5)

    def cut(self, times: int = 1) -> None:
        """Break so many connections, each after the answer to an unsafe request."""
        self._cuts = times

    @property
    def is_whole(self) -> bool:
        """Whether every break that was asked for has happened."""
        return self._cuts == 0

    def _start(self, target: object, *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                self._sockets += [client, server]
                link = _Link()
                self._start(self._to_server, client, server, link)
                self._start(self._to_client, client, server, link)

    def _to_server(self, client: socket.socket, server: socket.socket, link: "_Link") -> None:
        with contextlib.suppress(OSError):
            while content := client.recv(65536):
                if content.startswith(UNSAFE):
                    self.unsafe_requests += 1
                    link.is_doomed = self._cuts > 0
                server.sendall(content)
        _close(server)

    def _to_client(self, client: socket.socket, server: socket.socket, link: "_Link") -> None:
        with contextlib.suppress(OSError):
            while content := server.recv(65536):
                if link.is_doomed:
                    self._cuts -= 1
                    break
                client.sendall(content)
        _close(client)
        _close(server)


class _Link:
    """One client's connection."""

    is_doomed = False


def _close(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
