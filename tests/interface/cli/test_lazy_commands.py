"""Commands load their modules when they are called; nothing is lost by it."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

from focusmesh.apps import APPLICATIONS
from focusmesh.host.service import verbs
from focusmesh.interface.cli.applications.program_group import EXTENDED
from focusmesh.interface.cli.commands import COMMANDS, GROUPS, WITH_COMMANDS, Command
from focusmesh.interface.cli.lazy_commands import LazyCommands, help_line

EVERY = [*COMMANDS, *(member for group in GROUPS for member in group.members)]


@pytest.mark.parametrize(
    "command", EVERY, ids=lambda command: f"{command.module}:{command.function}"
)
def test_every_command_is_a_function_with_help(command: Command) -> None:
    function = getattr(import_module(command.module), command.function)
    assert function.__doc__


def test_no_application_with_commands_of_its_own_offers_others() -> None:
    """The program would not show them: they are left out so that listing loads no application.

    Those that they add to some groups are shown with these.
    """
    offered = {verb.place for verb in verbs("cli")}
    shown = {verb.place for verb in verbs("cli", WITH_COMMANDS)}
    assert {place.partition(" ")[0] for place in offered - shown} <= set(EXTENDED)
    assert set(WITH_COMMANDS) <= set(APPLICATIONS)


def test_no_name_is_given_twice() -> None:
    names = [each.name for each in (*COMMANDS, *GROUPS)]
    assert len(set(names)) == len(names)
    for group in GROUPS:
        members = [member.name for member in group.members]
        assert len(set(members)) == len(members), group.name


def test_a_command_loads_its_own_module_alone() -> None:
    program = (
        "import sys\n"
        "from typer.main import get_command\n"
        "from focusmesh.interface.cli.application import application\n"
        "whole = get_command(application)\n"
        "before = {name for name in sys.modules if name.startswith('focusmesh.interface.cli.')}\n"
        "whole.commands['state'].commands['diff']\n"
        "print(*sorted({name for name in sys.modules if name.startswith('focusmesh.interface.cli.')} - before))\n"
        "print('numpy' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60
    )
    loaded, has_numpy = done.stdout.splitlines()
    assert "focusmesh.interface.cli.ledger.state" in loaded.split()
    assert "focusmesh.interface.cli.graph.rank" not in loaded.split()
    assert has_numpy == "False"


def test_help_lists_all_commands_and_loads_none() -> None:
    program = (
        "import sys\n"
        "from typer.testing import CliRunner\n"
        "from focusmesh.interface.cli.application import application\n"
        "print(CliRunner().invoke(application, ['--help'], env={'COLUMNS': '120'}).output)\n"
        "print('numpy' in sys.modules, 'focusmesh.interface.cli.graph.rank' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "False False"
    for command in COMMANDS:
        assert f"│ {command.name} " in done.stdout


@pytest.mark.parametrize(
    "command", EVERY, ids=lambda command: f"{command.module}:{command.function}"
)
def test_the_listed_line_is_that_of_the_command(command: Command) -> None:
    words = getattr(import_module(command.module), command.function).__doc__
    assert help_line(command).split() == words.partition("\n\n")[0].split()


def test_without_sources_the_command_itself_says_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(path: object) -> bytes:
        raise FileNotFoundError(path)

    line = help_line(COMMANDS[0])
    monkeypatch.setattr("pathlib.Path.read_bytes", absent)
    assert help_line(COMMANDS[0]) == line


def test_each_is_made_once_and_only_when_it_is_looked_up() -> None:
    made: list[str] = []

    def maker(name: str) -> object:
        made.append(name)
        return object()

    commands = LazyCommands({name: lambda name=name: maker(name) for name in ("a", "b")})  # type: ignore[misc]
    assert list(commands) == ["a", "b"]
    assert "a" in commands
    assert len(commands) == 2
    assert made == []
    assert commands["b"] is commands["b"]
    assert made == ["b"]
    del commands["b"]
    commands["c"] = "given"
    assert dict(commands.items()).keys() == {"a", "c"}
    assert commands.get("b") is None
