"""``focusmesh rules watch``: rows that come and go while the file of a graph changes."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.errors import FocusmeshError, InputError, UnknownParticleError
from focusmesh.interface.cli.programs.rules import (
    MEMORY_MIB,
    Facts,
    Memory,
    RowsMax,
    RulesFile,
    Seconds,
    Show,
    json_value,
    limits_of,
    open_view,
    read_rules,
)
from focusmesh.interface.cli.shared.failures import message_of
from focusmesh.interface.cli.shared.graph_input import existing, read_graph
from focusmesh.interface.cli.shared.options import GraphArgument, Output, Reading, command
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import count_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.links import Snapshot
    from focusmesh.engine.reasoning import RuleChanges

Every = Annotated[
    float,
    typer.Option("--every", metavar="S", min=0.01, help="Seconds between two looks at GRAPH."),
]


class FollowedGraph:
    """The graph that is in a file or a folder now."""

    def __init__(self, where: str, reading: Reading, screen: Screen) -> None:
        """Raises FileError where there is nothing, and what reading raises."""
        if where == "-":
            raise InputError("watch looks at a file again and again: name one, not -")
        self._where, self._reading, self._screen = where, reading, screen
        self._facts = self._look()
        self._graph = read_graph(where, reading, screen)

    def snapshot(self) -> Snapshot:
        """The links as they were read last."""
        return self._graph.snapshot()

    def wait(self, every: float) -> None:
        """Returns once it is another graph. One that cannot be read is told, and waited out."""
        quiet = Screen(Output(quiet=True))
        while True:
            time.sleep(every)
            try:
                facts = self._look()
                if facts == self._facts:
                    continue
                self._facts = facts
                self._graph = read_graph(self._where, self._reading, quiet)
            except (FocusmeshError, OSError) as error:
                self._screen.narrate(f"not read, so nothing changes: {message_of(error)}")
                continue
            return

    def _look(self) -> list[tuple[str, int, int, int]]:
        """What would be otherwise if a file were written anew."""
        path = existing(self._where)
        paths = [path]
        if path.is_dir():
            paths = [Path(at, name) for at, _, names in os.walk(path) for name in sorted(names)]
        found = [(each, each.stat()) for each in paths]
        return [(str(at), facts.st_ino, facts.st_size, facts.st_mtime_ns) for at, facts in found]


@command
def watch(
    graph: GraphArgument,
    file: RulesFile,
    reading: Reading,
    output: Output,
    show: Show = None,
    facts: Facts = None,
    every: Every = 1.0,
    seconds: Seconds = None,
    rows: RowsMax = None,
    memory: Memory = MEMORY_MIB,
) -> None:
    """Print which rows come (+) and go (-) while GRAPH changes.

    All rows come first. What a change brings is worked out from the change. It goes on until it is interrupted.
    """
    screen, rules = Screen(output), read_rules(file)
    names = show or rules.outputs
    for name in names:
        if name not in rules.outputs:
            raise InputError(
                f"no relation {name} is put out; there are: {', '.join(rules.outputs)}"
            )
    followed = FollowedGraph(graph, reading, screen)
    view = open_view(followed, rules, facts, limits_of(seconds, rows, memory))
    _show(view.changes(), names, screen)
    while True:
        sys.stdout.flush()
        followed.wait(every)
        try:
            _show(view.changes(), names, screen)
        except UnknownParticleError as error:  # that an operator is told of, and that may come back
            screen.narrate(f"not answered, and looked at again: {message_of(error)}")


def _show(changes: RuleChanges, names: Sequence[str], screen: Screen) -> None:
    from focusmesh.engine.reasoning import row_text

    sides = {"+": changes.came, "-": changes.went}
    if screen.as_json:
        told: dict[str, Any] = {"is_whole": changes.is_whole}
        for word, side in (("came", changes.came), ("went", changes.went)):
            told[word] = {
                name: [[json_value(value) for value in row] for row in side[name]]
                for name in names
                if name in side
            }
        screen.document(told)
    else:
        screen.plain_lines(
            f"{sign} {row_text(name, row)}"
            for sign, side in sides.items()
            for name in names
            for row in side.get(name, ())
        )
    came, went = (
        count_of(sum(len(side.get(name, ())) for name in names), "row") for side in sides.values()
    )
    screen.narrate(came if changes.is_whole else f"{came} came, {went} went")
