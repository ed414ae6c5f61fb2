"""Every application is one folder of one shape, and what its face says is so."""

from __future__ import annotations

from importlib import import_module
from itertools import chain
from pathlib import Path

import pytest

from focusmesh.apps import APPLICATIONS, Application, Command, applications
from focusmesh.apps.bank import Stake, Transfer
from focusmesh.kernel.state import Parameters

FOLDERS = {
    each: Path(str(import_module(name).__file__)).parent
    for name, each in zip(APPLICATIONS, applications(), strict=True)
}


def wrong(application: Application, folder: Path) -> list[str]:
    """What an application lacks, a line each."""
    page = folder / "README.md"
    text = page.read_text(encoding="utf-8") if page.is_file() else ""
    lacking = [name for name in ("face.py", "README.md") if not (folder / name).is_file()]
    if not any((folder / name).exists() for name in ("operations.py", "operations")):
        lacking.append("operations")
    lacking += ["queries.py"] * bool(application.queries and not (folder / "queries.py").is_file())
    operations = [*application.operations, *chain.from_iterable(application.later.values())]
    found = [f"{application.name} has no {name}" for name in lacking]
    found += [
        f"{page}: {each.name()} is not named"
        for each in operations
        if f"`{each.name()}`" not in text
    ]
    found += [
        f"{page}: the parameter {name} is not named"
        for name in application.parameters
        if f"`{name}`" not in text
    ]
    found += [
        f"{application.name}: there is no genesis parameter {name}"
        for name in application.parameters
        if name not in Parameters.__struct_fields__
    ]
    found += [
        f"{application.name}: the operation of {each.name} is none of its own"
        for each in application.commands
        if each.operation not in operations
    ]
    return found


@pytest.mark.parametrize("application", FOLDERS, ids=lambda each: each.name)
def test_an_application_has_the_one_shape(application: Application) -> None:
    assert FOLDERS[application].name == application.name
    assert wrong(application, FOLDERS[application]) == []


def test_each_folder_is_in_the_list() -> None:
    layer = Path(str(import_module("focusmesh.apps").__file__)).parent
    assert {each.parent for each in layer.glob("*/operations*")} == set(FOLDERS.values())


def test_a_folder_that_lacks_something_is_caught(tmp_path: Path) -> None:
    elsewhere = Command("send", "", Transfer)
    made = Application("x", "", (Stake,), (elsewhere,), (), ("nothing",))
    complaints = wrong(made, tmp_path)
    assert {line.split(" has no ")[-1] for line in complaints[:3]} == {
        *("face.py", "README.md", "operations")
    }
    assert any("stake/1 is not named" in line for line in complaints)
    assert any("no genesis parameter nothing" in line for line in complaints)
    assert any("the operation of send is none of its own" in line for line in complaints)
