"""What every command of the grid can be told, and how it comes to the grid."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.errors import ParameterError
from focusmesh.host.settings import GridSettings, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    import msgspec

    from focusmesh.host.grid import GridService
    from focusmesh.interface.cli.shared.screen import Screen

STORE = "Store"

Dir = Annotated[
    str,
    typer.Argument(
        metavar="DIR",
        help="A grid's folder, or postgresql://user@host:port/name.",
        show_default=False,
    ),
]
Cube = Annotated[str, typer.Argument(metavar="CUBE", help="Name of a cube.", show_default=False)]
Words = Annotated[
    str, typer.Argument(metavar="TEXT", help="What is read, or - for stdin.", show_default=False)
]
Seed = Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Seed of the random draw.")]
PasswordFile = Annotated[
    str | None,
    typer.Option(
        "--password-file",
        metavar="FILE",
        rich_help_panel=STORE,
        help="A file with the store's password; else FOCUSMESH_GRID_PASSWORD.",
    ),
]
SecretFile = Annotated[
    str | None,
    typer.Option(
        "--secret-file",
        metavar="FILE",
        rich_help_panel=STORE,
        help="A file of 32 bytes that the cubes' keys come from; else DIR/secret.",
    ),
]


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where the secrets of a grid are."""

    password_file: PasswordFile = None
    secret_file: SecretFile = None

    def settings(self, store: str) -> GridSettings:
        """These options before the environment. Raises ParameterError."""
        said = {
            "grid.store": store,
            "grid.password_file": self.password_file,
            "grid.secret_file": self.secret_file,
        }
        return Settings.read(None, os.environ, said).grid


@contextmanager
def grid_of(store: str, keeping: Keeping) -> Iterator[GridService]:
    """The grid there, which this process keeps until the block ends; what was done is saved then."""
    from focusmesh.host.grid import GridService, open_grid

    service = GridService(open_grid(keeping.settings(store)), save_seconds=3_600)
    try:
        yield service
    finally:
        service.close()


def read_text(text: str) -> dict[str, str]:
    """``TEXT`` as a request brings it; - reads all of standard input, as bytes."""
    if text != "-":
        return {"text": text}
    import base64
    import sys

    return {"data": base64.b64encode(sys.stdin.buffer.read()).decode()}


def show(screen: Screen, answer: msgspec.Struct, lines: list[str]) -> None:
    """An answer: whole in JSON, in a few lines for people."""
    import msgspec

    if screen.as_json:
        screen.document(msgspec.to_builtins(answer))
    screen.lines([line.replace("[", r"\[") for line in lines])


def request(kind: Any, **said: Any) -> Any:
    """A request of the grid, as the routes would read it. Raises ParameterError."""
    import msgspec

    try:
        return msgspec.convert(said, kind)
    except msgspec.ValidationError as error:
        raise ParameterError(str(error)) from error


def place_of(text: str) -> tuple[int, int, int]:
    """``X,Y,Z``; raises ParameterError."""
    parts = text.split(",")
    try:
        x, y, z = (int(part) for part in parts)
    except ValueError:
        raise ParameterError(f"{text!r}: write three whole numbers, such as 3,4,5") from None
    return x, y, z
