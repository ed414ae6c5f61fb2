"""The reference page names every command, option, format and exit code, and shows the JSON that is printed."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from typer.main import get_command

from focusmesh.engine.importers import importers
from focusmesh.interface.cli.application import application
from focusmesh.interface.cli.shared.failures import ExitCode
from tests.interface.cli.conftest import EDGES, written
from tests.tidy.tree import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Needs

PAGE = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
EVERYWHERE = {"--help", "--install-completion", "--show-completion", "--version"}


@cache
def commands() -> dict[str, Any]:
    """Every command by its words, such as ``rank`` and ``keys new``; other names that are kept are hidden."""
    whole: Any = get_command(application)
    found: dict[str, Any] = {}
    for name, item in whole.commands.items():
        found |= _within(name, item) if hasattr(item, "commands") else {name: item}
    return {name: item for name, item in found.items() if not item.hidden}


def _within(name: str, group: Any) -> dict[str, Any]:
    """Those of a group, also those that applications add to it."""
    return {f"{name} {each}": group.get_command(None, each) for each in group.list_commands(None)}


@pytest.mark.parametrize("name", list(commands()))
def test_every_option_is_there(name: str) -> None:
    assert f"\n### {name}" in PAGE
    options = {word for item in commands()[name].params for word in item.opts if word[:2] == "--"}
    missing = [word for word in options - EVERYWHERE if not re.search(rf"{word}\b", PAGE)]
    assert sorted(missing) == []


def test_every_command_is_in_the_program() -> None:
    headings = re.findall(r"^### ([a-z]+(?: [a-z-]+)?)", PAGE, re.MULTILINE)
    assert sorted(headings) == sorted(commands())


def test_every_exit_code_is_there() -> None:
    codes = [int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)]
    assert codes == [int(code) for code in ExitCode]


def test_every_format_is_there() -> None:
    assert [name for name in importers() if f"`{name}`" not in PAGE] == []


def shown(command: str) -> Any:
    """The first JSON example of a command on the page."""
    section = PAGE.partition(f"\n### {command}")[2].partition("\n### ")[0]
    return json.loads(section.partition("```json\n")[2].partition("```")[0])


def shape(value: Any) -> Any:
    """Keys all the way down; of a list its first entry, numbers and texts as such."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value[:1] if isinstance(inner, dict)]
    return None


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("rank", ("rank", "g.csv")),
        ("explain", ("explain", "g.csv", "--from", "d", "b")),
        ("walk", ("walk", "g.csv", "d")),
        ("info", ("info", "g.focusmesh")),
        ("import", ("import", "bad.csv", "-o", "new.focusmesh")),
        ("export", ("export", "g.csv", "-o", "links.tsv")),
        ("certify", ("certify", "g.csv", "-o", "new.certificate")),
        ("verify", ("verify", "g.csv", "g.certificate")),
    ],
)
def test_the_examples_have_the_keys_of_the_program(
    document: Callable[..., dict[str, Any]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    words: tuple[str, ...],
) -> None:
    monkeypatch.chdir(tmp_path)
    labelled = (
        EDGES.replace("weight", "weight,relation")
        .replace("00\n", "00,r\n")
        .replace("50\n", "50,r\n")
    )
    written(tmp_path / "g.csv", labelled)
    written(tmp_path / "bad.csv", EDGES + "a,b,inf\n")
    document("import", "g.csv", "-o", "g.focusmesh")
    document("certify", "g.csv", "-o", "g.certificate")
    assert shape(document(*words)) == shape(shown(command))


def test_the_example_of_diff_too(
    document: Callable[..., dict[str, Any]], edges: Path, tmp_path: Path
) -> None:
    later = written(tmp_path / "later.csv", EDGES + "a,c,100\n")
    found, example = document("diff", edges, later), shown("diff")
    assert list(found) == list(example)
    assert shape(found["rose"]) == shape(example["rose"])


def test_the_prose_names_the_other_keys(
    document: Callable[..., dict[str, Any]], needs: Needs, edges: Path, tmp_path: Path
) -> None:
    needs("matplotlib")
    ranked = document("rank", edges)
    for name, words in (
        ("context", ("context", edges, "a")),
        ("plot", ("plot", edges, "-o", tmp_path / "p.png")),
        ("export", ("export", edges, "--scores", "-o", tmp_path / "s.csv")),
    ):
        section = PAGE.partition(f"\n### {name}")[2].partition("\n### ")[0]
        extra = [key for key in document(*words) if key not in ranked]
        assert [key for key in extra if key not in section] == []
