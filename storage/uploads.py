"""Files of forms, streamed into the store while they arrive, and refused everywhere else."""

import logging
from collections.abc import Callable
from functools import partial, wraps
from typing import IO, Any, TypeAlias, TypeVar, cast, overload

from django.conf import settings
from django.core.exceptions import BadRequest, TooManyFilesSent, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParser
from django.http.response import HttpResponseBase
from django.utils.datastructures import MultiValueDict
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from storage.incoming import Incoming
from storage.models import Blob
from storage.names import clean_filename
from storage.services import receive, settle
from storage.stores import CHUNK

logger = logging.getLogger(__name__)

V = TypeVar("V", bound=Callable[..., HttpResponseBase])
Files: TypeAlias = "MultiValueDict[str, UploadedFile[Any]]"

CUT_OFF = "The upload was cut off before its end, so nothing was kept: send the file again."
NO_ROOM = "The server could not keep the file, so nothing was kept. Tell the administrator; its log says why."
TOO_MANY = "More than {most} files came at once, so nothing was kept: send them in several steps."


@overload
def streams_to_store(view: V) -> V: ...
@overload
def streams_to_store(*, gate: Callable[..., object], is_signed: bool = ...) -> Callable[[V], V]: ...
def streams_to_store(view: Any = None, *, gate: Callable[..., object] | None = None, is_signed: bool = False) -> Any:
    """Let the view receive files: `request.FILES` holds `StoredFile`s, at most UPLOAD_LIMIT_BYTES each.

    They are streamed under temporary names, and become blobs only after the form's CSRF token was found good; what did
    not become one is gone when the view has answered. A visitor who is not signed in never comes here.

    Args:
        view: what is decorated, when there is no gate.
        gate: called as the view is, before a byte of the body is read, and raises what the view would raise for
            somebody who may not send anything there.
        is_signed: the gate has found the address signed, so the form needs no token: no browser sends it.
    """
    return _streaming(view, gate) if view else partial(_streaming, gate=gate, is_signed=is_signed)


