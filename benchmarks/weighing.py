"""What a process holds in memory, asked of the kernel while it works: its own pages and mapped file pages apart."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Self

_FIELDS = {"RssAnon": "own", "RssFile": "mapped"}
_SECONDS_BETWEEN = 0.02


class Weigher:
    """The largest ``own`` (RssAnon) and ``mapped`` (RssFile) bytes of a process within a ``with`` block.

    Looked at fifty times a second from outside, so that the process is not disturbed. The two need not have been
    largest at one moment. 0 where the system does not tell.
    """

    def __init__(self, process_id: int) -> None:
        self._status = Path(f"/proc/{process_id}/status")
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.own = self.mapped = 0

    def __enter__(self) -> Self:
        self._look()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        self._look()

    def _watch(self) -> None:
        while not self._done.wait(_SECONDS_BETWEEN):
            self._look()

    def _look(self) -> None:
        try:
            lines = self._status.read_text().splitlines()
        except OSError:
            return
        told = dict(line.split(":", 1) for line in lines if ":" in line)
        for field, name in _FIELDS.items():
            if field in told:
                now = int(told[field].split()[0]) * 1024
                setattr(self, name, max(getattr(self, name), now))
