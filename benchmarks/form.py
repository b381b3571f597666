"""The creation form from its first field to Create, action by action, as a browser with htmx sends them."""

from html.parser import HTMLParser
from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from benchmarks.bases import ALIASES, INFERENCE_TYPE, make_base
from benchmarks.report import WARM_UP, Report, milliseconds, p50, p95
from benchmarks.sides import Side, text_of
from config.ids import new_id
from experiments.drafts.datasets import versions_for
from experiments.drafts.lifecycle import start_draft
from experiments.models import DraftHyperparameter, Experiment
from registry.models import ModelVersion

ACTION_MAX_MS = 60.0


def measure(report: Report, side: Side, *, runs: int) -> None:
    """In the organization with many rows, with a base of ten files and hyperparameters."""
    base = make_base(side, "mlp", rows=10, file_bytes=1_024)
    report.table(
        "The creation form: each action is one request, server time in milliseconds",
        ["", "queries", "p50", "p95", "KB", "limits"],
        [46, 9, 8, 8, 8, 7],
    )
    journeys = [Journey(side, base) for _ in range(runs + WARM_UP)]
    for journey in journeys:
        journey.run()
    counted = Journey(side, base, counts_queries=True)
    counted.run()
    for name, size in counted.sizes.items():
        samples = [journey.times[name] for journey in journeys[WARM_UP:]]
        verdict = report.verdict(f"form, {name}: p50", p50(samples), ACTION_MAX_MS)
        figures = [f"{p50(samples):.1f}", f"{p95(samples):.1f}", f"{size / 1_024:.1f}"]
        report.row([name, str(counted.queries[name]), *figures, verdict])


class Journey:
    """One draft. The whole form goes along with every click, as it does in the browser.

    Attributes:
        times: milliseconds of each action.
        sizes: bytes of its answer, compressed.
        queries: of each action, when they are counted.
    """

    def __init__(self, side: Side, base: ModelVersion, *, counts_queries: bool = False) -> None:
        self.side, self.base, self.counts_queries = side, base, counts_queries
        self.draft = start_draft(project=side.project, draft_id=new_id(), by=side.user)
        self.path = reverse("experiments:draft_detail", args=[self.draft.pk])
        self.fields: dict[str, str] = {}
        self.times: dict[str, float] = {}
        self.sizes: dict[str, int] = {}
        self.queries: dict[str, int] = {}

    def run(self) -> None:
        """Write the draft and create the experiment.

        Raises:
            RuntimeError: when an action answers a page instead of a fragment, or there is no experiment at the end.
        """
        self._open()
        self._click("name typed", "save", name=f"run of {self.draft.pk}")
        self._click("inference type chosen", "save", inference_type=INFERENCE_TYPE)
        self._choose_base()
        self._change_hyperparameters()
        self._choose_dataset_versions()
        self._click("Create experiment", "create")
        if not Experiment.objects.filter(pk=self.draft.pk).exists():
            raise RuntimeError("The form's Create made no experiment.")

    def _open(self) -> None:
        self.fields = fields_of(text_of(self._timed("form opened", lambda: self.side.get(self.path))))

    def _choose_base(self) -> None:
        dialog = f"{reverse('choosers:choose', args=['base-model'])}?draft={self.draft.pk}"
        self._ask("Attach a Model opened", f"{dialog}&tab=private", "dialog")
        self._ask("models searched", f"{dialog}&tab=private&q=elm", "results")
        self._ask("model opened", f"{dialog}&model={self.base.model_id}", "dialog")
        self._click("model version selected", f"attach:model:{self.base.pk}")
        experiments = f"{reverse('choosers:choose', args=['base-experiment'])}?draft={self.draft.pk}"
        self._ask("Attach an Experiment opened", experiments, "dialog")

    def _change_hyperparameters(self) -> None:
        changed, removed = DraftHyperparameter.objects.filter(draft=self.draft, kind="INTEGER")[:2]
        self._click("value changed", "save", **{f"hp-{changed.pk}": "40"})
        self._click("value refused", "save", **{f"hp-{changed.pk}": "forty"})
        self._click("Reset", f"reset:{changed.pk}")
        self._click("Remove", f"remove:{removed.pk}")
        self._click("Restore", f"restore:{removed.pk}")
        new = {"new-key": "warmup", "new-kind": "INTEGER", "new-value": "2"}
        self._click("Add hyperparameter", "add", **new)

    def _choose_dataset_versions(self) -> None:
        dialog = f"{reverse('choosers:choose', args=['draft-dataset-versions'])}?draft={self.draft.pk}&chosen=on"
        self.draft.refresh_from_db()
        versions = versions_for(self.draft, user=self.side.user)[: len(ALIASES)]
        self._ask("Add dataset versions opened", dialog, "dialog")
        self._ask("dataset versions searched", f"{dialog}&slot={ALIASES[0]}&q=elm", "results")
        self._ask("version put into a slot", f"{dialog}&slot={ALIASES[0]}&pick={versions[0].pk}", "dialog")
        chosen = {f"in-{alias}": str(version.pk) for alias, version in zip(ALIASES, versions, strict=True)}
        constraint = self.base.architecture.constraints.get()
        self._click("Attach", "set-datasets", chosen="on", constraint=str(constraint.pk), **chosen)

    def _click(self, what: str, action: str, /, **fields: str) -> None:
        """Send the form with these fields changed, and read it again from the answer."""
        data = {**self.fields, **fields, "action": action}
        answer = self._timed(what, lambda: self.side.post(self.path, data, target="draft"))
        if "HX-Redirect" not in answer:
            self.fields = fields_of(self._fragment(what, answer))

    def _ask(self, name: str, path: str, target: str) -> None:
        self._fragment(name, self._timed(name, lambda: self.side.get(path, target=target)))

    def _timed(self, name: str, act: Any) -> HttpResponse:
        answers: list[HttpResponse] = []
        if self.counts_queries:
            with CaptureQueriesContext(connection) as captured:
                answers.append(act())
            self.queries[name] = len(captured)
        else:
            self.times[name] = milliseconds(lambda: answers.append(act()))
        self.sizes[name] = len(answers[0].content)
        return answers[0]

    @staticmethod
    def _fragment(name: str, answer: HttpResponse) -> str:
        text = text_of(answer)
        if "<html" in text:
            raise RuntimeError(f"“{name}” answered a whole page.")
        return text


def fields_of(page: str) -> dict[str, str]:
    """The fields of the form with the id `draft`, as a browser would send them."""
    reader = FieldReader()
    reader.feed(page)
    return reader.fields


class FieldReader(HTMLParser):
    """Reads inputs, text areas and selects of the creation form."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.is_inside = False
        self.area = self.select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.is_inside = given.get("id") == "draft"
        name = given.get("name", "")
        if not self.is_inside:
            return
        if tag == "input" and name and (given.get("type") != "checkbox" or "checked" in given):
            self.fields[name] = given.get("value", "")
        elif tag == "textarea":
            self.area, self.fields[name] = name, ""
        elif tag == "select":
            self.select, self.fields[name] = name, ""
        elif tag == "option" and "selected" in given:
            self.fields[self.select] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        if self.area:
            self.fields[self.area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.area = ""
        elif tag == "form":
            self.is_inside = False
