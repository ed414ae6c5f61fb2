"""One moment of a store as a store of its own: it stays readable while the store goes on."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from focusmesh.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.kernel.state.store.interface import Reader, Store, Writer


class HeldStore:
    """The last committed moment of ``store`` until ``close``; layers over it take what is written.

    A store on disk keeps the pages of that moment for as long, so it is held for seconds.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._held = ExitStack()
        self._reader = self._held.enter_context(store.read())

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """See Store.read: the moment that is held."""
        yield self._reader

    @contextmanager
    def write(self) -> Iterator[Writer]:
        """Raises StoreError: nothing is written behind a moment that is over."""
        raise StoreError("a moment that is held cannot be written to: put layers over it")
        yield

    def used_bytes(self) -> int:
        """See Store.used_bytes."""
        return self._store.used_bytes()

    def close(self) -> None:
        """Lets the moment go; the store stays open. Closing again does nothing."""
        self._held.close()
