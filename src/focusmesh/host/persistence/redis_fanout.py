"""A fan-out through a Redis server, for workers in several processes. Needs the extra ``grid``.

One thread has the connection that listens. Where that is lost, by a server that ended or by a reader that was too slow
for it, the thread connects again and says to every listener that messages may be missing.
"""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from focusmesh.errors import GridError, MissingExtraError
from focusmesh.host.persistence.fanout import Listeners

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.host.persistence.fanout import Listener, Listening

LOG = logging.getLogger("focusmesh.grid")
PREFIX = "focusmesh/grid/"
_ALIVE = f"{PREFIX}alive"
"""A channel that everybody is subscribed to, for a connection without any is none that listens."""
_ANSWER_SECONDS = 5.0
_LOOK_SECONDS = 0.02
_REST_SECONDS, _REST_SECONDS_MAX = 0.05, 1.0


@dataclass(frozen=True)
class RedisPlace:
    """Where a server is; ``verified``: TLS, its certificate checked against the machine's authorities."""

    host: str = "127.0.0.1"
    port: int = 6379
    number: int = 0
    user: str = ""
    verified: bool = False
    password: str | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """Without the password."""
        return f"Redis at {self.host}:{self.port}"

    def arguments(self) -> dict[str, Any]:
        """What the driver takes."""
        return {
            "host": self.host,
            "port": self.port,
            "db": self.number,
            "username": self.user or None,
            "password": self.password,
            "ssl": self.verified,
            "socket_timeout": _ANSWER_SECONDS,
            "socket_connect_timeout": _ANSWER_SECONDS,
            # A connection of which nothing is heard is asked whether it is still there.
            "health_check_interval": _ANSWER_SECONDS,
        }


class RedisFanout:
    """See Fanout. After a lost connection a message may be heard twice."""

    def __init__(self, place: RedisPlace) -> None:
        """Raises GridError (``"server"``, ``"password"``), MissingExtraError."""
        try:
            import redis
            from redis.backoff import NoBackoff
            from redis.retry import Retry
        except ImportError as error:
            raise MissingExtraError("grid", "a fan-out through a Redis server") from error
        self._place = place
        self._errors = redis.exceptions
        self._client: Any = redis.Redis(**place.arguments(), retry=Retry(NoBackoff(), 1))
        # Who listens must not be connected again in silence: what was said meanwhile is missing.
        self._ears: Any = redis.Redis(**place.arguments(), retry=Retry(NoBackoff(), 0))
        self._listeners = Listeners()
        self._wanted: SimpleQueue[tuple[str, Event]] = SimpleQueue()
        self._confirmed: dict[str, list[Event]] = {}
        self._is_over = Event()
        try:
            with self._translate_errors():
                self._client.ping()
        except GridError:
            self._listeners.stop()
            raise
        self._thread = Thread(target=self._listen, name="fanout of Redis", daemon=True)
        self._thread.start()

    def publish(self, channel: str, message: bytes) -> None:
        """See Fanout.publish."""
        with self._translate_errors():
            self._client.publish(PREFIX + channel, message)

    def subscribe(self, channel: str, listener: Listener) -> Listening:
        """See Fanout.subscribe. Raises GridError ``"server"`` where the server does not confirm it."""
        self._listeners.add(channel, listener)
        there = Event()
        self._wanted.put((channel, there))
        if not there.wait(2 * _ANSWER_SECONDS):
            self._listeners.remove(channel, listener)
            raise GridError("server", f"{self._place.name} does not answer: is it there?")
        return _Subscribed(self._listeners, channel, listener)

    def close(self) -> None:
        """See Fanout.close."""
        self._is_over.set()
        self._listeners.stop()
        self._thread.join(2 * _ANSWER_SECONDS)
        for client in (self._client, self._ears):
            with suppress(Exception):
                client.close()

    def _listen(self) -> None:
        rest, is_first, trouble = _REST_SECONDS, True, ""
        while not self._is_over.is_set():
            try:
                with self._translate_errors(), self._ears.pubsub() as listening:
                    listening.subscribe(
                        _ALIVE, *(PREFIX + channel for channel in self._listeners.channels)
                    )
                    if not is_first:
                        for channel in self._listeners.channels:
                            self._listeners.tell(channel, None)
                    rest, is_first, trouble = _REST_SECONDS, False, ""
                    self._hear(listening)
            except GridError as error:
                is_first = False
                if str(error) != trouble:
                    trouble = str(error)
                    LOG.warning("%s; listeners are told what they missed once it is back", error)
                time.sleep(rest)
                rest = min(2 * rest, _REST_SECONDS_MAX)

    def _hear(self, listening: Any) -> None:
        while not self._is_over.is_set():
            with suppress(Empty):
                while True:
                    channel, there = self._wanted.get_nowait()
                    self._confirmed.setdefault(channel, []).append(there)
                    listening.subscribe(PREFIX + channel)
            heard = listening.get_message(timeout=_LOOK_SECONDS)
            if heard is None:
                continue
            channel = heard["channel"].decode().removeprefix(PREFIX)
            if heard["type"] == "message":
                self._listeners.tell(channel, heard["data"])
            elif heard["type"] == "subscribe":
                for there in self._confirmed.pop(channel, ()):
                    there.set()

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        try:
            yield
        except (self._errors.AuthenticationError, self._errors.NoPermissionError) as error:
            raise self._password(error) from error
        except (self._errors.RedisError, OSError) as error:
            # A user that is not there, or a wrong password, of a server that has users.
            if "WRONGPASS" in str(error) or "invalid username-password" in str(error):
                raise self._password(error) from error
            raise GridError(
                "server",
                f"{self._place.name} cannot be reached, or went away: {error}: messages may "
                "have been lost",
            ) from error

    def _password(self, error: Exception) -> GridError:
        return GridError(
            "password",
            f"{self._place.name} refuses the login: {error}: set FOCUSMESH_GRID_FANOUT_PASSWORD, or "
            "grid.fanout_password_file",
        )


class _Subscribed:
    """The channel stays subscribed: what nobody listens to is dropped here."""

    def __init__(self, listeners: Listeners, channel: str, listener: Listener) -> None:
        self._listeners, self._channel, self._listener = listeners, channel, listener

    def close(self) -> None:
        self._listeners.remove(self._channel, self._listener)
