"""Jobs that run experiments, what their scripts print, and the receipts of work that is done at once."""

from datetime import timedelta

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.urls import reverse

from config.ids import new_id
from config.names import refuse_control_characters
from experiments.models import Experiment, of_own_experiments
from organizations.models import ApiToken, Organization, User, of_own_organizations
from storage.models import Blob

GPUS_MAX = 64
GPU_TYPE_MAX = 100
REASON_MAX = 500


class JobStatus(models.TextChoices):
    """PENDING or QUEUED, then RUNNING, then an end. The words are the SDK's (wire contract, section 1)."""

    PENDING = "PENDING", "Pending"
    QUEUED = "QUEUED", "Queued"
    RUNNING = "RUNNING", "Running"
    SUCCEEDED = "SUCCEEDED", "Succeeded"
    FAILED = "FAILED", "Failed"
    KILLED = "KILLED", "Killed"


ACTIVE = (JobStatus.PENDING, JobStatus.QUEUED, JobStatus.RUNNING)


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, user: User) -> "JobQuerySet":
        """Jobs of the experiments that the user may see."""
        return self.filter(**of_own_experiments(user))

    def active(self) -> "JobQuerySet":
        """Those that have not ended."""
        return self.filter(status__in=ACTIVE)


class Job(models.Model):
    """One run of an experiment's training: asked for, perhaps waiting for its turn, running, ended."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="jobs")
    status = models.CharField(max_length=10, choices=JobStatus, default=JobStatus.QUEUED)
    # Where it runs: a word of training.launchers; empty for a job that is run by somebody else's hands.
    launcher = models.CharField(max_length=20, blank=True)
    processors = models.PositiveSmallIntegerField(default=0, help_text="0 for as many as there are.")
    memory_mb = models.PositiveIntegerField(default=0, help_text="0 for as much as the installation allows.")
    gpus = models.PositiveSmallIntegerField(default=1, validators=[MaxValueValidator(GPUS_MAX)])
    gpu_type = models.CharField(
        max_length=GPU_TYPE_MAX, blank=True, validators=[refuse_control_characters], help_text="Empty for any."
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    stop_asked_at = models.DateTimeField(null=True, blank=True)
    stop_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # What the script said of its own end; what counts is how its process ended.
    reported = models.CharField(max_length=10, choices=JobStatus, blank=True, editable=False)
    exit_code = models.IntegerField(null=True, blank=True, editable=False)
    reason = models.CharField(max_length=REASON_MAX, blank=True, editable=False, help_text="Why it ended as it did.")
    last_output = models.TextField(blank=True, editable=False, help_text="The last lines, when it ended.")
    attempts = models.PositiveSmallIntegerField(default=0, editable=False, help_text="How often it was handed over.")
    # Up to where its output was taken in, in the launcher's own words and in those of training.capture.
    output_cursor = models.JSONField(default=dict, blank=True, editable=False)
    last_output_at = models.DateTimeField(null=True, blank=True, editable=False)
    # With which its script speaks to the server, and which ends with it.
    token = models.OneToOneField(ApiToken, models.SET_NULL, null=True, blank=True, editable=False, related_name="job")

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(status__in=JobStatus.values), name="job_status_is_known"),
            models.CheckConstraint(
                condition=models.Q(reported__in=["", *JobStatus.values]), name="job_report_is_known"
            ),
            models.UniqueConstraint(
                fields=["experiment"],
                condition=models.Q(status__in=ACTIVE),
                name="one_active_job_per_experiment",
                violation_error_message="The experiment has a job that has not ended yet.",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=ACTIVE, ended_at=None)
                | (~models.Q(status__in=ACTIVE) & models.Q(ended_at__isnull=False)),
                name="job_has_an_end_when_it_ended",
            ),
        ]
        indexes = [
            models.Index(fields=["experiment", "-id"], name="jobs_newest_first"),
            # Few of all jobs: the queue, and what runs.
            models.Index(
                fields=["launcher", "status", "id"],
                condition=models.Q(status__in=ACTIVE),
                name="jobs_that_have_not_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_status_display()} job of {self.experiment_id}"

    def get_absolute_url(self) -> str:
        """Its page, which is its console."""
        return f"{reverse('training:experiment_console', args=[self.experiment_id])}?run={self.pk}"

    @property
    def is_active(self) -> bool:
        """Whether it has not ended."""
        return self.status in ACTIVE

    @property
    def is_stopping(self) -> bool:
        """Whether somebody asked it to stop and it has not yet."""
        return self.is_active and self.stop_asked_at is not None


class Lease(models.Model):
    """Which worker looks after the jobs. There is one row: whoever holds it is the only one that acts.

    Time is the database's, so that no worker's clock matters. `fence` counts the holders: what a worker writes says
    under which number it took the lease, and is refused once another holds it.
    """

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY, editable=False)
    holder = models.CharField(max_length=100, blank=True)
    fence = models.PositiveBigIntegerField(default=0)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="there_is_one_lease")]

    def __str__(self) -> str:
        return f"{self.holder or 'nobody'} looks after the jobs"


class ConsoleQuerySet(models.QuerySet["Console"]):
    def visible_to(self, user: User) -> "ConsoleQuerySet":
        """Consoles of the experiments that the user may see."""
        return self.filter(**of_own_experiments(user))


class Console(models.Model):
    """What a run prints: a job's, or an experiment's own where a script runs it without a job."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="consoles")
    job = models.OneToOneField(Job, models.CASCADE, null=True, blank=True, related_name="console")
    # The names of the parts in the order in which they came; a line has its part's place here.
    parts = models.JSONField(default=list, blank=True)
    line_count = models.PositiveIntegerField(default=0, editable=False)
    dropped_count = models.PositiveIntegerField(default=0, editable=False, help_text="Lines beyond the most it holds.")
    exit_code = models.IntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ConsoleQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["experiment"], condition=models.Q(job=None), name="one_own_console_per_experiment"
            ),
        ]

    def __str__(self) -> str:
        return f"console of {self.job_id or self.experiment_id}"


