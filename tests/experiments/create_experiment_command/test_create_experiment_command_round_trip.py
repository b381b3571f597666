"""Out of the database, in and out again, the file of an experiment is the same."""

from pathlib import Path
from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from experiments.creation import create_experiment, delete_experiment
from experiments.drafts.hyperparameters import add_hyperparameter, remove_hyperparameter
from experiments.exchange import create_from_file
from experiments.experiment_file import read_experiment_file
from experiments.models import Experiment, Project
from organizations.models import Organization, User
from registry.hyperparameters import Kind, kind_of, write
from registry.models import ModelVersion
from tests.experiments.create_experiment_command.written import FILE, create, dump, replaced, values_of
from tests.experiments.making import change, named_draft, row_of
from tests.factories import AttachedDatasetVersionFactory, ProjectFactory


def test_out_in_and_out_again_is_the_same(world: Project, path: Path, olive: User):
    first = create(path)
    assert dump(first) == FILE
    Experiment.objects.filter(pk=first.pk).update(name="another")
    second = create(path, FILE)
    assert dump(second) == FILE
    assert values_of(second) == values_of(first)
    delete_experiment(second, by=olive)
    assert dump(create(path, FILE)) == FILE


def test_into_another_project(world: Project, orchard: Organization, path: Path):
    other = ProjectFactory(organization=orchard, name="Vegetables")
    for attachment in world.attachments.all():
        AttachedDatasetVersionFactory(project=other, dataset_version=attachment.dataset_version)
    text = replaced("Fruit", "Vegetables", dump(create(path)))
    assert dump(create(path, text)) == text


# Random edits are made as people make them: through the form's services.

texts = st.text(st.characters(exclude_categories=["Cc", "Cs"], include_characters="\n\t"), max_size=10)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    Kind.INTEGER: st.integers(-(2**63), 2**63 - 1),
    Kind.NUMBER: st.floats(allow_nan=False, allow_infinity=False),
    Kind.BOOLEAN: st.booleans(),
    Kind.TEXT: st.one_of(st.sampled_from(["", "22", "0.001", "true", "nan", '"""']), texts),
}
changes = st.fixed_dictionaries(
    {},
    optional={
        "epochs": st.integers(1, 500),
        "learning_rate": VALUES[Kind.NUMBER],
        "augment": VALUES[Kind.BOOLEAN],
        "optimizer": st.sampled_from(["adam", "sgd"]),
        "note": VALUES[Kind.TEXT],
    },
)
keys = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=8).map(str.strip).filter(bool)
additions = st.dictionaries(
    keys.filter(lambda key: key not in ("epochs", "learning_rate", "augment", "optimizer", "note")),
    st.one_of(*VALUES.values()),
    max_size=4,
)
removals = st.sets(st.sampled_from(["learning_rate", "augment", "optimizer", "note"]), max_size=3)


@given(changed=changes, added=additions, removed=removals)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_edits_come_back(
    world: Project,
    base: ModelVersion,
    bob: User,
    path: Path,
    changed: dict[str, Any],
    added: dict[str, Any],
    removed: set[str],
):
    base.architecture.constraints.all().delete()
    with transaction.atomic():
        draft = named_draft(world, bob, "random", base)
        change(draft, **{key: write(value) for key, value in changed.items()})
        for key, value in added.items():
            add_hyperparameter(draft, key=key, kind=kind_of(value), value=write(value), by=bob)
        for key in removed:
            remove_hyperparameter(draft, row_id=row_of(draft, key).pk, by=bob)
        first = create_experiment(draft, by=bob)
        written = dump(first)
        path.write_text(written, encoding="utf-8", newline="\n")
        Experiment.objects.filter(pk=first.pk).update(name="another")
        second = create_from_file(read_experiment_file(path), place=path.name, by=bob)
        assert dump(second) == written
        assert values_of(second) == values_of(first)
        assert second.removed_hyperparameters == first.removed_hyperparameters
        transaction.set_rollback(True)
