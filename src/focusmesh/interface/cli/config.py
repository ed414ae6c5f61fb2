"""``focusmesh config``: what a server is told, by whom, and the keys that clients send."""

from __future__ import annotations

import json
import os
from typing import Annotated, Any

import typer

from focusmesh.interface.cli.options import Output, command
from focusmesh.interface.cli.screen import Screen
from focusmesh.interface.cli.serve import Config, params_of
from focusmesh.interface.settings import Settings, about, variable_of

Origin = Annotated[
    bool, typer.Option("--origin", help="Say of each setting where its value is from.")
]
KeyOwner = Annotated[
    str, typer.Argument(metavar="NAME", help="Whose key it is.", show_default=False)
]
KeysFile = Annotated[
    str,
    typer.Option(
        "--keys",
        metavar="FILE",
        help="The file of API keys that it is added to.",
        show_default=False,
    ),
]
Neuron = Annotated[
    str | None,
    typer.Option(
        "--neuron",
        metavar="HEX",
        help="Admit a neuron, which signs its requests, in the place of a key to send.",
    ),
]
MayWrite = Annotated[bool, typer.Option("--write", help="It may post signals as well.")]


@command
def show(output: Output, config: Config = None, origin: Origin = False) -> None:
    """Print every setting of `focusmesh serve` as TOML, as the file and the environment make it."""
    screen = Screen(output)
    settings = Settings.read(config, os.environ)
    params_of(settings)  # An operator that cannot be is refused here and not when it is needed.
    if screen.as_json:
        screen.document({"settings": [_record(*each) for each in settings]})
        return
    lines, section = [], ""
    for name, value, where in settings:
        head, _, key = name.partition(".")
        if head != section:
            lines += ["", f"[{head}]"] if section else [f"[{head}]"]
            section = head
        remark = where if origin else about(name)
        lines.append(f"{key} = {_toml(value)}  # {remark}")
    typer.echo("\n".join(lines))


@command
def key(
    name: KeyOwner,
    keys: KeysFile,
    output: Output,
    write: MayWrite = False,
    neuron: Neuron = None,
) -> None:
    """Make an API key and print it, once: FILE gets its digest alone."""
    from focusmesh.interface.http import admit_neuron, new_api_key

    screen, right = Screen(output), "write" if write else "read"
    if neuron is not None:
        admit_neuron(keys, name, neuron, may_write=write)
        if screen.as_json:
            screen.document({"name": name, "neuron": neuron, "right": right, "keys": keys})
        screen.narrate(f"{keys}: {name} may {right}, by requests that this neuron signs")
        return
    made = new_api_key(keys, name, may_write=write)
    if screen.as_json:
        screen.document({"name": name, "key": made, "right": right, "keys": keys})
    else:
        typer.echo(made)
    screen.narrate(f"{keys}: {name} may {right}; clients send `Authorization: Bearer KEY`")


def _record(name: str, value: Any, where: str) -> dict[str, Any]:
    return {
        "name": name,
        "value": value,
        "origin": where,
        "environment": variable_of(name),
        "about": about(name),
    }


def _toml(value: Any) -> str:
    """A value as TOML spells it: text, numbers and truth as JSON does."""
    return json.dumps(value, ensure_ascii=False)
