"""Runs trainings on a Ray cluster, over the HTTP API for jobs of its dashboard: Ray itself is needed only there.

What runs, and in what environment, can be seen by whoever reaches that dashboard: Ray asks nobody who they are.
"""

import re
import shlex
import signal
import tempfile
from collections.abc import Iterable
from typing import Any, BinaryIO, cast

import requests
from django.conf import settings

from training.launchers import exits
from training.launchers.archives import write_zip
from training.launchers.base import NO_LIMIT, Beat, CannotRun, LauncherAway, Outcome, Output, Run, State
from training.launchers.installation import installation_id

# To connect, and for an answer or the next piece of one.
SECONDS = (5, 60)
PIECE = 1024 * 1024
# Ray's dashboard takes 100 MiB in one request.
PACKAGE_MAX_MB = 99
WAITING_OR_RUNNING = ("PENDING", "RUNNING")
# What a proxy or a busy dashboard says, and it says nothing about the run.
NOT_NOW = {401, 403, 429, 502, 503, 504}
# A place in the log instead of a number of bytes: after its end.
AFTER_ALL = "after all"
LAST_LINES, LAST_BYTES = 200, 64 * 1024
LEFT_OUT = b"\n[what comes here was too much to be read]\n"
NO_MEMORY = re.compile(r"out of memory|OutOfMemory|running low on memory|OOM", re.IGNORECASE)


class RayLauncher:
    """See training.launchers.base.Launcher."""

    name = "ray"
    label = "Ray cluster"
    needs_image = False

    def refusal(self, run: Run) -> str:
        if not run.command:
            return "It has no command, and on a Ray cluster a command is what is run: an image is not used there."
        size = sum(file.blob.size for file in run.files)
        if size > PACKAGE_MAX_MB * 2**20:
            return (
                f"Its files come to {size / 2**20:,.0f} MB, and a Ray cluster takes at most {PACKAGE_MAX_MB} MB: "
                "let the script download the large ones."
            )
        return ""

    def submit(self, run: Run, beat: Beat) -> None:
        if refusal := self.refusal(run):
            raise CannotRun(refusal)
        if _job(run.id) is not None:
            return
        with tempfile.TemporaryFile() as package:
            write_zip(run.files, cast(BinaryIO, package), beat)
            package.seek(0)
            _accepted(_ask("PUT", f"/api/packages/gcs/{_package(run.id)}", data=package))
        _accepted(_ask("POST", "/api/jobs/", json=_order(run)))

    def look(self, run_id: str) -> Outcome:
        job = _job(run_id)
        if job is None:
            return Outcome(State.GONE)
        if job["status"] in WAITING_OR_RUNNING:
            return Outcome(State.RUNNING)
        return Outcome(State.ENDED, _exit_code(job), _reason(job))

    def read(self, run_id: str, cursor: str) -> Output:
        # Asked first: what an ended job printed is all there.
        job = _job(run_id)
        if job is None or cursor == AFTER_ALL:
            return Output(b"", cursor, is_all=True)
        if cursor and int(cursor) > 2 * settings.CONSOLE_LIMIT_BYTES:
            return _last_of_too_much(job, cursor)
        begin = int(cursor or 0)
        content = _log(job, begin)
        end, is_all = begin + len(content), len(content) < PIECE
        if not cursor:
            if not _has_begun(job, content):
                return Output(b"", "", is_all=True)
            content = _without_rays_own(job, content)
        return Output(content, str(end), is_all)

    def stop(self, run_id: str, *, at_once: bool) -> None:
        """Ray has one way to end a job: SIGTERM, and SIGKILL for what is left after the grace it was submitted with."""
        job = _job(run_id)
        if job is not None and job["status"] in WAITING_OR_RUNNING:
            _accepted(_ask("POST", f"/api/jobs/{run_id}/stop"))

    def forget(self, run_id: str) -> None:
        job = _job(run_id)
        if job is not None and job["status"] not in WAITING_OR_RUNNING:
            _ask("DELETE", f"/api/jobs/{run_id}")

    def known(self) -> Iterable[str]:
        jobs = _accepted(_ask("GET", "/api/jobs/")).json()
        ours = {"espalier": installation_id()}
        return [job["submission_id"] for job in jobs if ours.items() <= (job["metadata"] or {}).items()]


def _ask(method: str, path: str, **options: Any) -> requests.Response:
    try:
        answer = requests.request(method, settings.RAY_URL + path, timeout=SECONDS, **options)
    except requests.RequestException as error:
        raise LauncherAway(f"The Ray cluster does not answer: {error}") from error
    if answer.status_code in NOT_NOW or "No available agent" in answer.text[:200]:
        raise LauncherAway(f"The Ray cluster answers {answer.status_code} {answer.reason}.")
    return answer


def _accepted(answer: requests.Response) -> requests.Response:
    """The answer, unless it is a refusal; that the run is there already is none."""
    if answer.ok or "already exists" in answer.text:
        return answer
    # It answers with a traceback.
    said = next((line.strip() for line in reversed(answer.text.splitlines()) if line.strip(" .^")), answer.reason)
    raise CannotRun(f"The Ray cluster refuses it: {said[:300].rstrip('.')}.")


