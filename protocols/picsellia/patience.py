"""A script outlives a database that is away for a while: its calls wait, instead of being refused.

The SDK repeats a call whose connection broke, for some seconds, and no call that was answered, were it with a 503 (wire
contract, section 1). So a call that comes while the database is away waits for it before it begins; and one that was
under way when the database went loses its connection, and is repeated.
"""

import contextlib
import logging
import socket
import time
from collections.abc import Iterator

from django.db import Error, connection
from django.http import HttpRequest

from config.errors import is_away

logger = logging.getLogger(__name__)

# Less than a server or a proxy gives a call to be answered, and than a client waits for that.
WAITS_SECONDS, LOOKS_EVERY_SECONDS = 25.0, 0.5


def wait_for_database() -> None:
    """Come back when there is a connection.

    Raises:
        OperationalError: when there was none for 25 seconds.
    """
    deadline = time.monotonic() + WAITS_SECONDS
    while True:
        try:
            connection.close_if_health_check_failed()
            connection.ensure_connection()
        except Error as error:
            if not is_away(error) or time.monotonic() > deadline:
                raise
            connection.close()
            time.sleep(LOOKS_EVERY_SECONDS)
        else:
            return


@contextlib.contextmanager
def lets_repeat(request: HttpRequest) -> Iterator[None]:
    """Break the connection of a call that lost its database, once that is back and it is written that nothing was done.

    Only gunicorn lets us; elsewhere the answer is a 503.
    """
    with contextlib.suppress(Error):
        wait_for_database()
    yield
    client: socket.socket | None = request.META.get("gunicorn.socket")
    if client is not None:
        logger.warning("The database went away during %s %s: its client shall repeat it.", request.method, request.path)
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)
