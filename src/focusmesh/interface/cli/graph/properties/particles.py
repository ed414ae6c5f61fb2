"""``focusmesh properties``: what is said of a particle or a link, and which particles it is said of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.errors import InputError, ParameterError
from focusmesh.interface.cli.shared.graph_input import is_saved, read_graph
from focusmesh.interface.cli.shared.options import GraphArgument, Output, Reading, command
from focusmesh.interface.cli.shared.particle_names import find_particle, in_json, shown_name
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import Column, count_of, visible

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from focusmesh.engine.graph import Graph
    from focusmesh.engine.links import PropertyValue

Particle = Annotated[str, typer.Argument(metavar="PARTICLE", help="Its name.")]
Target = Annotated[
    str | None, typer.Option("--to", metavar="PARTICLE", help="Of the link from PARTICLE to it.")
]
Relation = Annotated[
    str | None, typer.Option("--relation", metavar="NAME", help="Of the link of this relation.")
]
Pairs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="KEY=VALUE",
        help='Integers, numbers, true and false are such; others, and what stands in "…", are texts.',
    ),
]
Label = Annotated[
    str | None, typer.Option("--label", metavar="LABEL", help="Only particles with this label.")
]


@command
def show(
    graph: GraphArgument,
    particle: Particle,
    reading: Reading,
    output: Output,
    to: Target = None,
    relation: Relation = None,
) -> None:
    """Show the properties and labels of PARTICLE, or the properties of a link."""
    screen = Screen(output)
    loaded = read_graph(graph, reading, screen)
    name = find_particle(loaded.particles, particle)
    if to is not None:
        target = find_particle(loaded.particles, to)
        values = loaded.link_properties(name, target, relation)
        document: dict[str, Any] = {"source": in_json(name), "target": in_json(target)}
    else:
        values = loaded.properties(name)
        document = {"particle": in_json(name), "labels": loaded.labels(name)}
    if screen.as_json:
        screen.document({**document, "properties": _in_json(values)})
        return
    _show_values(values, screen)
    if to is None:
        screen.narrate(f"labels: {', '.join(map(visible, document['labels'])) or 'none'}")


@command
def set_(
    graph: GraphArgument,
    particle: Particle,
    reading: Reading,
    output: Output,
    pairs: Pairs = None,
    to: Target = None,
    relation: Relation = None,
    unset: Annotated[
        list[str] | None,
        typer.Option("--unset", metavar="KEY", help="Take a property away; may be repeated."),
    ] = None,
    add_label: Annotated[
        list[str] | None,
        typer.Option("--add-label", metavar="LABEL", help="Give a label; may be repeated."),
    ] = None,
    remove_label: Annotated[
        list[str] | None,
        typer.Option("--remove-label", metavar="LABEL", help="Take a label; may be repeated."),
    ] = None,
) -> None:
    """Set properties and labels in the graph file GRAPH, which is written anew."""
    screen = Screen(output)
    if not is_saved(graph, reading):
        raise ParameterError(
            f"{graph} is no graph file (.focusmesh): import it first, or sign properties of a ledger from Python"
        )
    if to is not None and (add_label or remove_label):
        raise ParameterError("a link has no labels: leave --to out, or the labels")
    loaded = read_graph(graph, reading, screen)
    name = find_particle(loaded.particles, particle)
    values: dict[str, Any] = {**_read_pairs(pairs or ()), **dict.fromkeys(unset or ())}
    if to is not None:
        target = find_particle(loaded.particles, to)
        for key, value in values.items():
            loaded.set_link_property(name, target, key, value, relation)
    else:
        _edit_particle(loaded, name, values, add_label or [], remove_label or [])
    loaded.save(graph)
    told = count_of(len(values) + len(add_label or ()) + len(remove_label or ()), "change")
    if screen.as_json:
        screen.document({"path": graph, "root": loaded.root})
    screen.narrate(f"{graph}: {told}")


def _edit_particle(
    graph: Graph, name: Hashable, values: dict[str, Any], given: list[str], taken: list[str]
) -> None:
    for key, value in values.items():
        if value is None:
            graph.unset_property(name, key)
        else:
            graph.set_property(name, key, value)
    for label in given:
        graph.add_label(name, label)
    for label in taken:
        graph.remove_label(name, label)


@command
def find(
    graph: GraphArgument,
    reading: Reading,
    output: Output,
    pairs: Pairs = None,
    label: Label = None,
) -> None:
    """List the particles of GRAPH with these values of properties, and this label."""
    screen = Screen(output)
    loaded = read_graph(graph, reading, screen)
    found = loaded.find(label, **_read_pairs(pairs or ()))
    if screen.as_json:
        screen.document({"particles": [in_json(name) for name in found]})
    else:
        screen.lines(shown_name(name) for name in found)
    screen.narrate(count_of(len(found), "particle"))


def _read_pairs(pairs: Iterable[str]) -> dict[str, PropertyValue]:
    from focusmesh.engine.links import typed_texts

    read: dict[str, PropertyValue] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals:
            raise ParameterError(f"{pair!r} is no KEY=VALUE")
        if text.startswith('"'):
            try:
                read[key] = json.loads(text)
            except ValueError as error:
                raise InputError(f"{pair!r}: the quotes are not closed: {error}") from error
        else:
            (value,) = typed_texts([text])
            read[key] = "" if value is None else value
    return read


def _show_values(values: dict[str, PropertyValue], screen: Screen) -> None:
    from focusmesh.engine.links import kind_of, value_text

    rows = [(visible(key), visible(value_text(v)), kind_of(v)) for key, v in values.items()]
    screen.table([Column("property"), Column("value"), Column("type", style="dim")], rows)


def _in_json(values: dict[str, PropertyValue]) -> dict[str, Any]:
    """Values as JSON has them, bytes in hexadecimal after 0x."""
    from focusmesh.engine.links import value_text

    return {
        key: value_text(value) if isinstance(value, bytes) else value
        for key, value in values.items()
    }
