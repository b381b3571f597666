"""A large file up and down, in parts as the SDK sends it, beside a plain copy of it on the same disk."""

import http.client
import os
import shutil
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from benchmarks.api.client import ApiClient
from benchmarks.api.rows import Rows

FILE_BYTES = 200 * 1024 * 1024
PART_BYTES = 25 * 1024 * 1024


def speeds(client: ApiClient, rows: Rows) -> tuple[float, float, float]:
    """In MB/s: a plain copy that is synced to the disk, the upload until it is an artifact, and the download."""
    with TemporaryDirectory() as folder:
        source = Path(folder) / "weights.bin"
        source.write_bytes(os.urandom(1024 * 1024) * (FILE_BYTES // 2**20))
        copied = _seconds(lambda: _copy(source, Path(folder) / "copy.bin"))
        began = time.perf_counter()
        address = _upload(client, rows, source)
        uploaded = time.perf_counter() - began
        downloaded = _seconds(lambda: _download(address))
    megabytes = FILE_BYTES / 1e6
    return megabytes / copied, megabytes / uploaded, megabytes / downloaded


def _seconds(act) -> float:  # type: ignore[no-untyped-def]
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    with target.open("rb+") as file:
        os.fsync(file.fileno())


def _upload(client: ApiClient, rows: Rows, source: Path) -> str:
    """Upload, make it an artifact, and give the address at which it can be fetched."""
    connector = rows.organization
    named = client(
        "POST",
        f"/api/organization/{rows.organization}/connector/{connector}/generate_object_name",
        {"filename": source.name, "type": "ARTIFACT", "context": {"experiment_id": str(rows.experiment)}},
    )["object_name"]
    storage = f"/api/object-storage/{connector}"
    begun = client("POST", f"{storage}/init_multipart_upload", {"object_name": named, "content_type": "text/plain"})
    parts = []
    with source.open("rb") as file:
        for number in range(1, FILE_BYTES // PART_BYTES + 2):
            part = {"object_name": named, "upload_id": begun["upload_id"], "part_no": number}
            url = client("POST", f"{storage}/generate_part_presigned_url", part)["url"]
            parts.append({"PartNumber": number, "ETag": _put(url, file.read(PART_BYTES))})
    client(
        "POST",
        f"{storage}/complete_part_upload",
        {"object_name": named, "upload_id": begun["upload_id"], "parts": parts},
    )
    artifact = {"name": f"weights {time.time()}", "filename": source.name, "object_name": named, "large": True}
    address: str = client("POST", f"/api/experiment/{rows.experiment}/artifacts", artifact)["presigned_url"]
    return address


def _put(url: str, content: bytes) -> str:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.netloc, timeout=60)
    connection.request("PUT", f"{address.path}?{address.query}", content)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.headers["ETag"]


def _download(url: str) -> None:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.netloc, timeout=60)
    connection.request("GET", f"{address.path}?{address.query}")
    response = connection.getresponse()
    received = 0
    while chunk := response.read(1024 * 1024):
        received += len(chunk)
    connection.close()
    if received != FILE_BYTES:
        raise RuntimeError(f"{received:,} bytes came of {FILE_BYTES:,}.")
