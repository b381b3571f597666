"""Who looks after the jobs, and what is said when nobody does."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from experiments.models import Experiment
from organizations.models import User
from tests.factories import JobFactory
from training import lease
from training.lease import LeaseLost
from training.models import Job, Lease

pytestmark = pytest.mark.django_db

NOBODY = "no worker runs"


def test_one_holds_it_until_it_is_released() -> None:
    first = lease.take("first")
    assert first is not None
    assert lease.take("second") is None
    first.release()
    second = lease.take("second")
    assert second is not None
    assert second.fence == first.fence + 1
    with pytest.raises(LeaseLost):
        first.renew()


def test_who_is_not_heard_of_for_its_lifetime_loses_it() -> None:
    first = lease.take("first")
    assert first is not None
    Lease.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    first.renew()  # nobody took it meanwhile
    assert lease.take("second") is None
    Lease.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert lease.take("second") is not None
    first.release()
    assert lease.take("third") is None, "what the second holds is not the first's to release"


def test_a_job_that_nobody_begins_says_so(
    untrained: Experiment, vera: User, client_of: Callable[[User], Client]
) -> None:
    job = JobFactory(experiment=untrained, launcher="local")
    page = reverse("training:experiment_console", args=[untrained.pk])
    assertNotContains(client_of(vera).get(page), NOBODY)
    Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(minutes=1))
    assertContains(client_of(vera).get(page), NOBODY)
    held = lease.take("a worker")
    assert held is not None
    held.release()
    assertNotContains(client_of(vera).get(page), NOBODY)
    Lease.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    assertContains(client_of(vera).get(page), NOBODY)
