"""What a supervisor is told, as systemd's sd_notify has it: that the server is up, that it is alive, that it ends.

Nothing is sent where the environment names no socket (``Type=notify`` in a unit does).
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from threading import Event, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SOCKET_VARIABLE = "NOTIFY_SOCKET"
WATCHDOG_VARIABLE = "WATCHDOG_USEC"
_BEATS = 3
"""How often the watchdog hears of it within the time that it allows."""


class Supervisor:
    """Whoever started this process and waits for word of it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        where = environment.get(SOCKET_VARIABLE, "")
        # An @ stands for the zero byte of Linux' abstract names.
        self._address = "\0" + where[1:] if where.startswith("@") else where
        self._seconds = _seconds(environment.get(WATCHDOG_VARIABLE, ""))
        self._stopped = Event()

    def tell(self, state: str) -> None:
        """Sends a state, such as ``READY=1``; it harms nothing where nobody hears it."""
        if self._address:
            with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.sendto(state.encode(), self._address)

    def ready(self, is_alive: Callable[[], bool]) -> None:
        """The server is up. From now on a watchdog hears from it for as long as ``is_alive``."""
        self.tell("READY=1")
        if self._address and self._seconds:
            Thread(target=self._beat, args=(is_alive,), name="watchdog", daemon=True).start()

    def ending(self) -> None:
        """The server is about to end."""
        self._stopped.set()
        self.tell("STOPPING=1")

    def _beat(self, is_alive: Callable[[], bool]) -> None:
        while not self._stopped.wait(self._seconds / _BEATS):
            if is_alive():
                self.tell("WATCHDOG=1")


def supervisor() -> Supervisor:
    """That of this process. Its children are not to speak for it."""
    found = Supervisor(os.environ)
    os.environ.pop(SOCKET_VARIABLE, None)
    os.environ.pop(WATCHDOG_VARIABLE, None)
    return found


def _seconds(text: str) -> float:
    return int(text) / 1e6 if text.isascii() and text.isdecimal() else 0.0
