"""Which artifact is suggested for the place of the weights that a training started from."""

import pytest

from experiments.models import BaseKind, Experiment
from experiments.successors import succession, unchanged
from registry.models import ArchitectureFile
from storage.models import Blob

OLD, NEW = Blob(sha256="0" * 64, size=1), Blob(sha256="1" * 64, size=1)


def files(*described: tuple[str, str, Blob]) -> list[ArchitectureFile]:
    return [ArchitectureFile(name=name, filename=filename, blob=blob) for name, filename, blob in described]


WEIGHTS = ("pretrained-weights", "weights.pt", OLD)
CONFIG = ("config", "config.yaml", OLD)
BEST = ("best-model", "best.pt", NEW)


@pytest.mark.parametrize(
    ("base", "artifacts", "expected"),
    [
        ([WEIGHTS, CONFIG], [WEIGHTS, CONFIG, BEST], ("best-model", "pretrained-weights", True)),
        # The experiment lacks it, as one that a script made.
        ([WEIGHTS], [BEST], ("best-model", "pretrained-weights", False)),
        # Of several that it made, the one that is called the best.
        ([WEIGHTS], [WEIGHTS, BEST, ("model-latest", "l.pt", NEW)], ("best-model", "pretrained-weights", True)),
        ([WEIGHTS], [WEIGHTS, ("model-latest", "l.PT", NEW)], ("model-latest", "pretrained-weights", True)),
        # Which one, nobody knows.
        ([WEIGHTS], [WEIGHTS, ("a", "a.pt", NEW), ("b", "b.pt", NEW)], None),
        ([("weights-a", "a.pt", OLD), ("weights-b", "b.pt", OLD)], [BEST], None),
        # The script put its result in the place itself.
        ([WEIGHTS], [("pretrained-weights", "weights.pt", NEW), BEST], None),
        # Of another kind, and nothing but a config.
        ([WEIGHTS], [WEIGHTS, ("best-model", "best.onnx", NEW)], None),
        ([CONFIG], [CONFIG, ("metrics", "metrics.yaml", NEW)], None),
        # Nothing made, nothing there.
        ([WEIGHTS], [WEIGHTS], None),
        ([], [BEST], None),
        ([WEIGHTS], [], None),
    ],
)
def test_the_one_that_a_person_would_think_of(
    base: list[tuple[str, str, Blob]],
    artifacts: list[tuple[str, str, Blob]],
    expected: tuple[str, str, bool] | None,
) -> None:
    found = succession(Experiment(base_kind=BaseKind.PUBLIC_MODEL), files(*artifacts), files(*base))
    assert (found and (found.artifact.name, found.name, found.replaced is not None)) == expected


def test_the_result_of_an_earlier_run_is_not_what_this_one_started_from() -> None:
    """From an experiment both files were copied; this training made a best model of its own."""
    earlier = files(WEIGHTS, ("best-model", "best.pt", OLD))
    own = files(WEIGHTS, BEST)
    following = Experiment(base_kind=BaseKind.EXPERIMENT, base_experiment=Experiment())
    found = succession(following, own, earlier)
    assert found is not None
    assert (found.artifact.name, found.name) == ("best-model", "pretrained-weights")
    assert unchanged(own, earlier) == {"pretrained-weights"}
