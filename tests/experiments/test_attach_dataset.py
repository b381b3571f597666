"""`manage.py attach_dataset`: the rules of the page, in sentences."""

import pytest
from django.core.management import CommandError, call_command

from datasets.models import DatasetVersion
from experiments.models import AttachedDatasetVersion, Project
from organizations.models import Organization, Role, User
from tests.factories import DatasetVersionFactory, MembershipFactory


@pytest.fixture
def version(orchard: Organization) -> DatasetVersion:
    return DatasetVersionFactory(dataset__organization=orchard, dataset__name="apples", name="train")


def attach(project: str = "Fruit", version: str = "apples/train", **options: str) -> None:
    call_command("attach_dataset", project, version, **({"organization": "Orchard"} | options))


def refusal(*arguments: str, **options: str) -> str:
    with pytest.raises(CommandError) as refused:
        attach(*arguments, **options)
    assert not AttachedDatasetVersion.objects.exists()
    assert len(str(refused.value).splitlines()) == 1
    return str(refused.value)


def test_it_works(project: Project, version: DatasetVersion, alice: User, capsys):
    attach(by="alice")
    attachment = AttachedDatasetVersion.objects.get()
    assert (attachment.project, attachment.dataset_version, attachment.attached_by) == (project, version, alice)
    assert capsys.readouterr().out == "apples/train is attached to Fruit.\n"


def test_again_changes_nothing(project: Project, version: DatasetVersion, alice: User, olive: User, capsys):
    attach(by="alice")
    attach(by="olive")
    assert AttachedDatasetVersion.objects.get().attached_by == alice
    assert "apples/train is already attached to Fruit." in capsys.readouterr().out


def test_the_owner_does_it_when_nobody_is_named(project: Project, version: DatasetVersion, alice: User, olive: User):
    attach()
    assert AttachedDatasetVersion.objects.get().attached_by == olive


def test_names_may_hold_slashes(project: Project, orchard: Organization, olive: User):
    wanted = DatasetVersionFactory(dataset__organization=orchard, dataset__name="a/b", name="c/d")
    attach(version="a/b/c/d")
    assert AttachedDatasetVersion.objects.get().dataset_version == wanted


def test_a_path_of_two_readings_is_refused(project: Project, orchard: Organization, olive: User):
    DatasetVersionFactory(dataset__organization=orchard, dataset__name="a/b", name="c")
    DatasetVersionFactory(dataset__organization=orchard, dataset__name="a", name="b/c")
    assert "can be read as two dataset versions" in refusal(version="a/b/c")


@pytest.mark.parametrize(
    ("arguments", "options", "sentence"),
    [
        ((), {"by": "bob"}, "This needs the role admin in Orchard."),
        ((), {"by": "vera"}, "This needs the role admin in Orchard."),
        ((), {"by": "charlie"}, "There is no organization “Orchard” that charlie is a member of."),
        ((), {"by": "nobody"}, "There is no user “nobody”."),
        ((), {"organization": "Orchid"}, "There is no organization “Orchid”."),
        (("Vegetables",), {}, "There is no project “Vegetables” in Orchard."),
        (("Fr\x00uit",), {}, "Character 3 is a control character"),
        (("Fr\udcffuit",), {}, "Character 3 is a control character"),
        (("Fruit", "apples/test"), {}, "There is no dataset version “apples/test” in Orchard."),
        (("Fruit", "apples"), {}, "Write it as DATASET/VERSION."),
        (("Fruit", "/" * 10_000), {}, "There is no dataset version"),
        (("Fruit", "ships/train"), {}, "There is no dataset version “ships/train” in Orchard."),
    ],
)
def test_it_says_what_is_wrong(
    project: Project,
    version: DatasetVersion,
    harbor: Organization,
    olive: User,
    bob: User,
    vera: User,
    charlie: User,
    arguments: tuple[str, ...],
    options: dict[str, str],
    sentence: str,
):
    DatasetVersionFactory(dataset__organization=harbor, dataset__name="ships", name="train")
    assert sentence in refusal(*arguments, **options)


def test_of_somebody_in_two_organizations_each_has_its_own(project: Project, harbor: Organization, olive: User):
    MembershipFactory(organization=harbor, user=olive, role=Role.OWNER)
    DatasetVersionFactory(dataset__organization=harbor, dataset__name="apples", name="train")
    assert "There is no dataset version “apples/train” in Orchard." in refusal(by="olive")
    assert "There is no project “Fruit” in Harbor." in refusal(organization="Harbor")
