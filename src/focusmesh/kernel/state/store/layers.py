"""A store whose transactions stay in memory, one upon the other, until it is known which of them are to last.

``write`` puts a layer of changes on top, ``read`` sees them all. ``settle`` writes the lowest layers to the store below
in one transaction of it, ``drop`` takes the newest away. Who reads the store below sees what is settled alone.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from focusmesh.errors import InputError, StoreBusyError
from focusmesh.kernel.state.store.overlay import CheckedOverlay, Overlay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from focusmesh.kernel.state.store.interface import Reader, Store, Writer
    from focusmesh.kernel.state.store.overlay import Changes


class LayeredStore:
    """See Store; what is written here is durable when it is settled.

    A layer takes the memory of what it changes, whatever the store's size; reading goes through all layers, so that a
    few of them cost little. One thread writes, settles and drops; others may read meanwhile.
    """

    def __init__(self, base: Store) -> None:
        self.base = base
        self._layers: tuple[Changes, ...] = ()
        self._writing = False

    @property
    def depth(self) -> int:
        """How many layers there are."""
        return len(self._layers)

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """See Store.read: the newest layer."""
        # The layers first: one that is settled meanwhile says once more what the base has then.
        layers = self._layers
        with self.base.read() as reader:
            yield _over(reader, layers)

    @contextmanager
    def write(self) -> Iterator[Writer]:
        """See Store.write: one more layer when the block ends, none where it is left by an exception."""
        if self._writing:
            raise StoreBusyError(f"process {os.getpid()} is writing to these layers already")
        self._writing = True
        try:
            with self.read() as reader:
                writer = CheckedOverlay(reader)
                yield writer
            self._layers = (*self._layers, writer.changes)
        finally:
            self._writing = False

    def settle(self, count: int, more: Callable[[Writer], None] | None = None) -> None:
        """Writes the ``count`` lowest layers, and what ``more`` puts besides, to the base in one transaction.

        Raises InputError for more layers than there are, else as ``Store.write`` of the base: the layers are there
        still, and it can be done again, whether it came through or not. O(changes · log n).
        """
        self._verify(count)
        merged: Changes = {}
        for layer in self._layers[:count]:
            for table, changes in layer.items():
                merged.setdefault(table, {}).update(changes)
        with self.base.write() as writer:
            for table, changes in merged.items():
                pairs = sorted((key, value) for key, value in changes.items() if value is not None)
                writer.delete_many(table, sorted(key for key, v in changes.items() if v is None))
                writer.put_many(table, pairs)
            if more is not None:
                more(writer)
        self._layers = self._layers[count:]

    def drop(self, count: int) -> None:
        """Forgets the ``count`` newest layers. Raises InputError for more than there are."""
        self._verify(count)
        self._layers = self._layers[: len(self._layers) - count]

    def used_bytes(self) -> int:
        """See Store.used_bytes: of the base, and what the layers change. O(changes)."""
        pairs = (pair for each in self._layers for table in each.values() for pair in table.items())
        return self.base.used_bytes() + sum(len(key) + len(value or b"") for key, value in pairs)

    def close(self) -> None:
        """See Store.close; what is not settled is gone."""
        self._layers = ()
        self.base.close()

    def _verify(self, count: int) -> None:
        if not 0 <= count <= len(self._layers):
            raise InputError(f"{count} layers are asked for, there are {len(self._layers)}")


def lasting(store: Store) -> Store:
    """Where to write what is no part of any layer: the store below."""
    return store.base if isinstance(store, LayeredStore) else store


def _over(reader: Reader, layers: tuple[Changes, ...]) -> Reader:
    for layer in layers:
        reader = Overlay(reader, layer)
    return reader
