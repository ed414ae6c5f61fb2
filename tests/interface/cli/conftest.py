"""The command line in this process and in processes of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from typer.testing import CliRunner

from focusmesh.interface.cli.application import application

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from typer.testing import Result

PROGRAM = (sys.executable, "-c", "from focusmesh.interface.cli import main; main()")

# T3 of the normative page, with names: its values are known to twelve digits.
EDGES = "source,target,weight\na,b,100\nb,c,50\nc,a,200\nd,a,300\n"
FOCUS = {"a": 0.379997114117, "b": 0.273437705853, "c": 0.247534710075, "d": 0.099030469955}


class Invoke(Protocol):
    def __call__(
        self, *arguments: str | Path, code: int = 0, stdin: str | None = None
    ) -> Result: ...


class Run(Protocol):
    def __call__(
        self, *arguments: str | Path, stdin: bytes = b"", **options: Any
    ) -> subprocess.CompletedProcess[bytes]: ...


@pytest.fixture
def invoke() -> Invoke:
    """Run the program here; the exit code must be ``code``."""

    def act(*arguments: str | Path, code: int = 0, stdin: str | None = None) -> Result:
        done = CliRunner().invoke(application, [str(word) for word in arguments], input=stdin)
        assert done.exit_code == code, f"{done.exit_code}: {done.stderr}{done.exception!r}"
        return done

    return act


@pytest.fixture
def document(invoke: Invoke) -> Callable[..., dict[str, Any]]:
    """Run the program here with --json: standard output must be exactly one object."""

    def act(*arguments: str | Path) -> dict[str, Any]:
        done = invoke(*arguments, "--json")
        assert done.stdout.count("\n") == 1
        parsed = json.loads(done.stdout)
        assert isinstance(parsed, dict)
        return parsed

    return act


@pytest.fixture
def run() -> Run:
    """Run the program in a process of its own, as a shell would."""

    def act(
        *arguments: str | Path, stdin: bytes = b"", **options: Any
    ) -> subprocess.CompletedProcess[bytes]:
        plain = {name: value for name, value in os.environ.items() if name not in COLOURING}
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": plain, **options}
        return subprocess.run(
            [*PROGRAM, *map(str, arguments)], input=stdin, timeout=120, check=False, **options
        )

    return act


COLOURING = {"NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "PY_COLORS", "FOCUSMESH_DEBUG"}


@pytest.fixture
def edges(tmp_path: Path) -> Path:
    """A small graph with known scores."""
    return written(tmp_path / "edges.csv", EDGES)


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path
