"""Which signatures came already, in a table of fixed size that the processes of a server share."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from hashlib import blake2b
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROWS = 1 << 14
SEATS = 16
"""In each row; one is taken until its signature has expired."""
_NAME = "signatures"
_LAYOUT = np.dtype([("since", "<i8"), ("seats", [("key", "<u8"), ("until", "<i8")], (ROWS, SEATS))])


class Remembered:
    """Signatures, and until when they are remembered: 4 MB, sparse on disk. Safe between threads and processes.

    A signature sits in the row that its digest names. Where all seats of that are taken, which at an even spread takes
    some 100,000 signatures within one window, the next one is refused: what would be forgotten could come again.
    """

    def __init__(self, folder: Path | None, now: int) -> None:
        """``folder`` is where the processes meet (default: this one is alone); ``now`` is in seconds since 1970."""
        self._lock = Lock()
        self._file: int | None = None
        self._table: Any = np.zeros(1, _LAYOUT)
        if folder is not None:
            path = folder / _NAME
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            os.ftruncate(self._file, _LAYOUT.itemsize)
            self._table = np.memmap(path, _LAYOUT, "r+", shape=1)
        with self._hold():
            self.since = int(self._table["since"][0]) or now
            """When the table was begun: whether what was signed before that came already, nobody knows."""
            self._table["since"] = self.since

    def take(self, signature: bytes, now: int, until: int) -> bool | None:
        """Remembers a signature until it expires. False: it came already; None: there is no seat left for it."""
        digest = blake2b(signature, digest_size=16).digest()
        row = self._table["seats"][0, int.from_bytes(digest[8:], "little") % ROWS]
        key = int.from_bytes(digest[:8], "little")
        with self._hold():
            alive = row["until"] >= now
            if (alive & (row["key"] == key)).any():
                return False
            if alive.all():
                return None
            row[int(alive.argmin())] = key, until
            return True

    @contextmanager
    def _hold(self) -> Iterator[None]:
        with self._lock:
            if self._file is not None:
                fcntl.lockf(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                if self._file is not None:
                    fcntl.lockf(self._file, fcntl.LOCK_UN)
