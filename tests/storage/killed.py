"""A process whose children are killed before the first step of a write, the second, and so on; run by test_durability.

Prints one JSON object a line: the number of the step, and what is in the store and the database after the kill, after
the collector came by, and after the same write was done again.
"""

import hashlib
import json
import os
import signal
import sys
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.db import connections
from django.utils import timezone

from tests.storage.steps import CONTENT, at_step

PARTS = (CONTENT[:2_500], CONTENT[2_500:5_000], CONTENT[5_000:])


def main(write_name: str, folder: Path) -> None:
    settings.STORAGES["default"]["OPTIONS"] = {"location": folder}
    django.setup()
    for step in count(1):
        prepare(folder, write_name)
        survived = killed_at(step, write_name)
        seen: dict[str, Any] = {"step": step, "after": state(folder)}
        run(write_name, step=0)
        seen["done_again"] = state(folder)
        collect()
        seen["collected"] = state(folder)
        sys.stdout.write(json.dumps(seen) + "\n")
        if survived:
            break


def prepare(folder: Path, write_name: str) -> None:
    """A live blob, one that is due for collection, the parts of an upload if the write is about them."""
    from registry.models import Architecture, ArchitectureFile
    from storage.models import Blob, Upload
    from storage.services import store

    Upload.objects.all().delete()
    ArchitectureFile.objects.all().delete()
    Blob.objects.all().delete()
    for file in folder.rglob("*"):
        if file.is_file():
            file.unlink()
    ArchitectureFile.objects.create(name="weights", blob=store([b"live"]), architecture=Architecture.objects.create())
    due = store([b"due"])
    Blob.objects.filter(pk=due.pk).update(unreferenced_since=timezone.now() - timedelta(days=9))
    if write_name in ("join", "send_part"):
        begin_upload()


def begin_upload() -> None:
    """An upload of which all parts came."""
    from organizations.models import Organization
    from storage.models import Upload

    organization, _ = Organization.objects.get_or_create(name="Orchard")
    upload = Upload.objects.create(organization=organization, name="weights", filename="weights.bin")
    for number, content in enumerate(PARTS, 1):
        receiver().take_part(upload.pk, number, [content], len(content))


def receiver() -> Any:
    from storage.folder_uploads import FolderReceiver
    from storage.stores import FolderStore, current_store

    store = current_store()
    assert isinstance(store, FolderStore)
    return FolderReceiver(store)


def killed_at(step: int, write_name: str) -> bool:
    """Run the write in a child that kills itself; whether it came to its end instead."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        run(write_name, step)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFEXITED(status) or os.WTERMSIG(status) == signal.SIGKILL
    return os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0


def run(write_name: str, step: int) -> None:
    from storage.models import Upload
    from storage.receiving import SentPart
    from storage.services import collect_garbage, store

    with at_step(step, lambda error: os.kill(os.getpid(), signal.SIGKILL)) as steps:
        if write_name == "store":
            store(steps.content())
        elif write_name == "store_what_is_due":
            store([b"due"])
        elif write_name == "join":
            parts = [SentPart(number, hashlib.sha256(content).hexdigest()) for number, content in enumerate(PARTS, 1)]
            receiver().join_parts(Upload.objects.get(), parts)
        elif write_name == "send_part":
            receiver().take_part(Upload.objects.get().pk, 2, [b"other ", b"apples"], len(b"other apples"))
        else:
            collect_garbage(grace=timedelta(days=1))


def collect() -> None:
    from storage.services import collect_garbage

    collect_garbage(grace=timedelta(), now=timezone.now() + timedelta(days=9))


def state(folder: Path) -> dict[str, Any]:
    from storage.models import Blob, Upload, UploadPart
    from storage.services import verify_storage
    from storage.stores import part_path

    parts = [(folder / part_path(part.upload_id, part.number, part.etag), part) for part in UploadPart.objects.all()]
    return {
        "rows": sorted(Blob.objects.values_list("sha256", flat=True)),
        "files": sorted(file.name for file in folder.glob("blobs/*/*/*")),
        "incoming": len(list(folder.glob("incoming/*"))),
        "part_files": len(list(folder.glob("parts/*/*"))),
        # Of those that came, which are there with their own bytes.
        "parts": [hashlib.sha256(path.read_bytes()).hexdigest() == part.etag for path, part in parts],
        "uploaded": list(Upload.objects.filter(blob__isnull=False).values_list("blob__sha256", flat=True)),
        "damaged": [damage.blob.sha256 for damage in verify_storage().damages],
    }


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
