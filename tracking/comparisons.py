"""Evaluated images: what a model found, drawn over what people drew."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from datasets.drawing import Drawing, drawing_of
from datasets.models import Annotation, Labelling
from tracking.cards import number_text
from tracking.models import Evaluation, Prediction
from tracking.results import percent

NAMED_IN_WORDS = 5


@dataclass(frozen=True)
class Comparison:
    """An image with the marks of both, and both in words."""

    evaluation: Evaluation
    drawn: Drawing
    found: Drawing
    drawn_in_words: str
    found_in_words: str
    agreement: str

    @property
    def custom_metrics(self) -> list[tuple[str, str]]:
        """What the script measured itself."""
        return [(name, number_text(value)) for name, value in self.evaluation.custom_metrics.items()]


def compared(evaluations: Sequence[Evaluation]) -> list[Comparison]:
    """Each evaluation with the last labelling of its asset, in a constant number of queries.

    Args:
        evaluations: with their assets' data and thumbnails.
    """
    assets = [evaluation.asset_id for evaluation in evaluations]
    labellings = Labelling.objects.last_of_each().filter(asset__in=assets)
    annotations = Annotation.objects.filter(labelling__in=labellings).select_related("label").order_by("pk")
    drawn: dict[uuid.UUID, list[Annotation]] = defaultdict(list)
    for annotation in annotations:
        drawn[annotation.asset_id].append(annotation)
    predictions = Prediction.objects.filter(evaluation__in=evaluations).select_related("label").order_by("-score", "pk")
    found: dict[uuid.UUID, list[Prediction]] = defaultdict(list)
    for prediction in predictions:
        found[prediction.evaluation_id].append(prediction)
    return [_comparison(one, drawn[one.asset_id], found[one.pk]) for one in evaluations]


def _comparison(evaluation: Evaluation, drawn: list[Annotation], found: list[Prediction]) -> Comparison:
    asset = evaluation.asset
    return Comparison(
        evaluation=evaluation,
        drawn=drawing_of(asset, drawn),
        found=drawing_of(asset, [one.as_annotation() for one in found]),
        drawn_in_words=_in_words((one.label.name, "") for one in drawn),
        found_in_words=_in_words((one.label.name, _behind(one)) for one in found),
        agreement=percent(evaluation.agreement),
    )


def _behind(one: Prediction) -> str:
    """How sure the model is, and what it read there."""
    return f" ({one.score:.2f}{f', “{one.text}”' if one.text else ''})"


def _in_words(named: Iterable[tuple[str, str]]) -> str:
    """`2 × apple, pear`; of what stands alone, with what is to be added."""
    named = list(named)
    counts = Counter(name for name, _ in named)
    added = dict(reversed(named))
    words = [f"{count} × {name}" if count > 1 else name + added[name] for name, count in counts.most_common()]
    more = ["…"] if len(words) > NAMED_IN_WORDS else []
    return ", ".join([*words[:NAMED_IN_WORDS], *more]) or "nothing"
