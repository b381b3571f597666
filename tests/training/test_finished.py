"""Receipts of finished work, and how long they are kept."""

from datetime import timedelta
from io import StringIO

from django.core.management import call_command
from django.utils import timezone

from organizations.models import Organization, User
from training.finished import record_finished
from training.models import FinishedTask


def test_a_receipt_is_kept_for_a_week(orchard: Organization, bob: User, charlie: User) -> None:
    older, newer = (record_finished(organization=orchard, by=bob) for _ in range(2))
    for task, days in ((older, 8), (newer, 6)):
        FinishedTask.objects.filter(pk=task.pk).update(created_at=timezone.now() - timedelta(days=days))
    out = StringIO()
    call_command("collect_garbage", "--dry-run", stdout=out)
    assert FinishedTask.objects.count() == 2
    call_command("collect_garbage", stdout=out)
    assert FinishedTask.objects.get() == newer
    assert "Would delete outdated rows: 1." in out.getvalue()
    assert "Deleted outdated rows: 1." in out.getvalue()
    assert newer.status == "SUCCESS"
    assert not FinishedTask.objects.visible_to(charlie).exists()
