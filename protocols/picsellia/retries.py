"""Nothing twice: a call that is repeated because its answer was lost gets that answer, and does not act again.

The SDK repeats any call whose connection broke, after 0.5, 1, 2 and 4 seconds, on a new connection (wire contract,
section 1). Only the server can know that it had acted already. So an unsafe call is remembered with the connection
that it came on and its answer, and the same bytes from the same token within ten seconds on *another* connection are
taken for a repetition. On the *same* connection they are a new call: its client has read the answer before, and a
script may well log the value 0.0 twice. So are those that come sooner than any client repeats: two processes that work
side by side with one token, in step.

The price: two processes that share a token and really mean the same call, half a second to ten seconds apart, are told
both that it was done, and it was done once. Give each a token of its own. What is asked for is two queries for each
unsafe call; and a server process that is killed between acting and remembering forgets that it acted.

It needs to know the client's connection. A server that closes idle connections early makes one script look like
several: gunicorn has to keep them alive for longer than the ten seconds. Behind a proxy, whose connections are a pool
that everybody shares, the proxy has to say from which port it was asked, in `X-Real-Port`. Where it doesn't, or the
server itself does not know (a Unix socket, Django's own development server), nothing is remembered: a repeated call
acts again, and what has a unique name is refused as existing. Losing a point that was meant would be worse, for
nobody would notice.
"""

import hashlib
import itertools
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from ninja import NinjaAPI

from config.http import client_address
from organizations.models import User
from protocols.picsellia.errors import Conflict
from protocols.picsellia.models import AnsweredRequest

logger = logging.getLogger(__name__)

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
# Asking for an address twice changes nothing, and a name that is given for nothing is forgotten. The answer of another
# call would be wrong: a second process that stores a file of the same name would send it under the name of the first.
REPEATED_AT_WILL = (
    "/generate_object_name",
    "/generate_presigned_url",
    "/init_multipart_upload",
    "/generate_part_presigned_url",
    "/complete_part_upload",
    "/retrieve_presigned_url",
)
PORT_HEADER = "X-Real-Port"
REPLAYED_HEADER = "X-Answered-Before"

# The SDK gives up 7.5 seconds after the first failure, and waits for half a second at least.
REPEATS_WITHIN = timedelta(seconds=10)
REPEATS_AFTER = timedelta(seconds=0.4)
# A call that has not ended by then has lost its process.
LASTS_AT_MOST = timedelta(minutes=5)
FORGOTTEN_AFTER = timedelta(minutes=1)
FORGETS_EVERY = 200  # calls of one process
CONTENT_MAX = 64 * 1024
WAITS_SECONDS, LOOKS_EVERY_SECONDS = 20.0, 0.1

STILL_WORKING = "The same call is still being worked on. Look in a while whether it was done, before you repeat it."
TOO_LONG_TO_REPEAT = "This was done a moment ago, and its answer was too long to be kept. Ask for what it made."

# The one statement decides for all servers at once whether a call is new: then it is written, and one row is counted.
BEGIN = """
    INSERT INTO {table} ("key", "connection", began_at) VALUES (%(key)s, %(connection)s, %(now)s)
    ON CONFLICT ("key") DO UPDATE SET
        "connection" = excluded."connection", began_at = excluded.began_at,
        answered_at = NULL, status = NULL, content = NULL
    WHERE {table}."connection" = excluded."connection"
        OR {table}.began_at > %(too_soon)s
        OR {table}.answered_at < %(too_late)s
        OR ({table}.answered_at IS NULL AND {table}.began_at < %(lost)s)
"""

_calls = itertools.count(1)


