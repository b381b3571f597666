"""What pages show of a run."""

from datetime import timedelta

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from experiments.models import Experiment
from training import durations
from training.launchers import launcher_named
from training.models import Job

register = template.Library()


@register.filter
def launcher_label(job: Job) -> str:
    """Where it runs, as people call it."""
    return launcher_named(job.launcher).label if job.launcher else "elsewhere"


@register.filter
def duration(length: timedelta) -> str:
    """`3 min 12 s`."""
    return durations.in_words(length)


@register.simple_tag
def newest_job(experiment: Experiment) -> Job | None:
    """The job that was asked for last, or None when there was none."""
    return experiment.jobs.first()


@register.simple_tag
def elapsed(job: Job) -> SafeString:
    """How long the job has run, or ran; nothing for one that has not begun. While it runs, the page counts on."""
    if job.started_at is None:
        return SafeString("")
    length = (job.ended_at or timezone.now()) - job.started_at
    seconds, words = max(0, int(length.total_seconds())), durations.in_words(length)
    if job.ended_at:
        return format_html('<time datetime="PT{}S">{}</time>', seconds, words)
    return format_html('<time datetime="PT{}S" data-elapsed="{}">{}</time>', seconds, seconds, words)
