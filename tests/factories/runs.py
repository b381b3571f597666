"""Jobs, consoles, logs and evaluations."""

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from datasets.models import (
    Shape,
)
from tests.factories.datasets import AssetFactory, LabelFactory
from tests.factories.experiments import ExperimentFactory
from tests.factories.files import BlobFactory
from tracking.models import Evaluation, Log, LogType, Prediction
from training.models import ACTIVE, Console, ConsoleLine, Job, JobStatus, LoggingFile


class JobFactory(DjangoModelFactory[Job]):
    """A job in the queue, or with another status the times that go with it."""

    class Meta:
        model = Job

    experiment = factory.SubFactory(ExperimentFactory)
    status = JobStatus.QUEUED
    ended_at = factory.LazyAttribute(lambda job: None if job.status in ACTIVE else timezone.now())


class ConsoleFactory(DjangoModelFactory[Console]):
    """A job's console with a part that has no lines."""

    class Meta:
        model = Console

    job = factory.SubFactory(JobFactory)
    experiment = factory.SelfAttribute("job.experiment")
    parts = factory.LazyFunction(lambda: ["--#--Set up training"])


class ConsoleLineFactory(DjangoModelFactory[ConsoleLine]):
    class Meta:
        model = ConsoleLine

    console = factory.SubFactory(ConsoleFactory)
    part = 0
    number = factory.Sequence(lambda n: n)
    text = factory.LazyAttribute(lambda line: f"line {line.number}")


class LogFactory(DjangoModelFactory[Log]):
    """A figure."""

    class Meta:
        model = Log

    experiment = factory.SubFactory(ExperimentFactory)
    name = factory.Sequence(lambda n: f"train/metric {n}")
    type = LogType.VALUE
    data = 0.5


class EvaluationFactory(DjangoModelFactory[Evaluation]):
    """What a model found on an asset: nothing yet."""

    class Meta:
        model = Evaluation

    experiment = factory.SubFactory(ExperimentFactory)
    asset = factory.SubFactory(
        AssetFactory,
        dataset_version__dataset__organization=factory.SelfAttribute("....experiment.project.organization"),
    )


class PredictionFactory(DjangoModelFactory[Prediction]):
    class Meta:
        model = Prediction

    evaluation = factory.SubFactory(EvaluationFactory)
    label = factory.SubFactory(
        LabelFactory, dataset_version=factory.SelfAttribute("..evaluation.asset.dataset_version")
    )
    shape = Shape.CLASSIFICATION
    score = 0.9


class LoggingFileFactory(DjangoModelFactory[LoggingFile]):
    class Meta:
        model = LoggingFile

    console = factory.SubFactory(ConsoleFactory)
    object_name = "logging/run-logs.json"
    blob = factory.SubFactory(BlobFactory)
