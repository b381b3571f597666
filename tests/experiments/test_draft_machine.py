"""Any order of actions leaves a draft that creates a correct experiment, or says why not; and never anything else."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from config.ids import new_id
from config.inference_types import fits
from datasets.models import DatasetVersion
from datasets.services import delete_dataset_version
from experiments.creation import DraftIncomplete, create_experiment, save_changes
from experiments.drafts.base import attach_base, change_type, detach_base
from experiments.drafts.datasets import Choice, constraints_for, remove_dataset_version, set_dataset_versions
from experiments.drafts.hyperparameters import (
    add_hyperparameter,
    remove_hyperparameter,
    reset_hyperparameter,
    restore_hyperparameter,
)
from experiments.drafts.lifecycle import discard_draft, draft_of_changes, start_draft, start_from
from experiments.drafts.review import DraftReview
from experiments.drafts.saving import save_form
from experiments.models import AttachedDatasetVersion, Experiment, ExperimentDraft, Project
from experiments.services import attach_dataset_version, detach_dataset_version
from organizations.models import Role, User
from registry.aliases import repeated_aliases, validate_alias
from registry.editing import set_constraints, set_hyperparameters
from registry.models import ArchitectureFile, ModelVersion
from registry.rows import ConstraintRow, HyperparameterRow, SlotRow
from registry.services import delete_model_version, edit_model_version
from storage.models import Blob
from tests.experiments.making import again
from tests.factories import (
    DatasetConstraintFactory,
    DatasetFactory,
    DatasetVersionFactory,
    HyperparameterFactory,
    MembershipFactory,
    ModelVersionFactory,
    OrganizationFactory,
    ProjectFactory,
)

NAMES = st.sampled_from(["", "  ", "first", " first ", "second", "n" * 101, "two\nlines", "a\x00"])
TYPES = st.sampled_from(
    ["CLASSIFICATION", "CLASSIFICATION", "OBJECT_DETECTION", "MULTI", "", "NOT_CONFIGURED", "PLANT"]
)
KEYS = st.sampled_from(["epochs", "rate", "mode", "own", " own ", "", "k" * 101])
KINDS = st.sampled_from(["INTEGER", "NUMBER", "BOOLEAN", "TEXT", "CHOICE", "LIST"])
VALUES = st.sampled_from(["", "1", "7", "0.5", "true", "fast", "nan", "1e999", "9" * 25, "a\x00", "t" * 10_001, " 7 "])
ALIASES = st.sampled_from(["train", "test", "val", "Train", "-no-", ""])
WHICH = st.integers(min_value=0, max_value=11)
ROWS = [
    HyperparameterRow(key="epochs", kind="INTEGER", value="20", minimum="1", maximum="50", required=True),
    HyperparameterRow(key="epochs", kind="TEXT", value="many"),
    HyperparameterRow(key="rate", kind="NUMBER", value="0.1", maximum="1"),
    HyperparameterRow(key="mode", kind="CHOICE", value="fast", choices=["fast", "slow"], required=True),
    HyperparameterRow(key="own", kind="BOOLEAN", value="true"),
]
CONSTRAINTS = [
    ConstraintRow(name="two", slots=[SlotRow(alias="train"), SlotRow(alias="test")]),
    ConstraintRow(name="two", slots=[SlotRow(alias="train"), SlotRow(alias="val")]),
    ConstraintRow(name="one", slots=[SlotRow(alias="train")]),
]


class DraftMachine(RuleBasedStateMachine):
    """Bob writes a draft while Alice changes everything around it."""

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        organization = OrganizationFactory()
        self.alice: User = MembershipFactory(organization=organization, role=Role.ADMIN).user
        self.bob: User = MembershipFactory(organization=organization).user
        self.project: Project = ProjectFactory(organization=organization)
        dataset = DatasetFactory(organization=organization)
        for kind in ("CLASSIFICATION", "CLASSIFICATION", "OBJECT_DETECTION", "MULTI", "NOT_CONFIGURED"):
            version = DatasetVersionFactory(dataset=dataset, inference_type=kind)
            attach_dataset_version(project=self.project, dataset_version=version, by=self.alice)
        blob = Blob.objects.create(sha256="a" * 64, size=1)
        for kind in ("CLASSIFICATION", "MULTI", "OBJECT_DETECTION"):
            base = ModelVersionFactory(model__organization=organization, inference_type=kind)
            ArchitectureFile.objects.create(architecture=base.architecture, name="weights", filename="w", blob=blob)
            HyperparameterFactory(architecture=base.architecture, key="epochs", minimum="1", required=kind == "MULTI")
            HyperparameterFactory(architecture=base.architecture, key="rate", kind="NUMBER", value="0.1")
            if kind != "MULTI":
                DatasetConstraintFactory(architecture=base.architecture, name="two")
        self.draft = start_draft(project=self.project, draft_id=new_id(), by=self.bob)
        save_form(self.draft, data={"name": "first", "inference_type": "CLASSIFICATION"}, by=self.bob)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    def pick(self, rows: Any, which: int) -> Any:
        found = list(rows.order_by("pk"))
        return found[which % len(found)] if found else None

    # Bob, in the form

    @rule(name=NAMES, description=NAMES, inference_type=TYPES)
    def save_general(self, name: str, description: str, inference_type: str) -> None:
        fields = {"name": name, "description": description, "inference_type": inference_type}
        save_form(self.draft, data=fields, by=self.bob)

    @rule(which=WHICH, value=VALUES, was=st.sampled_from([None, "1"]))
    def save_value(self, which: int, value: str, was: str | None) -> None:
        if row := self.pick(self.draft.hyperparameters, which):
            fields = {f"hp-{row.pk}": value} | ({} if was is None else {f"was-hp-{row.pk}": was})
            save_form(self.draft, data=fields, by=self.bob)

    @rule(key=KEYS, kind=KINDS, value=VALUES)
    def add(self, key: str, kind: str, value: str) -> None:
        with refused():
            add_hyperparameter(self.draft, key=key, kind=kind, value=value, by=self.bob)

    @rule(which=WHICH, act=st.sampled_from([remove_hyperparameter, restore_hyperparameter, reset_hyperparameter]))
    def on_a_row(self, which: int, act: Any) -> None:
        if row := self.pick(self.draft.hyperparameters, which):
            with refused():
                act(self.draft, row_id=row.pk, by=self.bob)

    @rule(which=WHICH, an_experiment=st.booleans())
    def attach(self, which: int, an_experiment: bool) -> None:
        if base := self.pick((Experiment if an_experiment else ModelVersion).objects, which):
            with refused():
                attach_base(self.draft, base=base, by=self.bob)

    @rule()
    def detach(self) -> None:
        with refused():
            detach_base(self.draft, by=self.bob)

    @rule(inference_type=TYPES)
    def confirm_type(self, inference_type: str) -> None:
        with refused():
            change_type(self.draft, inference_type=inference_type, by=self.bob)

    @rule(which=WHICH, choices=st.lists(st.tuples(ALIASES, WHICH), max_size=3))
    def choose(self, which: int, choices: list[tuple[str, int]]) -> None:
        constraint = self.pick(constraints_for(again(self.draft)), which)
        chosen = [Choice(alias, self.pick(DatasetVersion.objects, place)) for alias, place in choices]
        with refused():
            set_dataset_versions(
                self.draft, constraint=constraint, choices=[c for c in chosen if c.version], by=self.bob
            )

    @rule(which=WHICH)
    def prepare(self, which: int) -> None:
        """All that a good experiment needs, so that creation often succeeds and is seen with every kind of base."""
        base = self.pick(ModelVersion.objects.exclude(inference_type="OBJECT_DETECTION"), which)
        with refused():
            fields = {"name": f"experiment {new_id()}", "description": "", "inference_type": "CLASSIFICATION"}
            save_form(self.draft, data=fields, by=self.bob)
            if base and again(self.draft).base_kind != "EXPERIMENT":
                attach_base(self.draft, base=base, by=self.bob)
        for row in self.draft.hyperparameters.exclude(inherited_value=None):
            reset_hyperparameter(self.draft, row_id=row.pk, by=self.bob)
        self.choose_well(which, which)

    @rule(which=WHICH, version=WHICH)
    def choose_well(self, which: int, version: int) -> None:
        """So that creation is often possible."""
        constraint = self.pick(constraints_for(again(self.draft)), which)
        aliases = [slot.alias for slot in constraint.slots.all()] if constraint else ["train"]
        if found := self.pick(DatasetVersion.objects.filter(inference_type="MULTI"), version):
            with refused():
                set_dataset_versions(
                    self.draft, constraint=constraint, choices=[Choice(alias, found) for alias in aliases], by=self.bob
                )

    @rule(alias=ALIASES)
    def remove_version(self, alias: str) -> None:
        remove_dataset_version(self.draft, alias=alias, by=self.bob)

    # Alice, around it

    @rule(which=WHICH, rows=st.sets(st.integers(min_value=0, max_value=len(ROWS) - 1)))
    def edit_hyperparameters(self, which: int, rows: set[int]) -> None:
        if base := self.pick(ModelVersion.objects, which):
            with refused():
                set_hyperparameters(version=base, rows=[ROWS[row] for row in sorted(rows)], by=self.alice)

    @rule(which=WHICH, rows=st.sets(st.integers(min_value=0, max_value=len(CONSTRAINTS) - 1)))
    def edit_constraints(self, which: int, rows: set[int]) -> None:
        if base := self.pick(ModelVersion.objects, which):
            with refused():
                set_constraints(version=base, rows=[CONSTRAINTS[row] for row in sorted(rows)], by=self.alice)

    @rule(which=WHICH, kind=TYPES)
    def edit_base(self, which: int, kind: str) -> None:
        if base := self.pick(ModelVersion.objects, which):
            with refused():
                edit_model_version(
                    version=base, name=base.name, description="", inference_type=kind, framework="ONNX", by=self.alice
                )

    @rule(which=WHICH)
    def delete_base(self, which: int) -> None:
        if base := self.pick(ModelVersion.objects, which):
            delete_model_version(version=base, by=self.alice)

    @rule(which=WHICH, act=st.sampled_from([attach_dataset_version, detach_dataset_version]))
    def attach_or_detach_version(self, which: int, act: Any) -> None:
        if version := self.pick(DatasetVersion.objects, which):
            with refused():
                act(project=self.project, dataset_version=version, by=self.alice)

    @rule(which=WHICH)
    def delete_version(self, which: int) -> None:
        if version := self.pick(DatasetVersion.objects, which):
            with refused():
                delete_dataset_version(version=version, by=self.alice)

    # The end, and the next

    @rule()
    def create(self) -> None:
        draft = again(self.draft)
        problems = DraftReview(draft).problems
        act = save_changes if draft.edits_id else create_experiment
        if problems:
            with pytest.raises(DraftIncomplete) as refusal:
                act(draft, by=self.bob)
            assert refusal.value.problems == problems
            return
        experiment = act(draft, by=self.bob)
        assert_correct(Experiment.objects.get(pk=experiment.pk), draft)
        assert not ExperimentDraft.objects.filter(pk=self.draft.pk).exists()
        self.draft = start_draft(project=self.project, draft_id=self.draft.pk, by=self.bob)

    @precondition(lambda self: Experiment.objects.filter(project=self.project).exists())
    @rule(which=WHICH, act=st.sampled_from([start_from, draft_of_changes]))
    def go_on_from_an_experiment(self, which: int, act: Any) -> None:
        self.draft = act(self.pick(Experiment.objects.filter(project=self.project), which), by=self.bob)

    @rule(which=WHICH)
    def create_another(self, which: int) -> None:
        self.prepare(which)
        self.create()

    @precondition(lambda self: Experiment.objects.filter(project=self.project).exists())
    @rule(which=WHICH)
    def create_from_an_experiment(self, which: int) -> None:
        self.go_on_from_an_experiment(which, start_from)
        self.create_another(which)

    @rule()
    def discard(self) -> None:
        discard_draft(self.draft, by=self.bob)
        self.draft = start_draft(project=self.project, draft_id=new_id(), by=self.bob)

    @invariant()
    def it_can_be_read(self) -> None:
        review = DraftReview(again(self.draft))
        assert {part.state for part in review.parts} <= {"ready", "empty", "attention"}
        assert (review.slots, review.surplus, review.label_differences, review.repeated_versions) is not None
        connection.check_constraints()


@contextmanager
def refused() -> Iterator[None]:
    """A service may refuse, with a sentence; anything else is an error."""
    try:
        yield
    except ValidationError as refusal:
        if not all(refusal.messages):
            raise AssertionError("refused without a word") from refusal


def assert_correct(experiment: Experiment, draft: ExperimentDraft) -> None:
    """Everything that must hold of an experiment, whatever led to it."""
    assert experiment.name == draft.name.strip()
    assert experiment.inference_type not in ("", "NOT_CONFIGURED")
    rows = {row.key: row for row in experiment.architecture.hyperparameters.all()}
    for row in rows.values():
        assert row.rule.canonical(row.value) == row.value
    base = None if draft.edits_id else draft.base
    if base:
        required = base.architecture.hyperparameters.filter(required=True).values_list("key", flat=True)
        assert set(required) <= set(rows)
        assert fits(base.inference_type, experiment.inference_type)
        for related in ("files", "constraints"):
            copied = getattr(experiment.architecture, related).values_list("name", flat=True)
            assert list(copied) == list(getattr(base.architecture, related).values_list("name", flat=True))
    entries = list(experiment.dataset_versions.select_related("dataset_version"))
    aliases = [entry.alias for entry in entries]
    assert repeated_aliases(aliases) == set()
    for entry in entries:
        validate_alias(entry.alias)
        assert fits(entry.dataset_version.inference_type, experiment.inference_type)
        assert AttachedDatasetVersion.objects.filter(
            project=experiment.project, dataset_version=entry.dataset_version
        ).exists()
    constraint = experiment.dataset_constraint
    assert (constraint is None) == (not experiment.architecture.constraints.exists())
    if constraint:
        assert constraint.architecture == experiment.architecture
        assert sorted(slot.alias for slot in constraint.slots.all()) == sorted(aliases)


@pytest.mark.django_db
def test_any_order_of_actions() -> None:
    run_state_machine_as_test(
        DraftMachine,
        settings=settings(
            max_examples=50,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
