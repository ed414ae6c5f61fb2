"""A store on disk whose pages were all looked at (lmdb/audit.py) before LMDB, which trusts them, opened its tables."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from focusmesh.errors import StoreError
from focusmesh.kernel.state.store.copies import DATA_FILE, Snapshot
from focusmesh.kernel.state.store.lmdb.access import Reading
from focusmesh.kernel.state.store.lmdb.audit import verify_pages
from focusmesh.kernel.state.store.lmdb.lmdb_store import LmdbStore
from focusmesh.kernel.state.store.lmdb.pages import PageFile

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    import lmdb

_ATTEMPTS = 100


class InspectedStore(LmdbStore):
    """A store open to read; others may write to it meanwhile.

    Raises StoreError where a page is damaged, with its table and its place in the file.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__(path, readonly=True)

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """The last committed moment."""
        with self._faults("copied"):
            transaction = self._begin(self._environment.begin)
            reading = Reading(self._shared, transaction, self._environment.begin)
            try:
                yield Snapshot(self.path, self._environment, transaction, self._shared, reading)
            finally:
                reading.end()

    def _open(self) -> lmdb.Environment:
        if not (self.path / DATA_FILE).exists():
            raise StoreError(f"there is no ledger in {self.path}")
        with PageFile(self.path / DATA_FILE) as file:
            # LMDB takes the size of its pages from their heads.
            file.moments()
            environment = super()._open()
            try:
                with self._faults("read"):
                    _audit(environment, file)
            except BaseException:
                environment.close()
                raise
        return environment


def _audit(environment: lmdb.Environment, file: PageFile) -> None:
    """Looks at all pages of the last moment, which stay as they are while it is being read."""
    for _ in range(_ATTEMPTS):
        with environment.begin() as transaction:
            for moment in file.moments():
                if moment.transaction == transaction.id():
                    verify_pages(file, moment)
                    return
    raise StoreError("blocks were committed faster than the store could be looked at: try again")
