"""A real S3 server for the tests that name it, and a bucket of its own for each of them."""

import subprocess
import sys
import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from django.conf import LazySettings

from tests.storage.s3_keys import ACCESS_KEY, REGION, SECRET_KEY


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the server."""
    folder = tmp_path_factory.mktemp("s3")
    command = [sys.executable, "-W", "ignore", "-m", "tests.storage.s3_server", str(folder / "devices")]
    with (folder / "log").open("w+") as log:
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        with server:
            try:
                port = server.stdout.readline().strip() if server.stdout else ""
                assert port, f"The S3 server did not start: {(folder / 'log').read_text()}"
                yield f"http://127.0.0.1:{port}"
            finally:
                server.kill()


@pytest.fixture
def bucket(endpoint: str, settings: LazySettings) -> Any:
    """A new bucket that the settings name."""
    name = f"test-{uuid.uuid4()}"
    options = {
        "endpoint_url": endpoint,
        "bucket_name": name,
        "access_key": ACCESS_KEY,
        "secret_key": SECRET_KEY,
        "region_name": REGION,
        "signature_version": "s3v4",
        "addressing_style": "path",
        "file_overwrite": True,
    }
    use(settings, options)
    connection = boto3.resource(
        "s3",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
    )
    return connection.create_bucket(Bucket=name)


def use(settings: LazySettings, options: dict[str, Any]) -> None:
    """Let the settings name a bucket."""
    backend = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "default": backend}
