"""What one worker says, all of them hear: channels of messages, each heard by who listens at that moment.

Nothing is kept. Who was cut off is told that messages may be missing, and reads afresh what they were about.
"""

from __future__ import annotations

from contextlib import suppress
from queue import SimpleQueue
from threading import Lock, Thread
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    Listener = Callable[[bytes | None], None]


class Listening(Protocol):
    """Somebody listens."""

    def close(self) -> None:
        """Ends it. Closing again does nothing."""
        ...


class Fanout(Protocol):
    """Channels between workers. Listeners are called one after the other, in a thread of the fan-out.

    A listener gets messages in the order of each sender, those of its own process too; None where some may be
    missing. What it raises is nobody's business but its own: it ends that call alone.
    """

    def publish(self, channel: str, message: bytes) -> None:
        """Sends to all who listen now. Raises GridError ``"server"`` where that cannot be said to have happened."""
        ...

    def subscribe(self, channel: str, listener: Listener) -> Listening:
        """Listens until the result is closed; what is published after this returns is heard."""
        ...

    def close(self) -> None:
        """Ends all of it. Closing again does nothing."""
        ...


class Listeners:
    """Who listens to which channel, and one thread that calls them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._of: dict[str, list[Listener]] = {}
        self._waiting: SimpleQueue[tuple[Listener, bytes | None] | None] = SimpleQueue()
        self._thread = Thread(target=self._tell_all, name="fanout", daemon=True)
        self._thread.start()

    def add(self, channel: str, listener: Listener) -> None:
        """Listens from now on."""
        with self._lock:
            self._of.setdefault(channel, []).append(listener)

    def remove(self, channel: str, listener: Listener) -> bool:
        """Listens no more; whether that leaves the channel to nobody."""
        with self._lock:
            of = self._of.get(channel, [])
            if listener in of:
                of.remove(listener)
            if channel in self._of and not of:
                del self._of[channel]
                return True
            return False

    @property
    def channels(self) -> list[str]:
        """Those that somebody listens to."""
        with self._lock:
            return sorted(self._of)

    def tell(self, channel: str, message: bytes | None) -> None:
        """Has every listener of a channel called with a message."""
        with self._lock:
            for listener in self._of.get(channel, ()):
                self._waiting.put((listener, message))

    def stop(self) -> None:
        """Ends the thread, after what waits was told."""
        with self._lock:
            self._of.clear()
        self._waiting.put(None)

    def _tell_all(self) -> None:
        while (one := self._waiting.get()) is not None:
            listener, message = one
            with suppress(Exception):
                listener(message)


class LocalFanout:
    """See Fanout: within one process, where nothing is ever missing."""

    def __init__(self) -> None:
        self._listeners = Listeners()

    def publish(self, channel: str, message: bytes) -> None:
        """See Fanout.publish."""
        self._listeners.tell(channel, bytes(message))

    def subscribe(self, channel: str, listener: Listener) -> Listening:
        """See Fanout.subscribe."""
        self._listeners.add(channel, listener)
        return _Local(self._listeners, channel, listener)

    def close(self) -> None:
        """See Fanout.close."""
        self._listeners.stop()


class _Local:
    def __init__(self, listeners: Listeners, channel: str, listener: Listener) -> None:
        self._listeners, self._channel, self._listener = listeners, channel, listener

    def close(self) -> None:
        self._listeners.remove(self._channel, self._listener)