class LineKind(models.TextChoices):
    """What a line is: the scripts' marks among the lines are told apart from what they print."""

    OUTPUT = "", "Output"
    BUFFER = "BUFFER", "Line of a block"
    CHAPTER = "CHAPTER", "Heading of a chapter"
    MARK = "MARK", "Mark that is not shown"
    EXIT_CODE = "EXIT_CODE", "Exit code"


class ConsoleLine(models.Model):
    """A line of a console. A line of the same part and number replaces it: so a progress bar stays one line."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    console = models.ForeignKey(Console, models.CASCADE, related_name="lines", db_index=False)
    part = models.PositiveSmallIntegerField(help_text="The place of its name in the console's parts.")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=LineKind, blank=True, default=LineKind.OUTPUT)
    text = models.TextField(blank=True)

    class Meta:
        ordering = ["part", "number"]
        constraints = [
            models.UniqueConstraint(fields=["console", "part", "number"], name="one_line_per_number"),
            models.CheckConstraint(condition=models.Q(kind__in=LineKind.values), name="line_kind_is_known"),
        ]
        indexes = [
            models.Index(
                fields=["console", "part", "number"],
                condition=models.Q(kind=LineKind.CHAPTER),
                name="chapters_of_a_console",
            )
        ]

    def __str__(self) -> str:
        return self.text[:80]


class LoggingFileQuerySet(models.QuerySet["LoggingFile"]):
    def visible_to(self, user: User) -> "LoggingFileQuerySet":
        """Files of the experiments that the user may see."""
        return self.filter(**of_own_experiments(user, "console__experiment"))


class LoggingFile(models.Model):
    """All that a run printed, as the file that its wrapper kept. A console has one: a later one replaces it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    console = models.OneToOneField(Console, models.CASCADE, related_name="file")
    object_name = models.CharField(max_length=400, editable=False)
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="logging_files")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = LoggingFileQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.filename

    @property
    def filename(self) -> str:
        """The base name, under which it is downloaded."""
        return self.object_name.rpartition("/")[2]


class FinishedTaskQuerySet(models.QuerySet["FinishedTask"]):
    def visible_to(self, user: User) -> "FinishedTaskQuerySet":
        """Those of the user's organizations."""
        return self.filter(**of_own_organizations(user))


class FinishedTask(models.Model):
    """The receipt of work that was done while its client waited, for clients that ask again whether it is done."""

    KEPT_FOR = timedelta(days=7)
    status = "SUCCESS"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="finished_tasks")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    objects = FinishedTaskQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"finished at {self.created_at:%Y-%m-%d %H:%M}"
