"""``focusmesh query rules`` and ``why``: what rules derive from a ledger as of a block, and why."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec
import typer

from focusmesh.errors import InputError, RuleError
from focusmesh.host.service import Derive, Why  # noqa: TC001  (typer asks for them)
from focusmesh.interface.cli.shared.ledger_options import LedgerOption, open_ledger
from focusmesh.interface.cli.shared.options import Output, command
from focusmesh.interface.cli.shared.program_text import program_text
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import Column, count_of, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.host.service import BaseRows, DerivedRelation


@command
def rules(ledger: LedgerOption, asked: Derive, output: Output) -> None:
    """Derive what the rules in FILE say from the links.

    Goals (?- …) are answered if there are any. Else relations marked .output are shown, or all that have rules.
    """
    from focusmesh.host.service import derive

    screen, file = Screen(output), asked.rules
    text = program_text(file)
    with _base(ledger, asked.at) as (base, height), _naming(file):
        found = derive(base, text, asked.limits(), patterns=True, height=height, **asked.options)
    if screen.as_json:
        told = msgspec.to_builtins(found)
        del told["root"]
        screen.document(told)
    else:
        for relation in found.relations:
            _table(relation, screen)
    for relation in found.relations:
        left = relation.count - len(relation.rows)
        more = f", {left:,} more: --top" if left > 0 else ""
        screen.narrate(f"{visible(relation.name)}: {count_of(relation.count, 'row')}{more}")
    for relation in found.unsettled:
        words = (
            f"{count_of(relation.count, 'row')} more may be there: bounds of scores leave them open"
        )
        screen.narrate(f"{visible(relation.name)}: {words}")
    screen.narrate(f"at height {height}")
    if found.stopped is not None:
        screen.narrate(f"not complete: {found.stopped}")


@command
def why(ledger: LedgerOption, asked: Why, output: Output) -> None:
    """Prove FACT by the rules in FILE, or say what is missing.

    Without a proof the exit code is 1. With --json the proof is there for focusmesh.read_proof.
    """
    from focusmesh.host.service import explain_row

    screen, file = Screen(output), asked.rules
    text, minimal = program_text(file), asked.minimal
    with _base(ledger, asked.at) as (base, height), _naming(file):
        found = explain_row(
            base, text, asked.fact, asked.limits(), minimal=minimal, patterns=True, height=height
        )
    if screen.as_json:
        told = msgspec.to_builtins(found)
        del told["root"]
        screen.document(told)
    else:
        screen.plain_lines(found.text.splitlines())
    if not found.holds:
        screen.narrate(f"at height {height} no such row follows")
        raise typer.Exit(1)
    screen.narrate(f"at height {height}, proved in {count_of(found.depth or 0, 'step')}")


@contextmanager
def _base(ledger: str, at: int | None) -> Iterator[tuple[BaseRows, int]]:
    """The relations of a ledger as of a block, and its height."""
    from focusmesh.engine.graph import Graph
    from focusmesh.host.service import BaseRows
    from focusmesh.kernel.session import columns_of

    with open_ledger(ledger) as shared:
        chain = shared.reading()
        graph = Graph.from_links(columns_of(chain, at))
        yield BaseRows(graph), chain.height if at is None else at


@contextmanager
def _naming(file: str) -> Iterator[None]:
    """Errors of rules begin with the file that they stand in."""
    try:
        yield
    except RuleError as error:
        raise InputError(f"{'stdin' if file == '-' else file}:{error}") from error


def _table(relation: DerivedRelation, screen: Screen) -> None:
    columns = [Column(relation.name, style="cyan"), *map(Column, relation.columns)]
    rows = [["", *(visible(str(value)) for value in row)] for row in relation.rows]
    screen.table(columns, rows)
