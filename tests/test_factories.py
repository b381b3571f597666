"""Every factory makes a valid row, so that a failing test is about what it tests."""

import inspect

import pytest
from factory.django import DjangoModelFactory

from tests import factories

FACTORIES = [
    value
    for value in vars(factories).values()
    if inspect.isclass(value) and issubclass(value, DjangoModelFactory) and value is not DjangoModelFactory
]


@pytest.mark.django_db
@pytest.mark.parametrize("make", FACTORIES, ids=lambda make: make.__name__)
def test_it_makes_a_valid_row(make: type[DjangoModelFactory]) -> None:
    row = make()
    # A classification lies nowhere on its image: its coordinates are empty, which a form would not accept.
    row.full_clean(exclude={"coordinates"} if make is factories.AnnotationFactory else None)
    assert type(row).objects.filter(pk=row.pk).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("make", FACTORIES, ids=lambda make: make.__name__)
def test_it_makes_another_one(make: type[DjangoModelFactory]) -> None:
    assert make().pk != make().pk
