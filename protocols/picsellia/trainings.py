"""What a training's own token may do: read what a viewer reads, and write what belongs to its experiment.

That it sees no other experiment, and nothing of another, is the domain's affair: experiments.models.of_own_experiments.
"""

import re
import uuid

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from protocols.picsellia.retries import UNSAFE

# Whose rows belong to an experiment: an id of another's is not found.
OF_AN_EXPERIMENT = re.compile(r"/api/(v2/job|log|artifact|evaluation|logging/file)/[^/]+(/.*)?")
# Asked by POST, and changing nothing; or files on their way, which are nothing until an artifact or a log takes them.
OF_NOBODY = re.compile(
    r"/api/(object-storage/.*|organization/[^/]+/connector/[^/]+/generate_object_name"
    r"|dataset/version/[^/]+/annotations/export)"
)
REFUSED = "A training may write to its own experiment, and this is something else."


def refuse_what_is_not_its_own(request: HttpRequest, experiment_id: uuid.UUID) -> None:
    """The gate of a training's token.

    Raises:
        PermissionDenied: for a write to anything but the experiment, for its deletion, and for another launch.
    """
    if request.method not in UNSAFE:
        return
    own = f"/api/experiment/{experiment_id}"
    is_own = request.path.startswith(f"{own}/") and not request.path.endswith("/launch")
    is_change = request.path == own and request.method == "PATCH"
    if not (is_own or is_change or OF_AN_EXPERIMENT.fullmatch(request.path) or OF_NOBODY.fullmatch(request.path)):
        raise PermissionDenied(REFUSED)
