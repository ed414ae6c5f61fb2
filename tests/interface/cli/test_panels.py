"""``focusmesh`` alone shows six panels: every command in one of them, each with one line that fits."""

from __future__ import annotations

from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from focusmesh.interface.cli.application import application
from focusmesh.interface.cli.commands import COMMANDS, GROUPS, PANELS, Command
from focusmesh.interface.cli.lazy_commands import lazy_group

LINE_MAX = 63
"""What fits beside the names in a terminal of 80 columns."""
KEPT = {"node voters": "node validators", "tx forget": "forget"}
"""Other names of commands, which go on working and are not listed."""


@pytest.fixture(scope="module")
def program() -> Any:
    return get_command(application)


def test_every_command_is_in_one_panel(program: Any) -> None:
    named = [name for names in PANELS.values() for name in names]
    assert len(PANELS) == 6
    assert sorted(named) == sorted(each.name for each in (*COMMANDS, *GROUPS))
    assert list(program.commands) == named


def test_the_program_alone_shows_the_panels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = CliRunner().invoke(application, []).output
    places = [shown.index(f" {title} ") for title in PANELS]
    assert places == sorted(places)
    assert "─ Commands ─" not in shown


def test_what_is_in_no_panel_would_be_seen() -> None:
    rank = Command("rank", "focusmesh.interface.cli.graph.rank", "rank")
    both = lazy_group((rank, rank._replace(name="other")), panels={"Rank": ("rank",)})
    whole: Any = both(name="focusmesh")
    assert whole.commands["rank"].rich_help_panel == "Rank"
    assert whole.commands["other"].rich_help_panel != "Rank"


def test_one_line_says_what_a_command_does(program: Any) -> None:
    long = {
        name: item.help.partition("\n")[0]
        for name, item in program.commands.items()
        if len(item.help.partition("\n\n")[0]) > LINE_MAX
    }
    assert long == {}


@pytest.mark.parametrize(("old", "new"), KEPT.items())
def test_old_names_work_and_are_not_listed(program: Any, old: str, new: str) -> None:
    group, name = old.split()
    kept = program.commands[group].commands[name]
    found = program
    for word in new.split():
        found = found.commands[word]
    assert kept.hidden
    assert not found.hidden
    assert kept.callback.__wrapped__ is found.callback.__wrapped__
