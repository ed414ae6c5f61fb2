"""``focusmesh state``: where the states of two ledgers, or of one at two heights, differ."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.errors import FileError
from focusmesh.host.storage import absence
from focusmesh.interface.cli.shared.graph_input import ledger_of
from focusmesh.interface.cli.shared.ledger_options import open_ledger
from focusmesh.interface.cli.shared.options import Output, command
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import Column

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.kernel.state import StateDifference, StateView

_NAMED_BYTES = 32

First = Annotated[
    str, typer.Argument(metavar="A", help="A ledger's folder, or DIR@HEIGHT.", show_default=False)
]
Second = Annotated[
    str, typer.Argument(metavar="B", help="A ledger's folder, or DIR@HEIGHT.", show_default=False)
]


@command
def diff(first: First, second: Second, output: Output) -> None:
    """Name the first key under each prefix at which the states A and B differ."""
    from focusmesh.kernel.state import state_differences

    screen = Screen(output)
    with state_at(first) as mine, state_at(second) as other:
        roots = [mine.root.hex(), other.root.hex()]
        found = state_differences(mine, other)
    if screen.as_json:
        screen.document({"roots": roots, "items": [difference_document(each) for each in found]})
    elif found:
        difference_table(found, screen)
    words = "the same root" if roots[0] == roots[1] else "other roots"
    screen.narrate(f"{words}: {roots[0]}" + ("" if roots[0] == roots[1] else f", {roots[1]}"))


@contextmanager
def state_at(where: str) -> Iterator[StateView]:
    """The state that ``DIR`` or ``DIR@HEIGHT`` means."""
    found = ledger_of(where)
    if found is None:
        advice = "write DIR or DIR@HEIGHT, such as memory@3"
        raise FileError(f"{where}: {absence(Path(where))}; {advice}")
    folder, height = found
    with open_ledger(folder) as chain, chain.reading().state.at(height) as view:
        yield view


def difference_document(found: StateDifference) -> dict[str, Any]:
    """The first key of a prefix, and what either state has there, in hexadecimal."""
    return {
        "prefix": found.prefix.decode(),
        "key": key_text(found),
        "count": found.count,
        "first": None if found.first is None else found.first.hex(),
        "second": None if found.second is None else found.second.hex(),
    }


def difference_table(found: list[StateDifference], screen: Screen) -> None:
    """A line for each prefix."""
    columns = [
        Column("first key that differs", style="bold"),
        Column("differing", right=True),
        Column("A"),
        Column("B"),
    ]
    rows = [
        (key_text(each), f"{each.count:,}", *map(_show, (each.first, each.second)))
        for each in found
    ]
    screen.table(columns, rows)


def key_text(found: StateDifference) -> str:
    """A key: its prefix as text, digests and keys in hexadecimal, what follows them as text where it is."""
    rest = found.key[len(found.prefix) :]
    named, text = rest[: 2 * _NAMED_BYTES], rest[2 * _NAMED_BYTES :]
    return found.prefix.decode() + named.hex() + (f"/{text.decode()}" if text else "")


def _show(value: bytes | None) -> str:
    if value is None:
        return "absent"
    return value.hex() if len(value) <= 16 else f"{value[:12].hex()}… ({len(value)} bytes)"
