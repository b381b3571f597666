"""What every place that runs trainings can do. One small interface; local.py, container.py and ray.py are the places.

A run is known by its job's id alone, so that whoever looks after it, the worker that began it or another one, finds it
again without having been told anything: nothing about a run is kept in a worker's memory.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from storage.models import Blob

# In place of a limit.
NO_LIMIT = 0


@dataclass(frozen=True)
class RunFile:
    """A file of the architecture, as the script finds it in its working folder."""

    filename: str
    blob: Blob


@dataclass(frozen=True)
class Run:
    """What is to be run, and within which limits.

    Attributes:
        id: the job's, as text.
        command: for a shell, in the working folder; empty to do what the image does by itself.
        image: `name:tag`; empty where there is none.
        flags: the architecture's flags of the image, as they are written.
        environment: all that the script gets to know; nothing of the server's own.
        files: what lies in the working folder when it begins.
        processors: 0 for as many as there are.
        memory_mb: in MiB; 0 for no limit.
        gpus: 0 for none.
        gpu_type: empty for any.
        seconds_max: after which it is ended.
    """

    id: str
    command: str
    image: str = ""
    flags: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[RunFile] = ()
    processors: int = NO_LIMIT
    memory_mb: int = NO_LIMIT
    gpus: int = 0
    gpu_type: str = ""
    seconds_max: int = NO_LIMIT


class State(Enum):
    """What has become of a run."""

    RUNNING = "running"
    ENDED = "ended"
    # Neither runs nor has said how it ended: killed with all that watched it, or never begun.
    GONE = "gone"


@dataclass(frozen=True)
class Outcome:
    """How it stands with a run.

    Attributes:
        state: see State.
        exit_code: of one that ended; minus the signal's number when a signal ended it.
        reason: a sentence where more is known than the code, such as that it ran out of memory.
    """

    state: State
    exit_code: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class Output:
    """Some of what a run printed, and from where to go on reading.

    Attributes:
        content: the bytes as they were printed.
        cursor: for the next `read`, in the launcher's own words.
        is_all: whether nothing more was there to be read.
    """

    content: bytes
    cursor: str
    is_all: bool


class LauncherAway(Exception):
    """The place can't be reached at the moment. Whatever runs there runs on; ask again later."""


class CannotRun(Exception):
    """The place refuses this run, and would refuse it again. The text is a sentence for people."""


# Called now and then while something takes long, so that the caller can say that it still lives.
Beat = Callable[[], None]


class Launcher(Protocol):
    """A place where trainings run."""

    # The word in settings and in `Job.launcher`, and what people read.
    name: str
    label: str
    # Whether it needs an image; else it needs a command.
    needs_image: bool

    def refusal(self, run: Run) -> str:
        """Why it can't take this, as a sentence, without asking anybody; empty when it can."""

    def submit(self, run: Run, beat: Beat) -> None:
        """Begin the run. Asked twice for the same, it is begun once.

        Raises:
            LauncherAway: when the place can't be reached.
            CannotRun: when it refuses.
            OSError: when there is no room for it.
        """

    def look(self, run_id: str) -> Outcome:
        """How it stands.

        Raises:
            LauncherAway: when the place can't be reached.
        """

    def read(self, run_id: str, cursor: str) -> Output:
        """What it printed after the cursor, at most a mebibyte or so. An empty cursor is the beginning.

        Raises:
            LauncherAway: when the place can't be reached.
        """

    def stop(self, run_id: str, *, at_once: bool) -> None:
        """Ask it to end (SIGTERM); at once, end it with all its processes (SIGKILL). Nothing for one that ended.

        Raises:
            LauncherAway: when the place can't be reached.
        """

    def forget(self, run_id: str) -> None:
        """Remove what is left of a run that ended: folder, container, record. Nothing for one that is not known.

        Raises:
            LauncherAway: when the place can't be reached.
        """

    def known(self) -> Iterable[str]:
        """The ids of the runs that the place still has, of this installation.

        Raises:
            LauncherAway: when the place can't be reached.
        """