def _job(run_id: str) -> dict[str, Any] | None:
    answer = _ask("GET", f"/api/jobs/{run_id}")
    if answer.status_code == requests.codes.not_found:
        return None
    if not answer.ok:
        raise LauncherAway(f"The Ray cluster answers {answer.status_code} {answer.reason}.")
    return cast(dict[str, Any], answer.json())


def _package(run_id: str) -> str:
    """Named after the run, not after its content: runs of one package would share one working folder."""
    return f"espalier_{run_id}.zip"


def _entrypoint(run: Run) -> str:
    """The command, after its mark and what Ray would change of the environment: it replaces $NAME in there."""
    exports = [f"export {name}={shlex.quote(value)}" for name, value in run.environment.items() if "$" in value]
    # In the line that Ray prints of it the mark is not found.
    return "\n".join([f"echo '{run.id} 'begins", *exports, run.command])


def _order(run: Run) -> dict[str, Any]:
    order: dict[str, Any] = {
        "submission_id": run.id,
        "entrypoint": _entrypoint(run),
        "metadata": {"espalier": installation_id()},
        "runtime_env": {
            "working_dir": f"gcs://{_package(run.id)}",
            "env_vars": {**run.environment, "RAY_JOB_STOP_WAIT_TIME_S": str(settings.STOP_GRACE_SECONDS)},
        },
    }
    if run.processors != NO_LIMIT:
        order["entrypoint_num_cpus"] = run.processors
    if run.memory_mb != NO_LIMIT:
        order["entrypoint_memory"] = run.memory_mb * 2**20
    if run.gpus:
        order["entrypoint_num_gpus"] = run.gpus
        if run.gpu_type:
            # As Ray tells its tasks apart by the type of a node's GPUs: a sliver of what only such nodes have.
            order["entrypoint_resources"] = {f"accelerator_type:{run.gpu_type}": 0.001}
    return order


def _exit_code(job: dict[str, Any]) -> int:
    if job["status"] == "SUCCEEDED":
        return 0
    if job["status"] == "STOPPED":
        return -signal.SIGTERM
    code = job.get("driver_exit_code")
    if code is None:
        said = re.search(r"exit code (-?[0-9]+)", _own_words(job))
        code = int(said[1]) if said else 1
    return exits.from_shell(code)


def _reason(job: dict[str, Any]) -> str:
    said = _own_words(job)
    if job["status"] != "FAILED" or said.startswith("Job entrypoint command failed"):
        return ""
    if NO_MEMORY.search(said):
        return "It ran out of memory on its node of the Ray cluster."
    return f"The Ray cluster says: {said[:300]}".strip()


def _own_words(job: dict[str, Any]) -> str:
    """Ray's message without the end of the script's own output that it adds."""
    return str(job["message"] or "").split("last available logs")[0]


def _log(job: dict[str, Any], begin: int = 0, lines: int = -1) -> bytes:
    """A piece of its log file from `begin` on, byte by byte: what Ray gives as text is not exact."""
    if not job.get("driver_node_id"):
        return b""
    what = {"node_id": job["driver_node_id"], "filename": f"job-driver-{job['submission_id']}.log", "lines": str(lines)}
    content = bytearray()
    try:
        with requests.get(f"{settings.RAY_URL}/api/v0/logs/file", what, stream=True, timeout=SECONDS) as answer:
            if answer.status_code in NOT_NOW:
                raise LauncherAway(f"The Ray cluster answers {answer.status_code} {answer.reason}.")
            # 500 when there is no such file: nothing was printed yet, or the node is gone.
            for chunk in answer.iter_content(PIECE) if answer.ok else ():
                skipped = min(begin, len(chunk))
                begin -= skipped
                content += chunk[skipped:]
                if len(content) >= PIECE:
                    break
    except requests.RequestException as error:
        raise LauncherAway(f"The Ray cluster does not answer: {error}") from error
    return bytes(content[:PIECE])


def _rays_line(job: dict[str, Any]) -> bytes:
    """What Ray writes into the log when it starts the script; after what that prints at once, as it writes later."""
    return f"Running entrypoint for job {job['submission_id']}: {job['entrypoint']}\n".encode()


def _mark(run_id: str) -> bytes:
    return f"{run_id} begins\n".encode()


def _has_begun(job: dict[str, Any], content: bytes) -> bool:
    """Whether the log's first piece holds all that is not the script's own; always once it ended."""
    is_whole = _rays_line(job) in content and _mark(job["submission_id"]) in content
    return is_whole or job["status"] not in WAITING_OR_RUNNING


def _without_rays_own(job: dict[str, Any], content: bytes) -> bytes:
    """The script's own output; all there is of one that could not be started."""
    before, mark, after = content.replace(_rays_line(job), b"", 1).partition(_mark(job["submission_id"]))
    return after if mark else before


def _last_of_too_much(job: dict[str, Any], cursor: str) -> Output:
    """Each reading begins at the log's first byte, so that of a flood only the end is read any more."""
    if job["status"] in WAITING_OR_RUNNING:
        return Output(b"", cursor, is_all=True)
    return Output(LEFT_OUT + _log(job, lines=LAST_LINES)[-LAST_BYTES:], AFTER_ALL, is_all=True)
