"""The application never opens or runs a model file: to it a file is bytes with a name."""

import ast
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from experiments.models import Experiment
from organizations.models import Organization, User
from registry.models import ArchitectureFile, ModelVersion
from tests.furnished import Furnished
from tests.test_scripts_in_text import pages

ROOT = Path(__file__).resolve().parent.parent
SERVER = (
    "choosers",
    "config",
    "datasets",
    "experiments",
    "organizations",
    "protocols",
    "registry",
    "storage",
    "tracking",
    "training",
)

# The one place that runs what people wrote, in a process of its own: the launcher of this machine. The server only
# queues a job for it.
RUNS_SCRIPTS = {"training/launchers/local.py", "training/launchers/supervisor.py"}

# What reads a model file, or runs what stands in a file or a text.
OPENERS = {
    *("pickle", "_pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve", "yaml", "jsonpickle"),
    *("torch", "tensorflow", "keras", "onnx", "onnxruntime", "safetensors", "sklearn", "scipy", "h5py"),
    *("runpy", "imp", "code", "codeop", "subprocess", "multiprocessing", "pty", "ctypes", "zipimport"),
}
# numpy computes with numbers; of what it can read files with, nothing is used.
READERS = {f"{module}.{name}()" for module in ("np", "numpy") for name in ("load", "loadtxt", "genfromtxt", "memmap")}
RUNNERS = {"eval", "exec", "compile", "__import__", "system", "popen", "execv", "execve", "spawnv", "posix_spawn"}


def modules(*apps: str) -> Iterator[Path]:
    for app in apps:
        yield from sorted((ROOT / app).rglob("*.py"))


def named_in(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The modules that are imported, and the functions that are called, each with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, (node.module or "").partition(".")[0]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.lineno, f"{node.func.id}()"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
            yield node.lineno, f"{owner}.{node.func.attr}()"


FORBIDDEN = OPENERS | READERS | {f"{name}()" for name in RUNNERS} | {f"os.{name}()" for name in RUNNERS}


def test_no_code_of_the_server_opens_a_model_or_runs_a_text() -> None:
    found = [
        f"{path.relative_to(ROOT)}, line {line}: {name}"
        for path in modules(*SERVER)
        if str(path.relative_to(ROOT)) not in RUNS_SCRIPTS
        for line, name in named_in(ast.parse(path.read_text()))
        if name in FORBIDDEN
    ]
    assert found == []


def test_the_check_finds_what_it_looks_for() -> None:
    text = (
        "import torch.nn\nfrom pickle import loads\neval('1')\nimport os\nos.system('x')\nre.compile('x')\nnp.load('x')"
    )
    names = {name for _, name in named_in(ast.parse(text))}
    assert names & FORBIDDEN == {"torch", "pickle", "eval()", "os.system()", "np.load()"}


def test_the_server_imports_nothing_of_the_demonstration() -> None:
    """Whose training scripts do open models, in a process of their own."""
    importing = [
        path for path in modules(*SERVER) for _, name in named_in(ast.parse(path.read_text())) if name == "demo"
    ]
    assert importing == []


class Bomb:
    """Unpickled, it makes a file."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> tuple[Callable[..., None], tuple[Path]]:
        return Path.touch, (self.place,)


@pytest.mark.django_db
@pytest.mark.parametrize("filename", ["model.pkl", "model.pt", "model.joblib", "model.h5", "model.onnx", "train.py"])
def test_a_model_that_would_run_is_kept_as_it_is(
    filename: str, client_of: Callable[[User], Client], olive: User, orchard: Organization, tmp_path: Path
) -> None:
    """Uploaded, looked at everywhere, made an experiment of, checked and exported: nothing of it ran."""
    world, exploded = Furnished(orchard, olive, "Orchard"), tmp_path / "exploded"
    content = f"open({str(exploded)!r}, 'w')\n".encode() if filename.endswith(".py") else pickle.dumps(Bomb(exploded))
    client = client_of(olive)
    version: ModelVersion = world.plain_model_version
    upload = {"uploads": SimpleUploadedFile(filename, content)}
    client.post(reverse("registry:model_version_files", args=[version.pk]), upload)
    for path in pages(world):
        client.get(path)
    for action in ("remove-dataset:gone", f"attach:model:{version.pk}:confirmed", "create"):
        client.post(world.address("experiments:draft_detail", "free_draft"), {"action": action})
    call_command("verify_storage", verbosity=0)
    call_command("export_model", f"{world.model.name}/{version.name}", str(tmp_path / "out"), organization=orchard.name)
    files = {file.architecture_id: file for file in ArchitectureFile.objects.filter(filename=filename)}
    copy = Experiment.objects.get(pk=world.free_draft.pk).architecture_id
    for route, owner in (("registry:file_download", version.architecture_id), ("experiments:artifact_download", copy)):
        answer = client.get(reverse(route, args=[files[owner].pk]), follow=True)
        assert b"".join(answer) == content
    assert [found.read_bytes() for found in (tmp_path / "out").rglob(filename)] == [content]
    assert not exploded.exists()


def test_it_would_have_run(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Bomb(tmp_path / "exploded")))  # noqa: S301
    assert (tmp_path / "exploded").exists()
