"""Who is behind: every rank says once a second how far it is, where all can read it."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from focusmesh.host.cluster.torch_ranks import TorchRanks

_SECONDS = 1.0
_LISTENED = 2.5
"""So long one listens before a rank that says nothing new is thought to be gone."""


class Beat:
    """Tells a store of torch.distributed how many exchanges its rank has done, and reads what the others tell."""

    def __init__(self, ranks: TorchRanks, store: Any) -> None:
        self._ranks, self._store = ranks, store
        self._stopped = threading.Event()
        self._told = 0
        self._tell()
        thread = threading.Thread(target=self._work, name="focusmesh-beat", daemon=True)
        thread.start()

    def stop(self) -> None:
        """Says nothing any more."""
        self._stopped.set()

    def blame(self) -> str:
        """Which rank is gone, or behind all others, in words; "" where that cannot be told. Takes seconds."""
        before = self._listen()
        if before is None:
            return "rank 0, at which all meet, has ended"
        time.sleep(_LISTENED)
        after = self._listen()
        if after is None:
            return "rank 0, at which all meet, has ended"
        others = [rank for rank in after if rank != self._ranks.rank]
        silent = [rank for rank in others if after[rank] == before.get(rank)]
        if silent:
            return f"{_ranks(silent)} nothing is heard of any more"
        least = min((after[rank][1] for rank in others), default=self._ranks.done)
        behind = [rank for rank in others if after[rank][1] == least]
        if least < self._ranks.done:
            return f"{_ranks(behind)} {least:,} exchanges are done, of {self._ranks.done:,} here"
        return ""

    def _work(self) -> None:
        with suppress(RuntimeError):
            while not self._stopped.wait(_SECONDS):
                self._tell()

    def _tell(self) -> None:
        self._told += 1
        self._store.set(f"beat/{self._ranks.rank}", f"{self._told} {self._ranks.done}")

    def _listen(self) -> dict[int, tuple[int, int]] | None:
        """What each rank told last: how often it told, exchanges done; None where nobody keeps it any more."""
        found = {}
        try:
            for rank in range(self._ranks.size):
                if self._store.check([f"beat/{rank}"]):
                    told, done = self._store.get(f"beat/{rank}").split()
                    found[rank] = int(told), int(done)
        except RuntimeError:
            return None
        return found


def _ranks(ranks: list[int]) -> str:
    return f"of rank {', '.join(map(str, ranks))}"
