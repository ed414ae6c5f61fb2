"""Faults that a node's own world can have for a drill: a wrong clock, a slow disk, bodies that are given to nobody.

They are read from a small JSON file, again whenever it changes, so that a fault begins and ends while the node runs:
``{"skew_ms": 5000, "slow_ms": 200, "withhold": false}``; a file that is not there, or is none, is no fault.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from focusmesh.kernel.state import Reader, Store, Writer
    from focusmesh.protocol.world import World

_HIDDEN = "bodies"
"""What is withheld: whoever asks for a block's body or a share of its square is told that it is not here."""
SLOW_MS_MAX = 60_000


class Drill(msgspec.Struct, frozen=True, kw_only=True):
    """``skew_ms`` is added to the clock, every transaction takes ``slow_ms`` longer, ``withhold`` hides bodies."""

    skew_ms: int = 0
    slow_ms: int = 0
    withhold: bool = False


class Drills:
    """The faults that a file says, as of now."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._changed = -1
        self._now = Drill()

    def now(self) -> Drill:
        """One look at the file's time of change; it is read where that is another one."""
        try:
            changed = self._path.stat().st_mtime_ns
            if changed != self._changed:
                self._now = msgspec.json.decode(self._path.read_bytes(), type=Drill)
                self._changed = changed
        except (OSError, msgspec.DecodeError):
            self._now, self._changed = Drill(), -1
        return self._now


def apply_drills(world: World[Store], path: Path) -> World[Store]:
    """``world`` with the faults that the file at ``path`` says at each moment."""
    drills = Drills(path)

    def clock() -> int:
        return max(0, world.clock() + drills.now().skew_ms)

    return replace(world, clock=clock, store=lambda where: DrilledStore(world.store(where), drills))


class DrilledStore:
    """A store on a slow disk, which may hide bodies from readers."""

    def __init__(self, inner: Store, drills: Drills) -> None:
        self._inner, self._drills = inner, drills

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """See Store."""
        with self._inner.read() as reader:
            yield _Withholding(reader) if self._drills.now().withhold else reader

    @contextmanager
    def write(self) -> Iterator[Writer]:
        """See Store; what is written takes longer to be durable."""
        with self._inner.write() as writer:
            yield writer
            time.sleep(min(self._drills.now().slow_ms, SLOW_MS_MAX) / 1_000)

    def used_bytes(self) -> int:
        """See Store."""
        return self._inner.used_bytes()

    def close(self) -> None:
        """See Store."""
        self._inner.close()


class _Withholding:
    """A reader to whom no block has a body."""

    def __init__(self, inner: Reader) -> None:
        self._inner = inner

    def get(self, table: str, key: bytes) -> bytes | None:
        return None if table == _HIDDEN else self._inner.get(table, key)

    def get_many(self, table: str, keys: Sequence[bytes]) -> list[bytes | None]:
        return [None] * len(keys) if table == _HIDDEN else self._inner.get_many(table, keys)

    def scan(
        self, table: str, start: bytes = b"", stop: bytes | None = None, reverse: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        return iter(()) if table == _HIDDEN else self._inner.scan(table, start, stop, reverse)

    def count(self, table: str) -> int:
        return self._inner.count(table)