def _streaming(view: V, gate: Callable[..., object] | None, *, is_signed: bool = False) -> V:
    @(csrf_exempt if is_signed else csrf_protect)
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        for _, files in request.FILES.lists():
            for file in files:
                cast(StoredFile, file).settle()
        return view(request, *args, **kwargs)

    # Outside, because the token is in the body, which must not be read before its files have where to go.
    @csrf_exempt
    @wraps(view)
    def streaming(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if gate and request.method == "POST":
            gate(request, *args, **kwargs)
        receiver = StreamIntoStore(request)
        request.upload_handlers = [receiver]
        try:
            return checked(request, *args, **kwargs)
        finally:
            receiver.discard()

    return cast(V, streaming)


class StoredFile(UploadedFile):  # type: ignore[type-arg]
    """A file of a form, whose content lies in the store.

    One that was refused raises the reason, a ValidationError, when its size or blob is asked for. `forms.FileField`
    asks for the size first, so the sentence stands at its field.
    """

    name: str

    def __init__(self, name: str, content_type: str) -> None:
        self._incoming: Incoming | None = None
        self._blob: Blob | None = None
        self._refusal: ValidationError | None = None
        try:
            cleaned = clean_filename(name)
        except ValidationError as refusal:
            cleaned = "file"
            self.refuse(refusal)
        else:
            self._try(self._begin)
        super().__init__(name=cleaned, content_type=content_type)

    @property
    def size(self) -> int:
        """In bytes."""
        return self._kept.size

    @size.setter
    def size(self, size: int | None) -> None:
        """Django's constructor sets one, which is not known yet."""

    @property
    def blob(self) -> Blob:
        """The content."""
        if self._refusal is not None:
            raise self._refusal
        assert self._blob is not None, "A file becomes a blob once the form's token was checked."
        return self._blob

    def take(self, chunk: bytes) -> None:
        """Take the next bytes; those of a refused file are dropped, so that the rest of the form still arrives."""
        if self._refusal is None:
            self._try(lambda: self._kept.write(chunk))

    def settle(self) -> None:
        """Make it a blob."""
        if self._refusal is None and self._blob is None:
            self._try(self._become_a_blob)

    def refuse(self, refusal: ValidationError) -> None:
        """Keep nothing of it."""
        self._refusal = refusal
        self.close()

    def close(self) -> None:
        """Remove what did not become a blob."""
        if self._incoming is not None:
            self._incoming.discard()

    def _begin(self) -> None:
        self._incoming = receive(limit=settings.UPLOAD_LIMIT_BYTES)

    def _become_a_blob(self) -> None:
        self._blob = settle(self._kept)

    def _try(self, step: Callable[[], None]) -> None:
        try:
            step()
        except ValidationError as refusal:
            self.refuse(refusal)
        except OSError:
            logger.exception("An upload could not be kept.")
            self.refuse(ValidationError(NO_ROOM, code="not_kept"))

    @property
    def _kept(self) -> Incoming:
        if self._refusal is not None:
            raise self._refusal
        assert self._incoming is not None, "A file without content was refused."
        return self._incoming


class StreamIntoStore(FileUploadHandler):
    """Parses the body of one request, with its files going into the store."""

    chunk_size = CHUNK

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self._parts = _Parts(request)

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, str],  # noqa: N803 - Django calls it so
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> tuple[QueryDict, Files]:
        """Read the body to its announced end; one that stops before refuses all its files.

        Raises:
            BadRequest: when there are too many files, or when a form without a file was cut off.
        """
        body = _Counted(input_data)
        try:
            fields, files = _Parser(META, cast(Any, body), [self._parts], encoding).parse()
        except TooManyFilesSent as error:
            raise BadRequest(TOO_MANY.format(most=settings.DATA_UPLOAD_MAX_NUMBER_FILES)) from error
        if body.count < content_length or self._parts.interrupted:
            self._parts.refuse_all()
            files = self._parts.by_field()
            if not files:
                raise BadRequest(CUT_OFF)
        return fields, files

    def discard(self) -> None:
        """Remove what did not become a blob."""
        for _, file in self._parts.files:
            file.close()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Never called: `_Parts` gets the chunks."""

    def file_complete(self, file_size: int) -> None:
        """Never called: `_Parts` gets the files."""


class RefuseFiles(FileUploadHandler):
    """Drops files, chunk by chunk, where no view asked for any: nothing is written, the rest of the form is read."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Never called: every file is skipped."""

    def file_complete(self, file_size: int) -> None:
        """Never called: every file is skipped."""


class _Parts(FileUploadHandler):
    """The files of one body, each with the name of its field."""

    chunk_size = CHUNK

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self.files: list[tuple[str, StoredFile]] = []
        self.interrupted = False

    def new_file(self, field_name: str, file_name: str, content_type: str, *args: Any, **kwargs: Any) -> None:
        self.files.append((field_name, StoredFile(file_name, content_type)))

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.files[-1][1].take(raw_data)

    def file_complete(self, file_size: int) -> StoredFile:
        return self.files[-1][1]

    def upload_interrupted(self) -> None:
        self.interrupted = True

    def refuse_all(self) -> None:
        for _, file in self.files:
            file.refuse(ValidationError(CUT_OFF, code="cut_off"))

    def by_field(self) -> Files:
        files: Files = MultiValueDict()
        for field_name, file in self.files:
            files.appendlist(field_name, file)
        return files


class _Parser(MultiPartParser):
    def sanitize_file_name(self, file_name: str) -> str:
        """Left to `clean_filename`: Django's own drops a file without a usable name, and nobody learns why."""
        return file_name


class _Counted:
    """A body that counts the bytes read from it: a server ends a body that was cut off without an error."""

    def __init__(self, body: IO[bytes]) -> None:
        self._body = body
        self.count = 0

    def read(self, size: int = -1) -> bytes:
        data = self._body.read(size)
        self.count += len(data)
        return data
