"""What pages of other apps show of a run."""

from django import template

from experiments.models import Experiment
from training.models import Job

register = template.Library()


@register.simple_tag
def newest_job(experiment: Experiment) -> Job | None:
    """The job that was asked for last, or None when there was none."""
    return experiment.jobs.first()
