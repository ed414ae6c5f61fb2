"""``focusmesh config``: what a server is told, by whom, and the keys that clients send."""

from __future__ import annotations

import json
import os
from typing import Annotated, Any

import typer

from focusmesh.host.settings import Settings, about, variable_of
from focusmesh.interface.cli.network.serve import Config, params_of
from focusmesh.interface.cli.shared.options import Output, command
from focusmesh.interface.cli.shared.screen import Screen

Origin = Annotated[
    bool, typer.Option("--origin", help="Show where each setting's value comes from.")
]
KeyOwner = Annotated[
    str, typer.Argument(metavar="NAME", help="Name of the key's owner.", show_default=False)
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
        help="Admit a neuron that signs its requests, instead of making a key.",
    ),
]
MayWrite = Annotated[bool, typer.Option("--write", help="Let the key post signals as well.")]


@command
def show(output: Output, config: Config = None, origin: Origin = False) -> None:
    """Print every setting of `focusmesh serve` as TOML.

    The file and the environment are taken into account.
    """
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
    """Make an API key and print it once.

    Only its digest is written to FILE.
    """
    from focusmesh.interface.server.shared import admit_neuron, new_api_key

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
