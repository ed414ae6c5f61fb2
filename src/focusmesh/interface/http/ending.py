"""How workers hear that the server is about to end, while their connections still stand: a pair of sockets.

The runtime drops web sockets as soon as it is told to stop. So it is told when the workers have said their last words:
the watching process shuts its end, every worker closes its own when it is ready.
"""

from __future__ import annotations

import socket
from contextlib import suppress

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
