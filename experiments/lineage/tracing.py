"""The whole lineage of a thing, as one user may see it."""

from experiments.lineage.ancestors import add_ancestors
from experiments.lineage.descendants import add_descendants
from experiments.lineage.graph import Lineage, Subject, node_of
from organizations.models import User


def lineage_of(subject: Subject, *, user: User) -> Lineage:
    """What led to the experiment or model version, and what came of it: three generations either way.

    Nothing that the user may not see is in it, not even as a number. The number of queries does not depend on how much
    there is.

    Args:
        subject: from `ancestors.experiments_of` or `ancestors.versions_of`, so that it is visible and has its base.
        user: who looks.
    """
    lineage = Lineage(node_of(subject, is_current=True))
    add_ancestors(lineage, subject, user=user)
    add_descendants(lineage, subject, user=user)
    return lineage