class AnsweredBefore(Exception):
    """The call was made and answered already."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__(response.status_code)
        self.response = response


@dataclass(frozen=True)
class Begun:
    """A call that acts, in the hands of this process alone."""

    key: str
    at: datetime


def install(api: NinjaAPI) -> None:
    """Let the API answer with what was answered before."""
    api.add_exception_handler(AnsweredBefore, _answered_before)


def _answered_before(request: HttpRequest, before: Any) -> HttpResponse:
    response: HttpResponse = before.response
    return response


def begin(request: HttpRequest, user: User) -> None:
    """Write down that the call begins, unless it may be repeated or its connection can't be known.

    Raises:
        AnsweredBefore: when it is the repetition of one that was answered.
        Conflict: when that one still works after 20 seconds, or its answer was too long to be kept.
    """
    here = connection_of(request)
    if request.method not in UNSAFE or not here or request.path.endswith(REPEATED_AT_WILL):
        return
    key, now = _key(request, user), timezone.now()
    while not _is_new(key, here, now):
        if (answer := _first_answer(key, here)) is not None:
            raise AnsweredBefore(answer)
    request.begun = Begun(key, now)  # type: ignore[attr-defined]
    if next(_calls) % FORGETS_EVERY == 0:
        forget()


def finish(request: HttpRequest, response: HttpResponseBase) -> None:
    """Write down what the call was answered; a failure is forgotten, so that it can be repeated."""
    begun: Begun | None = getattr(request, "begun", None)
    if begun is None:
        return
    rows = AnsweredRequest.objects.filter(key=begun.key, began_at=begun.at)
    try:
        with _without_waiting_for_the_disk():
            if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
                rows.delete()
            else:
                rows.update(answered_at=timezone.now(), status=response.status_code, content=_kept(response))
    except DatabaseError:
        # It was done, and that is what its caller has to hear.
        logger.exception("An answer could not be remembered: a repetition of the call would act again.")


def abandon(request: HttpRequest) -> None:
    """Forget a call that failed without an answer."""
    finish(request, HttpResponse(status=HTTPStatus.INTERNAL_SERVER_ERROR))


def forget() -> None:
    """Remove what nobody repeats any more."""
    now = timezone.now()
    AnsweredRequest.objects.filter(answered_at__lt=now - FORGOTTEN_AFTER).delete()
    AnsweredRequest.objects.filter(answered_at=None, began_at__lt=now - LASTS_AT_MOST).delete()


def connection_of(request: HttpRequest) -> str:
    """Address and port of the client, which tell one connection from another; empty where they can't be known."""
    port = request.headers.get(PORT_HEADER, "") if settings.BEHIND_PROXY else request.META.get("REMOTE_PORT", "")
    return f"{client_address(request)}:{port}" if port.isascii() and port.isdigit() and len(port) <= 5 else ""


def _key(request: HttpRequest, user: User) -> str:
    assert user.token is not None
    digest = hashlib.sha256()
    for part in (user.token.pk.bytes, str(request.method).encode(), request.get_full_path().encode(), request.body):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()


def _is_new(key: str, here: str, now: datetime) -> bool:
    moments = {
        "now": now,
        "too_soon": now - REPEATS_AFTER,
        "too_late": now - REPEATS_WITHIN,
        "lost": now - LASTS_AT_MOST,
    }
    adapted = {name: connection.ops.adapt_datetimefield_value(moment) for name, moment in moments.items()}
    with _without_waiting_for_the_disk(), connection.cursor() as cursor:
        cursor.execute(BEGIN.format(table=AnsweredRequest._meta.db_table), {"key": key, "connection": here, **adapted})
        return int(cursor.rowcount) == 1


@contextmanager
def _without_waiting_for_the_disk() -> Iterator[None]:
    """What a power cut may take need not be synced, which is most of what a small write costs.

    PostgreSQL knows by the table, which is unlogged; SQLite by the connection, outside of transactions.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    connection.ensure_connection()
    database = connection.connection
    (before,) = database.execute("PRAGMA synchronous").fetchone()
    database.execute("PRAGMA synchronous=NORMAL")
    try:
        yield
    finally:
        database.execute(f"PRAGMA synchronous={before}")


def _first_answer(key: str, here: str) -> HttpResponse | None:
    """What the first call is answered, as soon as it is; None when it failed.

    From here on the same call once more on this connection is a new one.
    """
    AnsweredRequest.objects.filter(key=key).update(connection=here)
    deadline = time.monotonic() + WAITS_SECONDS
    while (first := AnsweredRequest.objects.filter(key=key).first()) is not None:
        if first.status is not None:
            return _again(first.status, first.content)
        if time.monotonic() > deadline:
            raise Conflict(STILL_WORKING)
        time.sleep(LOOKS_EVERY_SECONDS)
    return None


def _again(status: int, content: bytes | memoryview | None) -> HttpResponse:
    if content is None:
        raise Conflict(TOO_LONG_TO_REPEAT)
    headers = {REPLAYED_HEADER: "true"}
    return HttpResponse(bytes(content), status=status, content_type="application/json", headers=headers)


def _kept(response: HttpResponseBase) -> bytes | None:
    content = response.content if isinstance(response, HttpResponse) else None
    return content if content is not None and len(content) <= CONTENT_MAX else None
