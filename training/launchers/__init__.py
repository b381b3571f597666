"""Where trainings run: the launchers that this installation offers, by the settings."""

from django.conf import settings
from django.utils.module_loading import import_string

from training.launchers.base import Launcher

__all__ = ["Launcher", "launcher_named", "offered", "slots_of"]

# Loaded when they are used: a server without containers needs no client of Docker in its memory.
CLASSES = {
    "local": "training.launchers.local.LocalLauncher",
    "container": "training.launchers.container.ContainerLauncher",
    "ray": "training.launchers.ray.RayLauncher",
}


def offered() -> list[Launcher]:
    """Those that the settings name, in their order: the first is the one that is proposed."""
    return [launcher_named(name) for name in settings.LAUNCHERS]


def launcher_named(name: str) -> Launcher:
    """The launcher of this word, offered or not any more: what it began is looked after until it ends.

    Raises:
        KeyError: when there is none.
    """
    launcher: Launcher = import_string(CLASSES[name])()
    return launcher


def slots_of(launcher: Launcher) -> int:
    """How many runs it takes at the same time."""
    return settings.LAUNCHERS.get(launcher.name, 0)
