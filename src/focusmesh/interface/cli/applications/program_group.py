"""The program's commands: its own, and a group for each application that the command line offers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Collection

    from typer.core import TyperGroup

    from focusmesh.host.service import Verb

EXTENDED = ("tx", "query")
"""Groups of the program that applications add commands to."""


def with_applications(own: type[TyperGroup], without: Collection[str] = ()) -> type[TyperGroup]:
    """The class of a group with its ``own`` commands, and those of the applications where it has none of a name.

    Those of packages ``without`` have commands of ``own``, or in its groups. The others are loaded when such a name is
    asked for, or all are listed.
    """

    class ProgramGroup(own):  # type: ignore[misc, valid-type]
        def get_command(self, ctx: Any, cmd_name: str) -> Any:
            return super().get_command(ctx, cmd_name) or application_groups(without).get(cmd_name)

        def list_commands(self, ctx: Any) -> list[str]:
            names = super().list_commands(ctx)
            return [*names, *(name for name in application_groups(without) if name not in names)]

    return ProgramGroup


def with_verbs(own: type[TyperGroup], name: str) -> type[TyperGroup]:
    """The class of the group of a ``name`` with its ``own`` commands, and those that applications add to it.

    Applications are loaded when a name is asked for that is none of its own, or all are listed.
    """

    class ExtendedGroup(own):  # type: ignore[misc, valid-type]
        def get_command(self, ctx: Any, cmd_name: str) -> Any:
            return super().get_command(ctx, cmd_name) or _commands_of(name).get(cmd_name)

        def list_commands(self, ctx: Any) -> list[str]:
            names = super().list_commands(ctx)
            return [*names, *(each for each in _commands_of(name) if each not in names)]

    return ExtendedGroup


def _commands_of(name: str) -> dict[str, Any]:
    group = application_groups().get(name)
    return {} if group is None else group.commands


def application_groups(without: Collection[str] = ()) -> dict[str, Any]:
    """A group for each application, by the first word of its verbs, with a command for each."""
    from focusmesh.host.service import verbs

    by_group: dict[str, list[Verb]] = {}
    for verb in verbs("cli", without):
        by_group.setdefault(verb.place.partition(" ")[0], []).append(verb)
    return {name: _group(name, listed) for name, listed in by_group.items()}


def _group(name: str, listed: list[Verb]) -> Any:
    from focusmesh.interface.cli.applications.verb_command import verb_command

    part = typer.Typer(name=name, help=listed[0].application.words, no_args_is_help=True)
    # A group of one command stays a group.
    part.callback()(lambda: None)
    for verb in listed:
        part.command(verb.place.partition(" ")[2])(verb_command(verb))
    return typer.main.get_command(part)
