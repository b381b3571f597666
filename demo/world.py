"""The world to try the product in. What is there already stays as it is, so that building it again costs nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import transaction

from config.inference_types import InferenceType
from datasets.models import DatasetVersion
from datasets.services import fill_dataset_version
from demo import content
from demo.content import Planned
from demo.model_folders import PUBLIC, make_folder, specification
from experiments.attachments import attach_to_experiment
from experiments.models import Experiment, Project
from experiments.scripted import create_scripted_experiment
from experiments.services import attach_dataset_version, create_project
from organizations.models import Membership, Organization, Role, User
from registry.editing import set_constraints
from registry.exchange import import_model_folder
from registry.models import ModelVersion, RegisteredModel
from registry.rows import ConstraintRow, SlotRow
from registry.services import create_model, create_model_version
from training.preflight import blocking
from training.services import launch

ORCHARD, HARBOR = "Orchard Vision", "Harbor Robotics"
DEMO_USER = "ana"
PEOPLE = {
    "ana": ("Ana", "Nash", {ORCHARD: Role.ADMIN}),
    "tom": ("Tom", "Okafor", {ORCHARD: Role.OWNER, HARBOR: Role.OWNER}),
    "vera": ("Vera", "Lindqvist", {ORCHARD: Role.VIEWER}),
    "ben": ("Ben", "Castillo", {HARBOR: Role.OWNER}),
}
STAFF = "tom"
HANDWRITING = ("digits/train", "digits/val", "digits/test", "digit-scenes/train", "digit-scenes/test", "scans/raw")
MONTHLY = [
    ConstraintRow(
        name="this month against the fixed set",
        slots=[
            SlotRow(alias="train", help="The postcodes that were read this month."),
            SlotRow(alias="test", help="The fixed set that every month is measured on."),
        ],
    )
]

# Model, and dataset versions by alias, of the experiments that are there from the beginning.
EXPERIMENTS = {
    "finding digits": ("digits-detector", {"train": "digit-scenes/train", "test": "digit-scenes/test"}),
    "reading digits": ("digits-mlp", {"train": "digits/train", "val": "digits/val", "test": "digits/test"}),
}

Say = Callable[[str], None]


@dataclass
class World:
    """Builds what is missing, and says each thing that it made.

    Args:
        password: of the people who are made.
        say: gets a line for each thing made.
    """

    password: str
    say: Say
    organizations: dict[str, Organization] = field(default_factory=dict)
    people: dict[str, User] = field(default_factory=dict)

    def build(self) -> None:
        """Make whatever of the world isn't there."""
        self._make_people()
        if self._missing_versions() or self._missing_models():
            with TemporaryDirectory() as folder:
                self._fill(Path(folder))
        self._make_private_models()
        self._make_project(
            ORCHARD, "Handwriting", "Reads handwritten digits, alone and in scenes.", HANDWRITING, by=DEMO_USER
        )
        self._make_experiments()
        self._make_project(HARBOR, "Dials", "Reads the lower half of a dial.", ("low-digits/all",), by="ben")

    def _make_people(self) -> None:
        for name in (ORCHARD, HARBOR):
            self.organizations[name], is_new = Organization.objects.get_or_create(name=name)
            if is_new:
                self.say(f"organization {name}")
        for username, (first, last, roles) in PEOPLE.items():
            user = User.objects.filter(username=username).first()
            self.people[username] = user or self._make_person(username, first, last, roles)

    @transaction.atomic
    def _make_person(self, username: str, first: str, last: str, roles: dict[str, Role]) -> User:
        is_staff = username == STAFF
        user = User.objects.create_user(
            username, password=self.password, first_name=first, last_name=last, is_staff=is_staff, is_superuser=is_staff
        )
        for name, role in roles.items():
            Membership.objects.create(organization=self.organizations[name], user=user, role=role)
        self.say(f"user {username}: " + ", ".join(f"{role.label.lower()} of {name}" for name, role in roles.items()))
        return user

    def _missing_versions(self) -> list[tuple[str, Planned]]:
        there = set(DatasetVersion.objects.values_list("dataset__organization__name", "dataset__name", "name"))
        wanted = [(name, one) for name, plan in _PLANS.items() for one in plan]
        return [(name, one) for name, one in wanted if (name, one.dataset, one.version) not in there]

    def _missing_models(self) -> list[str]:
        there = set(ModelVersion.objects.filter(model__organization=None).values_list("model__name", "name"))
        return [name for name in PUBLIC if _model_and_version(name) not in there]

    def _fill(self, folder: Path) -> None:
        pictures = folder / "pictures"
        self.say("writing scikit-learn's handwritten digits as pictures")
        content.write_pictures(pictures)
        for organization, planned in self._missing_versions():
            filled = fill_dataset_version(
                organization=self.organizations[organization],
                dataset=planned.dataset,
                content=planned.content(pictures),
                by=self.people[STAFF],
            )
            self.say(f"dataset version {filled.version}: {filled.version.asset_count:,} images")
        for name in self._missing_models():
            self._import_model(name, folder / name, pictures)

    def _import_model(self, name: str, folder: Path, pictures: Path) -> None:
        is_classifier = specification(name)["version"]["inference_type"] == InferenceType.CLASSIFICATION
        make_folder(name, folder, pictures / ("digits" if is_classifier else "digit-scenes"))
        version = import_model_folder(folder=folder, organization=None, by=self.people[STAFF]).version
        self.say(f"public model {version}")

    def _make_private_models(self) -> None:
        self._make_private_model(
            "postcodes-linear", "digits-linear", constraints=[], description="The baseline for our postcodes."
        )
        self._make_private_model(
            "postcodes-mlp", "digits-mlp", constraints=MONTHLY, description="Reads our postcodes, digit by digit."
        )

    @transaction.atomic
    def _make_private_model(self, name: str, base: str, *, constraints: list[ConstraintRow], description: str) -> None:
        """A model of the orchard that begins as a copy of the newest version of a public one."""
        organization, by = self.organizations[ORCHARD], self.people[DEMO_USER]
        source = ModelVersion.objects.filter(model__organization=None, model__name=base).order_by("number").last()
        if source is None or RegisteredModel.objects.filter(organization=organization, name=name).exists():
            return
        model = create_model(name=name, description=description, organization=organization, by=by)
        version = create_model_version(
            model=model,
            description=f"Began as a copy of {source}.",
            inference_type=source.inference_type,
            framework=source.framework,
            copy_from=source,
            by=by,
        )
        set_constraints(version=version, rows=constraints, by=by)
        self.say(f"private model {version}, a copy of {source}")

    @transaction.atomic
    def _make_project(
        self, organization: str, name: str, description: str, versions: Sequence[str], *, by: str
    ) -> None:
        owner, user = self.organizations[organization], self.people[by]
        if Project.objects.filter(organization=owner, name=name).exists():
            return
        project = create_project(name=name, description=description, organization=owner, by=user)
        for path in versions:
            attach_dataset_version(project=project, dataset_version=_dataset_version(owner, path), by=user)
        self.say(f"project {name} with {len(versions)} dataset {'version' if len(versions) == 1 else 'versions'}")

    def _make_experiments(self) -> None:
        there = set(Experiment.objects.filter(project__organization__name=ORCHARD).values_list("name", flat=True))
        for name in EXPERIMENTS:
            if name not in there:
                self._make_experiment(name, *EXPERIMENTS[name])

    @transaction.atomic
    def _make_experiment(self, name: str, model: str, versions: Mapping[str, str]) -> None:
        """An experiment from the newest version of a public model, launched where the server runs trainings itself."""
        organization, by = self.organizations[ORCHARD], self.people[DEMO_USER]
        project = Project.objects.get(organization=organization, name="Handwriting")
        base = ModelVersion.objects.filter(model__organization=None, model__name=model).order_by("number").last()
        if base is None:
            return
        experiment = create_scripted_experiment(project=project, name=name, base_model_version=base, by=by)
        experiment.inference_type = base.inference_type  # which a script's experiment leaves open
        experiment.save(update_fields=["inference_type"])
        for alias, path in versions.items():
            attach_to_experiment(experiment, alias=alias, dataset_version=_dataset_version(organization, path), by=by)
        is_launched = not blocking(experiment)
        if is_launched:
            launch(experiment=experiment, by=by)
        self.say(f"experiment {name}" + (", which is about to train" if is_launched else ""))


_PLANS = {ORCHARD: content.ORCHARD, HARBOR: content.HARBOR}


def _dataset_version(organization: Organization, path: str) -> DatasetVersion:
    dataset, version = path.split("/")
    return DatasetVersion.objects.get(dataset__organization=organization, dataset__name=dataset, name=version)


def _model_and_version(name: str) -> tuple[str, str]:
    written = specification(name)
    return written["name"], written["version"].get("name", "v1")
