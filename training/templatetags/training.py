"""What pages show of a run."""

from datetime import timedelta
from typing import Any

from django import template
from django.http import QueryDict
from django.template import Context
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.durations import in_words
from experiments.models import Experiment
from training import following
from training.following import Followed
from training.launchers import launcher_named
from training.live import Live, seen_of
from training.models import Job
from training.progress import run_parts

register = template.Library()


@register.filter
def launcher_label(job: Job) -> str:
    """Where it runs, as people call it."""
    return launcher_named(job.launcher).label if job.launcher else "elsewhere"


@register.filter
def duration(length: timedelta) -> str:
    """`3 min 12 s`."""
    return in_words(length)


@register.filter
def limits(job: Job) -> str:
    """What the job may use: `4 processors, 2 GB, 1 GPU (A100)`."""
    said = [f"{job.processors} processors" if job.processors > 1 else "1 processor"] if job.processors else []
    said += [f"{job.memory_mb / 1024:,.4g} GB"] if job.memory_mb else []
    gpus = f"{job.gpus} GPUs" if job.gpus > 1 else "1 GPU"
    said += [f"{gpus} ({job.gpu_type})" if job.gpu_type else gpus] if job.gpus else []
    return ", ".join(said) or "none of its own"


@register.simple_tag
def newest_run(experiment: Experiment) -> Followed:
    """The experiment's newest run, be there one or not. Asked for once a page."""
    run: Followed | None = getattr(experiment, "_newest_run", None)
    if run is None:
        run = following.newest_run(experiment)
        experiment._newest_run = run  # type: ignore[attr-defined]
    return run


@register.simple_tag
def live_of(run: Followed, view: str, query: QueryDict) -> Live | None:
    """What asks for news of a page, while there may be some."""
    return Live.of(run, seen_of(run, view, query)) if run.is_live else None


@register.inclusion_tag("training/_run_panel.html", takes_context=True)
def run_panel(context: Context, run: Followed) -> dict[str, Any]:
    """The run on the experiment's overview."""
    return {"experiment": run.experiment, "may_create": context.get("may_create"), **run_parts(run)}


@register.simple_tag
def elapsed(job: Job) -> SafeString:
    """How long the job has run, or ran; nothing for one that has not begun. While it runs, the page counts on."""
    if job.started_at is None:
        return SafeString("")
    length = (job.ended_at or timezone.now()) - job.started_at
    seconds, words = max(0, int(length.total_seconds())), in_words(length)
    if job.ended_at:
        return format_html('<time datetime="PT{}S">{}</time>', seconds, words)
    return format_html('<time datetime="PT{}S" data-elapsed="{}">{}</time>', seconds, seconds, words)
