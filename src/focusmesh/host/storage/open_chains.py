"""A chain that is open in this process: shared by all who have its folder open, since a store is opened once."""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, ClassVar
from weakref import WeakValueDictionary, finalize

from focusmesh.host.storage.ledger_folder import operations

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.host.storage.ledger_folder import Folder
    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.state import LmdbStore


class OpenedChain:
    """The chain of a folder, to read until somebody asks to write. What uses it holds ``lock`` meanwhile."""

    _all: ClassVar[WeakValueDictionary[Path, OpenedChain]] = WeakValueDictionary()
    _opening: ClassVar[RLock] = RLock()

    @classmethod
    def of(cls, folder: Folder) -> OpenedChain:
        """The one of this process, opened if need be; raises StoreError, BlockError ("operations")."""
        where = folder.store.resolve()
        with cls._opening:
            found = cls._all.get(where)
            if found is None:
                found = cls._all[where] = cls(folder)
            found._users += 1
            return found

    def __init__(self, folder: Folder) -> None:
        """Use ``of``."""
        self.lock = RLock()
        self._folder = folder
        self._users = 0
        self._chain: Chain
        self._writable = False
        self._open(readonly=True)

    def reading(self) -> Chain:
        """The chain as of its last block, whoever made that."""
        with self.lock:
            if not self._writable and self._height() != self._chain.height:
                self._chain = self._make_chain()
            return self._chain

    def writing(self) -> Chain:
        """The chain open for writing, from now on until all who use it have closed it.

        Raises StoreBusyError where another process writes to it.
        """
        with self.lock:
            if not self._writable:
                self._finalizer()
                try:
                    self._open(readonly=False)
                except BaseException:
                    self._open(readonly=True)
                    raise
            return self._chain

    @property
    def is_writing(self) -> bool:
        """Whether this process holds the ledger for writing, and so no other makes its blocks."""
        with self.lock:
            return self._writable

    def release(self) -> None:
        """One user less; the last one closes the store."""
        with self._opening:
            self._users -= 1
            if not self._users:
                self._finalizer()
                self._all.pop(self._folder.store.resolve(), None)

    def _open(self, *, readonly: bool) -> None:
        from focusmesh.kernel.state import LmdbStore

        self.store: LmdbStore = LmdbStore(self._folder.store, readonly=readonly)
        self._finalizer = finalize(self, self.store.close)
        self._writable = not readonly
        self._chain = self._make_chain()

    def _make_chain(self) -> Chain:
        from focusmesh.kernel.block import Chain

        return Chain(self.store, operations())

    def _height(self) -> int:
        with self.store.read() as reader:
            return reader.count("headers") - 1
