"""Whatever people write is shown as text: a script in every text of the database, and none of them on a page."""

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any, TypeAlias
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import models, transaction
from django.test import Client
from django.urls import reverse

from config.ids import new_id
from organizations.models import Organization, User
from registry.hyperparameters import Kind
from tests.furnished import Furnished
from tests.test_every_url import DOWNLOADS, MATRIX, address
from tests.test_isolation import OURS

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]
TextField: TypeAlias = "models.Field[Any, Any]"

CANARY = "javascript:alert(1)//\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}"
MARK = re.compile(r"{{7\*7}}F(\d+)\.")
# Texts that nobody writes: what is allowed there is a short list, or a pattern that the database itself checks.
NOT_WRITTEN = {
    "Blob.sha256",
    "User.password",
    "ApiToken.digest",
    "ApiToken.hint",
    "Data.content_type",
    "Annotation.coordinates",
    "Prediction.coordinates",
    "Log.content_type",
    "UploadPart.etag",
    # A word of the settings, what only the server keeps for itself, and the name of a worker.
    "Job.launcher",
    "Job.output_cursor",
    "Lease.holder",
    "ConstraintSlot.alias",
    "ExperimentDatasetVersion.alias",
    "DraftDatasetVersion.alias",
    # Canonical texts of numbers.
    "Hyperparameter.minimum",
    "Hyperparameter.maximum",
    "DraftHyperparameter.minimum",
    "DraftHyperparameter.maximum",
}
# On no page but the admin's; or cut so short that its mark is lost.
NOT_SHOWN = {
    "Data.object_name",
    "Label.skeleton",
    "Upload.name",
    "Upload.filename",
    "Upload.multipart_id",
    "User.email",
    "Hyperparameter.inherited_value",
    "Publication.files",
    "Publication.hyperparameters",
}

# Attributes whose value is an address.
ADDRESSES = {"href", "src", "action", "formaction", "data", "poster", "hx-get", "hx-post", "hx-delete", "hx-push-url"}


def written_fields() -> "list[TextField]":
    """Every text, and every JSON of texts, that people can write."""
    found: list[TextField] = []
    for model in apps.get_models():
        for field in model._meta.concrete_fields if model._meta.app_label in OURS else []:
            is_text = isinstance(field, (models.CharField, models.TextField, models.JSONField)) and not field.choices
            if is_text and _name(field) not in NOT_WRITTEN:
                found.append(field)
    return found


def _name(field: "TextField") -> str:
    return f"{field.model.__name__}.{field.name}"


def poison() -> None:
    """Write the canary, marked with the field's number, into all of them, past every check but the database's."""
    for model in ("Hyperparameter", "DraftHyperparameter"):
        rows = next(found for found in apps.get_models() if found.__name__ == model)._default_manager
        rows.exclude(kind=Kind.CHOICE).update(kind=Kind.TEXT)
    for number, field in enumerate(written_fields()):
        for index, pk in enumerate(field.model._default_manager.values_list("pk", flat=True)):
            text = f"{CANARY}F{number}.{index}"
            assert len(text) <= (field.max_length or len(text)), f"The canary is too long for {_name(field)}."
            field.model._default_manager.filter(pk=pk).update(**{field.name: _shaped(field.name, text)})


def _shaped(name: str, text: str) -> object:
    """The text as the field holds it."""
    return {
        "labelmap": [[0, text]],
        "docker_flags": [text],
        "docker_environment": {text: text},
        "choices": [text],
        "parts": [text],
        **{key: {text: text} for key in ("metadata", "custom_metadata", "attributes", "custom_metrics")},
        "skeleton": {"vertices": [text, text], "edges": [[0, 1]]},
        "data": {"filename": text, "object_name": text, text: text},
        "results": {
            "map": 0.5,
            "images": 1,
            "labels": [{"label": text, "ap": 0.5, "ap_50": 0.5, "drawn": 1, "found": 1}],
        },
        "hyperparameters": [[text, Kind.TEXT, text]],
        "datasets": [{"alias": text, "id": str(new_id()), "name": text, "repartition": {text: 1}}],
        "removed_hyperparameters": [{"key": text, "kind": Kind.TEXT, "value": text}],
    }.get(name, text)


class Suspicious(HTMLParser):
    """What on a page a browser would run, had it come out of a text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.in_script = False
        self.feed(html)
        # Only where it was evaluated.
        self.found += re.findall(r"49F\d+\.", html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: (value or "").strip() for name, value in attrs}
        self.in_script = tag == "script" and "src" not in values
        wrong = [name for name in values if name.startswith(("on", "hx-on")) or name == "style"]
        wrong += [
            name for name in values if name in ADDRESSES and re.match(r"\s*(javascript|data):", values[name], re.I)
        ]
        wrong += [name for name in ("hx-vals", "hx-headers") if values.get(name, "{")[0] not in "{"]
        if (
            wrong
            or self.in_script
            or (tag == "img" and values.get("src") == "x")
            or tag in ("style", "iframe", "object")
        ):
            self.found.append(str(self.get_starttag_text()))


class Forms(HTMLParser):
    """The forms of a page: each one's method and address, and the names of its fields."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((values.get("method", "get").lower(), values.get("action", ""), {}))
        elif tag in ("input", "textarea", "select") and self.forms and values.get("name"):
            kept = values.get("type") == "hidden" or tag == "select"
            self.forms[-1][2][values["name"]] = values.get("value", "") if kept else CANARY


