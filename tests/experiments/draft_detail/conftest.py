"""The creation form in Bob's browser: every test of a button is run with htmx and without JavaScript."""

from collections.abc import Callable

import pytest
from django.test import Client

from experiments.creation import create_experiment
from experiments.models import Experiment, ExperimentDraft
from organizations.models import Organization, User
from registry.models import ModelVersion
from tests.experiments.pages import DraftForm
from tests.factories import (
    HyperparameterFactory,
    ModelVersionFactory,
)

ClientOf = Callable[[User], Client]


@pytest.fixture
def client(client_of: ClientOf, bob: User) -> Client:
    return client_of(bob)


@pytest.fixture(params=[False, True], ids=["without JavaScript", "with htmx"])
def with_htmx(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def form(client: Client, draft: ExperimentDraft, with_htmx: bool) -> DraftForm:
    return DraftForm(client, draft, with_htmx=with_htmx)


@pytest.fixture
def form_with_base(client: Client, draft_with_base: ExperimentDraft, with_htmx: bool) -> DraftForm:
    return DraftForm(client, draft_with_base, with_htmx=with_htmx)


@pytest.fixture
def other(orchard: Organization) -> ModelVersion:
    version = ModelVersionFactory(model__organization=orchard, model__name="Other")
    HyperparameterFactory(architecture=version.architecture, key="epochs", value="30", maximum="40", required=True)
    HyperparameterFactory(architecture=version.architecture, key="batch", value="8")
    return version


@pytest.fixture
def waiting(ready: ExperimentDraft, bob: User) -> Experiment:
    return create_experiment(ready, by=bob)
