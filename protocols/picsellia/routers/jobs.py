"""Jobs: receipts of what was done at once (v1), and runs of experiments (v2)."""

import uuid

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema

from protocols.picsellia.caller import caller
from training.models import FinishedTask

router = Router()


class FinishedTaskOut(Schema):
    """A job of the first kind: the work is done when its id is told."""

    id: uuid.UUID
    status: str


@router.get("/job/{uuid:task_id}", response=FinishedTaskOut)
def finished_task(request: HttpRequest, task_id: uuid.UUID) -> FinishedTask:
    return get_object_or_404(FinishedTask.objects.visible_to(caller(request)), pk=task_id)
