"""Migrations: named pure functions that make the leaves of a prefix what a new set of operations reads.

They run before the signals of the first block under the set, LEAVES_A_BLOCK leaves a block; how far they have come is a
leaf at ``/kv/migration``, dag-cbor of ``[names, cursor]``: what is still to be run, and the last key that the first of
them has seen. One that goes on beside new operations meets what these wrote, and has to know it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import InputError
from focusmesh.kernel.state import MIGRATION_KEY, NO_MIGRATION_ROOT
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from focusmesh.kernel.state import StateOverlay, Tree

    Scan = Callable[[bytes, bytes], Iterator[tuple[bytes, bytes]]]

LEAVES_A_BLOCK = 4_096
"""So many leaves a migration looks at in one block."""


class Migration(NamedTuple):
    """What a ``name`` stands for: of each leaf below ``prefix``, the entries to set (None: to take out).

    ``move`` is given key and value, and reads nothing else. Rows of links, accounts and the supply are not its to move.
    """

    name: str
    prefix: bytes
    move: Callable[[bytes, bytes], Iterable[tuple[bytes, bytes | None]]]


def migrations_left(value: bytes | None) -> tuple[str, ...]:
    """The names that a leaf at ``/kv/migration`` says are still to be run."""
    return () if value is None else tuple(decode(value)[0])


def run_migration(working: StateOverlay, scan: Scan, known: Mapping[str, Migration]) -> None:
    """Runs the migration whose turn it is for one block; nothing where none is.

    ``scan`` gives the leaves of the state before the block below a prefix, behind a key. Raises KeyError for one that
    is not ``known``. O(LEAVES_A_BLOCK).
    """
    value = working.get(MIGRATION_KEY)
    if value is None:
        return
    (name, *later), cursor = decode(value)
    migration, left = known[name], LEAVES_A_BLOCK
    for key, leaf in scan(migration.prefix, cursor):
        if not left:
            working.put(MIGRATION_KEY, encode([[name, *later], cursor]))
            return
        for place, moved in migration.move(key, leaf):
            if moved is None:
                working.delete(place)
            else:
                working.put(place, moved)
        cursor, left = key, left - 1
    if later:
        working.put(MIGRATION_KEY, encode([later, b""]))
    else:
        working.delete(MIGRATION_KEY)


def migration_root(tree: Tree, names: Sequence[str], known: Mapping[str, Migration]) -> bytes:
    """The root that these migrations, one after the other, make of a state; zeros where there are none.

    Nothing is written. Raises InputError for one that is not ``known``. O(leaves of their prefixes · log n).
    """
    for name in names:
        if name not in known:
            raise InputError(f"this focusmesh has no migration {name!r}: install the release")
        migration = known[name]
        tree = tree.view(
            {
                place: moved
                for key, leaf in tree.scan(migration.prefix)
                for place, moved in migration.move(key, leaf)
            }
        )
    return tree.root if names else NO_MIGRATION_ROOT
