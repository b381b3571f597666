"""What came out of an experiment's evaluations, as the page shows it."""

from dataclasses import dataclass
from typing import Any

from config.inference_types import InferenceType
from experiments.models import Experiment
from tracking.cards import Heatmap, heatmap_of
from tracking.models import EvaluationMetrics

FIGURES = {
    "accuracy": "Accuracy",
    "map": "mAP at 0.50 to 0.95",
    "map_50": "mAP at 0.50",
    "map_75": "mAP at 0.75",
}
NOTHING_FOUND = "nothing"


@dataclass(frozen=True)
class Results:
    """The metrics of one inference type: figures with their names, and what stands behind them."""

    metrics: EvaluationMetrics
    figures: list[tuple[str, str]]
    labels: list[dict[str, Any]]
    confusion: Heatmap | None

    @property
    def image_count(self) -> int:
        """How many images were compared."""
        count: int = self.metrics.results["images"]
        return count


def results_of(experiment: Experiment) -> list[Results]:
    """Those of each inference type for which they were computed."""
    return [_results(metrics) for metrics in experiment.evaluation_metrics.all()]


def percent(share: float | None) -> str:
    """`93.1 %`, or a dash where there was nothing to measure."""
    return "–" if share is None else f"{share * 100:.1f} %"


def _results(metrics: EvaluationMetrics) -> Results:
    kept = metrics.results
    figures = [(title, percent(kept[key])) for key, title in FIGURES.items() if key in kept]
    if metrics.inference_type != InferenceType.CLASSIFICATION:
        labels = [{**row, "ap": percent(row["ap"]), "ap_50": percent(row["ap_50"])} for row in kept["labels"]]
        return Results(metrics, figures, labels, None)
    columns = [*kept["labels"], NOTHING_FOUND]
    return Results(metrics, figures, [], heatmap_of(columns, kept["labels"], kept["matrix"]))
