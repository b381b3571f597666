"""A way to a server that can be shut for a while: then it is away for those who go through here, and nobody else."""

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self


class Gate:
    """Hands bytes on between clients and a server, as long as it is open.

    Args:
        host: of the server.
        port: of the server.
    """

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open = True
        self._sockets: set[socket.socket] = set()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        _close(self._listener)
        self.shut()

    def shut(self) -> None:
        """Break every connection, and let nobody through."""
        self._open = False
        for one in list(self._sockets):
            _close(one)

    def open(self) -> None:
        """Let everybody through again."""
        self._open = True

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if not self._open:
                    _close(client)
                    continue
                server = socket.create_connection(self._server)
                self._sockets |= {client, server}
                for one, other in ((client, server), (server, client)):
                    threading.Thread(target=self._hand_on, args=(one, other), daemon=True).start()

    def _hand_on(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while content := one.recv(65536):
                other.sendall(content)
        for end in (one, other):
            _close(end)
            self._sockets.discard(end)


def _close(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
