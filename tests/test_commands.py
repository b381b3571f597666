"""Every command of the product explains itself by an example."""

from io import StringIO

import pytest
from django.core.management import get_commands, load_command_class

COMMANDS = {name: str(app) for name, app in get_commands().items() if not str(app).startswith(("django", "axes"))}


def test_none_is_forgotten() -> None:
    assert {"attach_dataset", "create_experiment", "demo", "import_model", "verify_storage"} <= set(COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_its_help_has_an_example(name: str) -> None:
    command, words = load_command_class(COMMANDS[name], name), StringIO()
    command.create_parser("manage.py", name).print_help(words)
    assert command.help
    usage = 1
    assert " ".join(words.getvalue().split()).count(f"manage.py {name} ") > usage