@pytest.fixture
def world(orchard: Organization, olive: User) -> Furnished:
    """Olive's orchard, poisoned."""
    world = Furnished(orchard, olive, "Orchard")
    poison()
    return world


def pages(world: Furnished) -> Iterator[str]:
    for row in MATRIX:
        if (
            row.get
            and "owner" in row.get | ({"owner"} if "member" in row.get else set())
            and row.route not in DOWNLOADS
        ):
            yield address(row, world)
    for subject in ("free_draft", "edit_draft"):
        yield world.address("experiments:draft_detail", subject)
    yield f"{reverse('choosers:choose', args=['draft-dataset-versions'])}?draft={world.free_draft.pk}"
    yield f"{world.address('tracking:experiment_compare')}{world.compared}"
    yield f"{world.address('experiments:project_detail')}{world.compared}&q=nothing"
    for view in ("overview", "console&after=", "console&after=0.0", "logs"):
        yield f"{world.address('training:experiment_live')}?view={view}"
    yield world.failed_job.experiment.get_absolute_url()
    yield world.failed_job.get_absolute_url()
    yield f"{reverse('choosers:choose', args=['model-version'])}?model={world.model.pk}"
    yield f"{reverse('choosers:choose', args=['base-model'])}?draft={world.draft.pk}&tab=private"
    yield f"{world.address('registry:model_version_create')}?copy_from={world.model_version.pk}"


def suspicious_in(answer: Any) -> list[str]:
    """Nothing, if the answer is harmless."""
    assert answer.status_code < 500
    if not answer.get("Content-Type", "").startswith("text/html"):
        return []
    return Suspicious(answer.text).found


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        '<a href=" JavaScript:alert(1)">x</a>',
        '<button hx-get="javascript:alert(1)">x</button>',
        '<form action="data:text/html,x">',
        '<b onclick="alert(1)">x</b>',
        "<img src=x>",
        '<p style="color: red">x</p>',
        '<b hx-on:click="alert(1)">x</b>',
        '<b hx-vals="js:{x: alert(1)}">x</b>',
        "49F1.0",
    ],
)
def test_what_would_run_is_found(html: str) -> None:
    """The check of the check."""
    assert Suspicious(f"<p>{html}</p>").found


def test_every_field_is_poisoned(world: Furnished) -> None:
    """A field that is added is found by itself; what is written in none of the rows here would not be tested."""
    for field in written_fields():
        values = field.model._default_manager.values_list(field.name, flat=True)
        assert any("alert(1)" in str(value) for value in values), f"There is no row of {_name(field)} in `Furnished`."


def test_no_page_runs_what_people_wrote(client_of: ClientOf, olive: User, world: Furnished) -> None:
    client, shown = client_of(olive), set[str]()
    for path in pages(world):
        answer = client.get(path)
        assert suspicious_in(answer) == [], path
        shown |= set(MARK.findall(answer.text)) if answer.status_code == 200 else set()
    fields = {str(number): _name(field) for number, field in enumerate(written_fields())}
    assert {fields[number] for number in fields if number not in shown} == NOT_SHOWN


@pytest.mark.parametrize("target", ["results", "rows", "dialog", "draft", "attach"])
def test_no_fragment_does(target: str, client_of: ClientOf, olive: User, world: Furnished) -> None:
    client, fragments = client_of(olive), 0
    for path in pages(world):
        answer = client.get(path, headers={"HX-Request": "true", "HX-Target": target})
        assert suspicious_in(answer) == [], path
        fragments += "<html" not in answer.text
    assert fragments


@pytest.mark.parametrize(
    "names",
    [
        ["q"],
        ["field"],
        ["type", "status", "tab", "older", "label", "copy_from", "back"],
        ["experiment", "sort", "metric", "x", "lowest"],
    ],
)
def test_no_search_does(names: list[str], client_of: ClientOf, olive: User, world: Furnished) -> None:
    client, query = client_of(olive), urlencode(dict.fromkeys(names, CANARY))
    for path in pages(world):
        answer = client.get(f"{path}{'&' if '?' in path else '?'}{query}")
        assert suspicious_in(answer) == [], path


def test_no_form_does(client_of: ClientOf, olive: User, world: Furnished) -> None:
    """Each form of each page is sent with the script in every field: what is refused is shown again, what is taken is
    shown on the next page, in a message too."""
    client, sent = client_of(olive), 0
    for path in pages(world):
        for method, action, fields in Forms(client.get(path).text).forms:
            if method == "post" and action != "/sign-out/":
                with transaction.atomic():
                    answer = client.post(action or path, fields, follow=True)
                    transaction.set_rollback(True)
                assert suspicious_in(answer) == [], (path, action)
                sent += 1
    assert sent > 30


