"""The three-way merge of hyperparameters when a draft's base changes: the old base, the new base, and the user's edits.

An edit is never wiped. Nothing here touches the database.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from experiments.models import DraftHyperparameter
from registry.copying import specification_of
from registry.models import HyperparameterFields


@dataclass
class Merge:
    """What the draft's hyperparameters become, and what the user should know before accepting it.

    Attributes:
        rows: the new rows, without a draft yet, in order.
        kept: edits that stay: changed, added or removed keys.
        new: keys that only the new base has.
        updated: untouched keys whose default is another in the new base.
        gone: keys that only the old base had and nobody had edited.
        unfit: edits whose value is none of the key's type or range now; they stay and must be mended.
        restored: keys that the user had removed and the new base requires.
    """

    rows: list[DraftHyperparameter] = field(default_factory=list)
    kept: list[DraftHyperparameter] = field(default_factory=list)
    new: list[DraftHyperparameter] = field(default_factory=list)
    updated: list[DraftHyperparameter] = field(default_factory=list)
    gone: list[DraftHyperparameter] = field(default_factory=list)
    unfit: list[DraftHyperparameter] = field(default_factory=list)
    restored: list[DraftHyperparameter] = field(default_factory=list)

    @property
    def needs_review(self) -> bool:
        """Whether something of the user's is touched, so that they should see it before it happens."""
        return bool(self.kept or self.unfit or self.restored)


def merge(mine: Iterable[DraftHyperparameter], base: Iterable[HyperparameterFields]) -> Merge:
    """Carry the user's edits over to another base.

    Args:
        mine: the draft's rows; their inherited values are the old base's.
        base: the new base's rows; none when the base is detached.
    """
    result = Merge()
    edits = {row.key: row for row in mine}
    for theirs in base:
        _take(result, edits.pop(theirs.key, None), theirs)
    for row in edits.values():
        _leave(result, row)
    for position, row in enumerate(result.rows):
        row.position = position
    return result


def _take(result: Merge, mine: DraftHyperparameter | None, theirs: HyperparameterFields) -> None:
    """A key of the new base, with what the user made of it."""
    row = inherited(theirs)
    if mine is not None:
        row.pk = mine.pk  # the row on the page stays the row in the database
    result.rows.append(row)
    if mine is None:
        result.new.append(row)
    elif mine.is_removed:
        _stay_removed(result, row)
    elif mine.is_added or mine.is_changed:
        _keep_edit(result, row, mine)
    elif mine.value != row.value or mine.kind != row.kind:
        result.updated.append(row)


def _stay_removed(result: Merge, row: DraftHyperparameter) -> None:
    if row.required:
        result.restored.append(row)
    else:
        row.is_removed = True
        result.kept.append(row)


def _keep_edit(result: Merge, row: DraftHyperparameter, mine: DraftHyperparameter) -> None:
    row.value = mine.value
    if row.error:
        result.unfit.append(row)
    else:
        row.value = row.rule.canonical(mine.value)
        result.kept.append(row)


def _leave(result: Merge, mine: DraftHyperparameter) -> None:
    """A key that the new base has not: an edit stays as an addition, anything else goes."""
    if mine.is_removed:
        return
    if not (mine.is_added or mine.is_changed):
        result.gone.append(mine)
        return
    row = DraftHyperparameter(pk=mine.pk, value=mine.value, inherited_value=None, **specification_of(mine))
    row.required = False
    result.rows.append(row)
    (result.unfit if row.error else result.kept).append(row)


def inherited(theirs: HyperparameterFields) -> DraftHyperparameter:
    """A draft's row that holds just what the base has."""
    return DraftHyperparameter(value=theirs.value, inherited_value=theirs.value, **specification_of(theirs))
