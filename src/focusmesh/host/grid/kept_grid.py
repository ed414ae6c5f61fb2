"""A grid that is kept: its store, its history, and what of it was not committed yet."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from focusmesh.apps.grid import History, certifier, grid_key
from focusmesh.engine.grid.array import BlockArray
from focusmesh.engine.grid.cube import RECORD_KINDS, Grid, grid_from_records, grid_records
from focusmesh.errors import FileError, MissingExtraError, ParameterError
from focusmesh.host.private_files import write_private

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from focusmesh.apps.grid import ArrayStore, Run
    from focusmesh.host.settings import GridSettings

ARRAY = "grid"
"""The name of a grid's array in its store."""
SECRET_BYTES = 32
SECRET = "secret"
"""The file, in the folder of a grid, with what the keys of its cubes are derived from."""
VOTE = "vote"
_OPERATION_BYTES_MAX = 1_000


def now_milliseconds() -> int:
    """The time of a commit."""
    return time.time_ns() // 1_000_000


@dataclass
class KeptGrid:
    """A grid and where it is kept; one thread at a time may use it. ``secret`` is None where nobody may vote.

    ``follows``: another process keeps it, and this one reads what that has committed.
    """

    store: ArrayStore
    history: History
    grid: Grid
    secret: bytes | None
    follows: bool = False
    clock: Callable[[], int] = now_milliseconds
    runs: list[Run] = field(default_factory=list)
    """What is to be kept with the next commit besides."""

    @classmethod
    def of(
        cls,
        store: ArrayStore,
        secret: bytes | None = None,
        clock: Callable[[], int] = now_milliseconds,
        *,
        follows: bool = False,
    ) -> KeptGrid:
        """The grid of a store, as it was committed last. Raises GridError, StoreBusyError."""
        history = History(store, ARRAY) if follows else History.open(store, ARRAY)
        kept = cls(store, history, Grid(BlockArray(history.shape)), secret, follows, clock)
        kept.reload()
        return kept

    @classmethod
    def create(
        cls,
        store: ArrayStore,
        shape: tuple[int, int, int],
        secret: bytes | None = None,
        clock: Callable[[], int] = now_milliseconds,
    ) -> KeptGrid:
        """An empty grid in a store. Raises GridError ``"exists"`` where there is one, ``"shape"``."""
        History.create(store, ARRAY, shape, clock())
        return cls.of(store, secret, clock)

    def reload(self) -> None:
        """Takes back whatever was not committed. O(blocks).

        ``votes`` has the last certificate of each cube, by its name.
        """
        if not self.follows:
            self.store.claim(ARRAY)
        # All of it as of one commit.
        with self.store.read() as reader:
            self.history, self.runs = History(self.store, ARRAY), []
            self._kept = {
                (kind, name): content
                for kind in (*RECORD_KINDS, VOTE)
                for name, content in reader.records(kind).items()
            }
        self.votes = {name: content for (kind, name), content in self._kept.items() if kind == VOTE}
        others = {key: content for key, content in self._kept.items() if key[0] != VOTE}
        self.grid = grid_from_records(self.history.array(), others)

    def is_behind(self) -> bool:
        """Whether whoever keeps the grid has committed since. Raises GridError ``"server"``."""
        with self.store.read() as reader:
            return reader.height(ARRAY) != self.history.height

    def commit(self, operation: str) -> None:
        """Keeps all of it, with words for what was done. Raises GridError ``"conflict"``, ``"server"``, StoreError."""
        records = grid_records(self.grid)
        records |= {(VOTE, name): content for name, content in self.votes.items()}
        changed: dict[tuple[str, str], bytes | None] = {
            key: content for key, content in records.items() if self._kept.get(key) != content
        }
        changed |= {key: None for key in self._kept if key not in records}
        words = operation.encode()[:_OPERATION_BYTES_MAX].decode("utf-8", "ignore")
        self.history.commit(
            self.grid.array, words, self.clock(), self.certify, records=changed, runs=self.runs
        )
        self._kept, self.runs = records, []

    @cached_property
    def certify(self) -> Callable[[bytes], bytes] | None:
        """Signs commits; None where there is no secret, or nothing to sign with (extra ``ledger``)."""
        if self.secret is None:
            return None
        try:
            return certifier(grid_key(self.secret))
        except MissingExtraError:
            return None

    def close(self) -> None:
        """Gives the store back; what was not committed is gone."""
        self.store.close()


def open_grid(settings: GridSettings) -> KeptGrid:
    """The grid that settings name. Raises FileError, StoreBusyError, GridError, MissingExtraError."""
    from focusmesh.host.persistence import open_store

    store = open_store(settings.store, password_file=settings.password_file or None)
    try:
        return KeptGrid.of(store, secret_of(settings), follows=settings.follow)
    except BaseException:
        store.close()
        raise


def create_grid(settings: GridSettings, shape: tuple[int, int, int]) -> KeptGrid:
    """A new grid where settings say; in a folder, with a secret of its own. Raises GridError ``"exists"`` …."""
    from focusmesh.host.persistence import open_store

    # A shape that is none leaves no folder behind.
    BlockArray(shape)
    store = open_store(settings.store, create=True, password_file=settings.password_file or None)
    try:
        made = KeptGrid.create(store, shape)
        path = _secret_path(settings)
        if path is not None and not path.exists():
            write_private(path, secrets.token_bytes(SECRET_BYTES))
        made.secret = secret_of(settings)
        return made
    except BaseException:
        store.close()
        raise


def secret_of(settings: GridSettings) -> bytes | None:
    """What the keys of cubes are derived from; None where there is no such file. Raises ParameterError, FileError."""
    path = _secret_path(settings)
    if path is None or (not settings.secret_file and not path.exists()):
        return None
    try:
        secret = path.read_bytes()
    except OSError as error:
        raise FileError(f"cannot read the grid's secret {path}: {error.strerror}") from error
    if len(secret) != SECRET_BYTES:
        raise ParameterError(f"{path}: a secret has {SECRET_BYTES} bytes, this file {len(secret)}")
    return secret


def _secret_path(settings: GridSettings) -> Path | None:
    if settings.secret_file:
        return Path(settings.secret_file)
    return (
        None
        if "://" in settings.store or settings.store.endswith(":")
        else Path(settings.store) / SECRET
    )


def is_there(folder: str | os.PathLike[str]) -> bool:
    """Whether a folder has a grid."""
    return (Path(folder) / SECRET).exists()
