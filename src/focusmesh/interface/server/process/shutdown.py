"""How workers hear that the server is about to end, while their connections still stand: a pair of sockets.

The runtime drops web sockets as soon as it is told to stop. So it is told when the workers have said their last words:
the watching process shuts its end, every worker closes its own when it is ready. A watching process that is killed
announces nothing: its workers end at once, when they see that it is gone.
"""

from __future__ import annotations

import multiprocessing
import os
import socket
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

LAST_WORDS_SECONDS = 2.0
"""How long workers may take for that."""


class Ending:
    """Of the watching process. ``theirs`` travels to the workers."""

    def __init__(self) -> None:
        self._own, self.theirs = socket.socketpair()

    def announce(self) -> None:
        """Returns when all workers are ready, or their time is over; again, it returns at once."""
        with suppress(OSError):
            self._own.shutdown(socket.SHUT_WR)
            self.theirs.close()
            self._own.settimeout(LAST_WORDS_SECONDS)
            self._own.recv(1)
        self._own.close()


def end_with_parent() -> None:
    """Has this process end as soon as the one that started it is gone, however that one ended.

    Otherwise the workers of a process that was killed would go on answering, that all is well, and hold the port that
    its successor needs. What they are at breaks off: nobody is left who would give them time for it.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        # A thread, since the loop does not turn yet while a worker reads what it serves.
        Thread(target=_end_after, args=(parent,), name="parent", daemon=True).start()


def _end_after(parent: BaseProcess) -> None:
    # A pipe that only the parent holds open: unlike its process id, it is nobody else's one day.
    parent.join()
    os._exit(1)
