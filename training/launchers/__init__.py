"""Where trainings run: the launchers that this installation offers, by the settings."""

from collections.abc import Callable

from django.conf import settings

from training.launchers.base import Launcher
from training.launchers.container import ContainerLauncher
from training.launchers.local import LocalLauncher
from training.launchers.ray import RayLauncher

MAKERS: dict[str, Callable[[], Launcher]] = {
    "local": LocalLauncher,
    "container": ContainerLauncher,
    "ray": RayLauncher,
}


def offered() -> list[Launcher]:
    """Those that the settings name, in their order: the first is the one that is proposed."""
    return [MAKERS[name]() for name in settings.LAUNCHERS]


def launcher_named(name: str) -> Launcher:
    """The launcher of this word, offered or not any more: what it began is looked after until it ends.

    Raises:
        KeyError: when there is none.
    """
    return MAKERS[name]()


def slots_of(launcher: Launcher) -> int:
    """How many runs it takes at the same time."""
    return settings.LAUNCHERS.get(launcher.name, 0)
