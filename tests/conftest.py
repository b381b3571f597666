"""The people of the tests: Alice administers the orchard, Bob and Vera are on her team, Charlie is a stranger."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client

from organizations.models import Organization, Role, User
from tests.factories import MembershipFactory, OrganizationFactory, UserFactory
from tests.settings import TEST_DIR
from training.launchers.local import LocalLauncher

# Axes' backend comes first in the settings and knows no users.
BACKEND = "django.contrib.auth.backends.ModelBackend"


def pytest_configure() -> None:
    TEST_DIR.mkdir(parents=True, exist_ok=True)


def pytest_unconfigure() -> None:
    shutil.rmtree(TEST_DIR, ignore_errors=True)


@pytest.fixture(autouse=True)
def files_dir(settings: LazySettings, tmp_path: Path) -> Path:
    """Where this test's blobs lie."""
    folder = tmp_path / "files"
    settings.FILES_DIR = folder
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": folder}},
    }
    return folder


@pytest.fixture
def runs_dir(settings: LazySettings, tmp_path: Path) -> Iterator[Path]:
    """Where the local launcher, with two slots, has its folders. What still runs there is ended with the test."""
    settings.LAUNCHERS = {"local": 2}
    settings.RUNS_DIR = tmp_path / "runs"
    yield settings.RUNS_DIR
    launcher = LocalLauncher()
    for run_id in launcher.known():
        launcher.stop(run_id, at_once=True)


@pytest.fixture
def orchard(db: None) -> Organization:
    """The organization that the tests play in."""
    return OrganizationFactory(name="Orchard")


@pytest.fixture
def harbor(db: None) -> Organization:
    """The other organization: nothing of the orchard may be seen there."""
    return OrganizationFactory(name="Harbor")


@pytest.fixture
def olive(orchard: Organization) -> User:
    """The owner of the orchard."""
    return MembershipFactory(organization=orchard, user__username="olive", role=Role.OWNER).user


@pytest.fixture
def alice(orchard: Organization) -> User:
    """An admin of the orchard."""
    return MembershipFactory(organization=orchard, user__username="alice", role=Role.ADMIN).user


@pytest.fixture
def bob(orchard: Organization) -> User:
    """A member of the orchard."""
    return MembershipFactory(organization=orchard, user__username="bob", role=Role.MEMBER).user


@pytest.fixture
def vera(orchard: Organization) -> User:
    """A viewer in the orchard."""
    return MembershipFactory(organization=orchard, user__username="vera", role=Role.VIEWER).user


@pytest.fixture
def charlie(harbor: Organization) -> User:
    """A stranger: member of the harbor alone."""
    return MembershipFactory(organization=harbor, user__username="charlie", role=Role.MEMBER).user


@pytest.fixture
def staff(db: None) -> User:
    """A superuser, who may use the admin and is a member of nothing."""
    return UserFactory(username="staff", is_staff=True, is_superuser=True)


@pytest.fixture
def client_of(db: None) -> Callable[[User], Client]:
    """A test client in which the user is signed in."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend=BACKEND)
        return client

    return sign_in
