"""Groups of commands that load a command's module when the command is called, or its help is asked for."""

from __future__ import annotations

import ast
import sys
from collections.abc import MutableMapping
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group

from focusmesh.interface.cli.applications.program_group import EXTENDED, with_verbs
from focusmesh.interface.cli.shared.failures import ExitCode, tell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from focusmesh.interface.cli.commands import Command, Group


class LazyCommands(MutableMapping[str, Any]):
    """Commands by name, in the order of ``makers``; each is made when it is first looked up."""

    def __init__(self, makers: Mapping[str, Callable[[], Any]]) -> None:
        self._makers = dict(makers)
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._makers[name] = lambda: command
        self._made.pop(name, None)

    def __delitem__(self, name: str) -> None:
        del self._makers[name]
        self._made.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)

    def __contains__(self, name: object) -> bool:
        return name in self._makers


def lazy_group(
    commands: tuple[Command, ...],
    groups: tuple[Group, ...] = (),
    panels: Mapping[str, tuple[str, ...]] | None = None,
) -> type[TyperGroup]:
    """The class of a group with these members, for ``typer.Typer(cls=…)``.

    With ``panels``, help lists the members that they name under their titles, in that order.
    """
    makers: dict[str, Callable[[], Any]] = {each.name: partial(_command, each) for each in commands}
    makers |= {each.name: partial(_group, each) for each in groups}
    shown = {name: title for title, names in (panels or {}).items() for name in names}
    makers = {name: partial(_in_panel, makers[name], title) for name, title in shown.items()} | {
        name: maker for name, maker in makers.items() if name not in shown
    }

    outlines = {each.name: partial(_outline, each, shown.get(each.name)) for each in commands}

    class LazyGroup(TyperGroup):
        def __init__(self, **settings: Any) -> None:
            super().__init__(**{**settings, "commands": LazyCommands(makers)})

        def format_help(self, ctx: Any, formatter: Any) -> None:
            """Lists the members without loading their modules."""
            whole = self.commands
            self.commands = LazyCommands(makers | outlines)
            try:
                super().format_help(ctx, formatter)
            finally:
                self.commands = whole

    return LazyGroup


def _outline(command: Command, panel: str | None) -> TyperCommand:
    """A command that has no more than its line of help, read from the source of its function."""
    line = help_line(command)
    return TyperCommand(command.name, help=line, hidden=command.hidden, rich_help_panel=panel)


def help_line(command: Command) -> str:
    """What a command does, in one line: the first of its function's docstring, read without loading its module."""
    spec = find_spec(command.module)
    try:
        tree = ast.parse(Path(spec.origin or "").read_bytes() if spec is not None else b"")
    except OSError:
        # Installed without its sources.
        tree = ast.Module([], [])
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == command.function:
            return (ast.get_docstring(node) or "").partition("\n\n")[0]
    return (_function(command).__doc__ or "").strip().partition("\n\n")[0]


def _in_panel(maker: Callable[[], Any], panel: str) -> Any:
    member = maker()
    member.rich_help_panel = panel
    return member


def _command(command: Command) -> Any:
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    alone.command(command.name, hidden=command.hidden)(_function(command))
    return get_command(alone)


def _function(command: Command) -> Any:
    """Loading takes some tenths of a second, within typer, which would end it without a word."""
    try:
        return getattr(import_module(command.module), command.function)
    except KeyboardInterrupt:
        tell("interrupted")
        sys.exit(ExitCode.INTERRUPTED)


def _group(group: Group) -> Any:
    members = lazy_group(group.members)
    if group.name in EXTENDED:
        members = with_verbs(members, group.name)
    return get_group(
        typer.Typer(name=group.name, help=group.help, no_args_is_help=True, cls=members)
    )
