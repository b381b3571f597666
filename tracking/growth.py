"""The points that came into an experiment's lines after those that a page has."""

import uuid
from collections import defaultdict
from typing import Any

import numpy as np

from tracking.lines import LITTLE_ENDIAN, plain
from tracking.models import LinePoints

ROWS_MAX = 2_000
POINTS_MAX = 20_000


def points_since(experiment: uuid.UUID, row: int) -> dict[str, list[dict[str, Any]]] | None:
    """The appends after a row, by the log's id: each with its row's id, `values`, and `steps` or None.

    None when they are more than a page should be sent at once: then it fetches its charts anew.

    Args:
        experiment: whose lines.
        row: the id of the newest row that is known.
    """
    rows = LinePoints.objects.filter(log__experiment=experiment, id__gt=row).order_by("id")
    found = list(rows.values_list("log_id", "id", "steps", "values")[: ROWS_MAX + 1])
    logs: dict[str, list[dict[str, Any]]] = defaultdict(list)
    if len(found) > ROWS_MAX or sum(len(values) for *_, values in found) > POINTS_MAX * LITTLE_ENDIAN.itemsize:
        return None
    for log, pk, steps, values in found:
        logs[str(log)].append({"row": pk, "steps": None if steps is None else _plain(steps), "values": _plain(values)})
    return logs


def _plain(packed: bytes | memoryview) -> list[Any]:
    return plain(np.frombuffer(packed, LITTLE_ENDIAN))
