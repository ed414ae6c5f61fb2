"""Groups of options become single parameters; what help says is what the engine does."""

from __future__ import annotations

import ast
import inspect
from dataclasses import fields
from pathlib import Path
from typing import Annotated, get_type_hints

import pytest
import typer

from focusmesh import FocusParams
from focusmesh.errors import ParameterError
from focusmesh.interface.cli.shared import options
from focusmesh.interface.cli.shared.options import Operator, Output, Reading, command


def test_help_states_the_defaults_of_the_engine() -> None:
    hints = get_type_hints(Operator, include_extras=True)
    for field in fields(FocusParams):
        said = hints[field.name].__metadata__[0].help
        assert f"({field.default})" in said, field.name
    assert "(0.85)" in hints["damping"].__metadata__[0].help
    assert Operator().params() == FocusParams()
    assert Operator(pagerank=True).params() == FocusParams.pagerank(0.85)


def test_groups_are_spread_and_gathered() -> None:
    seen: list[tuple[str, Reading, Output]] = []

    @command
    def act(name: Annotated[str, typer.Argument()], reading: Reading, output: Output) -> None:
        """Words."""
        seen.append((name, reading, output))

    names = list(inspect.signature(act).parameters)
    assert names == [
        "name",
        *(field.name for field in fields(Reading)),
        *(field.name for field in fields(Output)),
    ]
    given = dict.fromkeys(names) | {"name": "x", "strict": True, "debug": False}
    act(**given)
    ((name, reading, output),) = seen
    assert (name, reading.strict, output.debug, act.__doc__) == ("x", True, False, "Words.")


@pytest.mark.parametrize("text", ["", "source", "source=", "=a", "source=a,target"])
def test_columns_have_roles_and_names(text: str) -> None:
    with pytest.raises(ParameterError, match="ROLE=NAME"):
        Reading(columns=text).column_names()
    assert Reading(columns="source=a, target = b").column_names() == {"source": "a", "target": "b"}
    assert Reading().column_names() is None


def test_no_option_is_written_twice() -> None:
    places: dict[str, str] = {}
    for path in sorted(Path(options.__file__).parent.glob("*.py")):
        for statement in ast.parse(path.read_text()).body:
            match statement:
                case ast.Assign(value=ast.Subscript(value=ast.Name(id="Annotated")) as kind):
                    here = f"{path.name}:{statement.lineno}"
                    assert places.setdefault(ast.dump(kind), here) == here
