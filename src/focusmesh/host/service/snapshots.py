"""Snapshots of a ledger's state for whoever rebuilds it: one or two moments, kept open while somebody takes pages."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from threading import Lock, Timer
from typing import TYPE_CHECKING

from focusmesh.errors import BlockError, InputError
from focusmesh.host.service.records.records import SnapshotTold

if TYPE_CHECKING:
    from focusmesh.host.storage import OpenedChain
    from focusmesh.kernel.block import Snapshots
    from focusmesh.kernel.state import LmdbStore

OPEN_MAX = 2
"""Moments that are open at once: the room of what blocks replace meanwhile is not used again."""
IDLE_SECONDS = 60.0
"""How long one is kept open that nobody takes pages of."""


@dataclass
class _Open:
    snapshot: Snapshots
    store: LmdbStore
    turn: Lock = field(default_factory=Lock)
    is_closed: bool = False


class SharedSnapshots:
    """Manifests and pages by height. Safe between threads."""

    def __init__(self, opened: OpenedChain) -> None:
        self._opened = opened
        self._open: dict[int, _Open] = {}
        """Last used last."""
        self._lock = Lock()
        self._idle: Timer | None = None
        self._asked = 0.0

    def describe(self, at: int | None = None) -> SnapshotTold:
        """The snapshot of the last block that has a focus of its own, or of ``at``.

        O(state) the first time. Raises BlockError ("height") where that state is not kept, or has particles that no
        focus is of; ("too-large").
        """
        snapshot = self._found(at).snapshot
        return SnapshotTold(
            root=snapshot.header.state_root.hex(),
            height=snapshot.height,
            pages=len(snapshot),
            header_bytes=snapshot.header.encode().hex(),
            manifest=snapshot.manifest.hex(),
        )

    def page(self, height: int, number: int) -> bytes:
        """A page, less than 1 MiB. Raises BlockError ("height"), InputError where there is no such page."""
        found = self._found(height)
        with found.turn:
            if found.is_closed:
                raise BlockError("height", f"the snapshot of block {height} is not kept any more")
            if not 0 <= number < len(found.snapshot):
                raise InputError(
                    f"the snapshot of block {height} has pages 0 … {len(found.snapshot) - 1}"
                )
            return found.snapshot.page(number)

    def close(self) -> None:
        """Lets go of everything."""
        with self._lock:
            if self._idle is not None:
                self._idle.cancel()
                self._idle = None
            for height in list(self._open):
                self._close(height)

    def _found(self, at: int | None) -> _Open:
        with self._lock:
            height = self._height(at)
            for each in [each for each, kept in self._open.items() if self._is_lost(kept)]:
                del self._open[each]
            found = self._open.pop(height, None) or self._open_snapshot(height)
            self._open[height] = found
            while len(self._open) > OPEN_MAX:
                self._close(next(iter(self._open)))
            self._rest()
            return found

    def _height(self, at: int | None) -> int:
        if at is not None:
            return at
        with self._opened.lock:
            tip = self._opened.reading().tip
        return tip.height if tip.focus_certificate is None else tip.focus_certificate.height

    def _open_snapshot(self, height: int) -> _Open:
        from focusmesh.kernel.block import Snapshots

        with self._opened.lock:
            chain = self._opened.reading()
            if not chain.base <= height <= chain.height:
                raise BlockError("height", f"there is no state of block {height} here")
            return _Open(Snapshots(chain, height), self._opened.store)

    def _is_lost(self, kept: _Open) -> bool:
        """Whether its store was closed: this process began to write, and has opened it anew."""
        return kept.store is not self._opened.store

    def _close(self, height: int) -> None:
        found = self._open.pop(height)
        with found.turn:
            found.is_closed = True
            found.snapshot.close()

    def _rest(self) -> None:
        """Everything is closed when nobody has asked for some time."""
        self._asked = time.monotonic()
        if self._idle is None:
            self._wait(IDLE_SECONDS)

    def _wait(self, seconds: float) -> None:
        self._idle = Timer(seconds, self._look)
        self._idle.daemon = True
        self._idle.start()

    def _look(self) -> None:
        left = self._asked + IDLE_SECONDS - time.monotonic()
        if left <= 0:
            self.close()
            return
        with self._lock:
            if self._idle is not None:
                self._wait(left)