@pytest.mark.parametrize(
    "act",
    [
        {"new-key": CANARY, "new-kind": "TEXT", "new-value": CANARY, "action": "add"},
        {"new-key": CANARY * 9, "new-kind": CANARY, "new-value": CANARY * 999, "action": "add"},
        {"name": CANARY * 20, "inference_type": CANARY, "action": "create"},
        {"name": CANARY, "was-name": CANARY, "action": "save"},
        {"action": "change-type:" + CANARY},
        {"action": "detach"},
        {"action": "remove-dataset:" + CANARY},
        {"action": "set-datasets", "constraint": CANARY, "version": CANARY, f"alias-{CANARY}": CANARY},
        {"action": "choose:base-model:" + CANARY},
    ],
    ids=lambda act: act["action"].partition(":")[0],
)
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true", "HX-Target": "draft"}], ids=["page", "fragment"])
def test_no_act_of_the_form_does(
    act: dict[str, str], headers: dict[str, str], client_of: ClientOf, olive: User, world: Furnished
) -> None:
    client = client_of(olive)
    for draft in ("draft", "free_draft"):
        answer = client.post(world.address("experiments:draft_detail", draft), act, headers=headers)
        assert suspicious_in(answer) == []


@pytest.mark.parametrize(
    "path",
    ["/" + CANARY, "/registry/?older=" + CANARY, "/choose/" + CANARY, "/files/" + CANARY + "/", "/admin/" + CANARY],
)
def test_no_refusal_does(path: str, client_of: ClientOf, staff: User, client: Client) -> None:
    for visitor in (client, client_of(staff)):
        assert suspicious_in(visitor.get(path, follow=True)) == []
    assert suspicious_in(client.post("/sign-in/", {"username": CANARY, "password": CANARY, "next": CANARY})) == []


def test_the_sign_in_does_not(client: Client, world: Furnished) -> None:
    """Not even where guesses are listed: the admin shows the names that were tried, and with which browser."""
    for _ in range(6):
        answer = client.post("/sign-in/", {"username": CANARY[:150], "password": "x"}, headers={"User-Agent": CANARY})
        assert suspicious_in(answer) == []


def test_the_admin_does_not(client_of: ClientOf, staff: User, client: Client, world: Furnished) -> None:
    client.post("/sign-in/", {"username": CANARY[:150], "password": "x"}, headers={"User-Agent": CANARY})
    LogEntry.objects.create(user=staff, action_flag=CHANGE, object_repr=CANARY, change_message=CANARY)
    keeper, checked = client_of(staff), 0
    for model in admin.site._registry:
        names = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        row = model._default_manager.order_by("pk").first()
        paths = [reverse(f"{names}_changelist"), f"{reverse(f'{names}_changelist')}?q={CANARY[:40]}"]
        if row:
            paths += [reverse(f"{names}_{page}", args=[row.pk]) for page in ("change", "history", "delete")]
        for path in ["/admin/", *paths]:
            answer = keeper.get(path, follow=True)
            assert [found for found in suspicious_in(answer) if not _is_djangos_own(found)] == [], path
            checked += "alert(1)" in answer.text
    assert checked > 40


def _is_djangos_own(tag: str) -> bool:
    """The admin passes figures to its scripts in a script element of JSON, which nothing runs."""
    return "alert" not in tag


# Files


NAMES = [
    'a"; filename=x.html',
    "a\r\nX-Evil: 1",
    "a\nSet-Cookie: evil=1",
    "../../etc/passwd",
    "..\\..\\windows\\x.exe",
    "\u202egnp.exe",
    "Äpfel – 苹果 🍎.bin",
    "a\x00b",
    "%0d%0aX-Evil: 1",
    CANARY,
    "x" * 255,
    "...",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("route", ["registry:file_download", "experiments:artifact_download"])
def test_a_files_name_is_only_a_name(
    name: str, route: str, client_of: ClientOf, olive: User, orchard: Organization
) -> None:
    world = Furnished(orchard, olive, "Orchard")
    for file in (world.file, world.artifact):
        file.filename = name.replace("\x00", "\x01")  # which PostgreSQL would not even keep
        file.save()
    answer = client_of(olive).get(world.address(route), follow=True)
    assert b"".join(answer) == b"Orchard"
    assert "X-Evil" not in answer.headers
    assert "evil" not in answer.cookies
    disposition = answer["Content-Disposition"]
    assert disposition.startswith("attachment")
    assert not re.search(r"[\r\n\x00-\x1f/\\]", disposition)
    assert len(re.findall(r"filename\*?=", disposition)) == 1 + ("; filename=x.html" in disposition)
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_a_page_of_scripts_is_never_drawn(client_of: ClientOf, olive: User, world: Furnished) -> None:
    """Links to files that are no images lead to downloads, whatever the file is called."""
    world.file.filename = "page.svg"
    world.file.save()
    answer = client_of(olive).get(world.address("registry:file_download"), follow=True)
    assert (answer["Content-Type"], answer["Content-Disposition"]) == (
        "application/octet-stream",
        'attachment; filename="page.svg"',
    )
    assert b"".join(answer)
