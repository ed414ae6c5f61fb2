"""A grid's store on a PostgreSQL server, in a schema of its own. Needs the extra ``grid``.

Who commits to an array holds an advisory lock of its session, which the server gives back when the session ends,
however that is.
"""

from __future__ import annotations

import socket
import ssl
import struct
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from focusmesh.errors import FocusmeshError, GridError, MissingExtraError, StoreBusyError
from focusmesh.ids import digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from focusmesh.host.persistence.tables import Connection

SCHEMA = "focusmesh_grid"
_COPY_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_END = struct.pack("!h", -1)
_COPY_BYTES = 1 << 16
_REFUSED = ("28", "08004")
"""Classes of SQLSTATE: who connects is not let in."""
_TAKEN = ("23505", "40001")
"""Somebody else has written the row."""


@dataclass(frozen=True)
class PostgresPlace:
    """Where a database is. ``socket_folder`` is that of a Unix socket; else it is ``host`` and ``port``.

    ``verified``: TLS, the server's certificate checked against the machine's authorities.
    """

    user: str
    database: str
    host: str = "127.0.0.1"
    port: int = 5432
    socket_folder: str = ""
    verified: bool = False
    password: str | None = field(default=None, repr=False)
    seconds: float = 60.0
    """How long one answer may take."""

    @property
    def name(self) -> str:
        """Without the password."""
        where = self.socket_folder or f"{self.host}:{self.port}"
        return f"PostgreSQL at {where}, database {self.database}, user {self.user}"

    def arguments(self) -> dict[str, Any]:
        """What the driver takes; a connection to the server is open. Raises OSError."""
        found: dict[str, Any] = {
            "user": self.user,
            "database": self.database,
            # The driver cannot do without; a server that wants none does not look at it.
            "password": self.password or "",
            "application_name": "focusmesh",
            "ssl_context": ssl.create_default_context() if self.verified else False,
        }
        if self.socket_folder:
            where = f"{self.socket_folder}/.s.PGSQL.{self.port}"
            return found | {"unix_sock": where, "timeout": self.seconds}
        connection = socket.create_connection((self.host, self.port), self.seconds)
        # The driver writes a question in parts, each of which would wait for the last one's receipt.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return found | {"host": self.host, "sock": connection}


class PostgresDatabase:
    """See Database."""

    begin_reading = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
    begin_writing = "BEGIN"

    def __init__(self, place: PostgresPlace) -> None:
        """Raises MissingExtraError."""
        try:
            from pg8000 import exceptions, native
        except ImportError as error:
            raise MissingExtraError("grid", "a grid on a PostgreSQL server") from error
        self.name = place.name
        self._place = place
        self._native = native
        self._errors = (exceptions.InterfaceError, exceptions.DatabaseError)

    def connect(self) -> Connection:
        """See Database.connect."""
        with self.translate_errors():
            arguments = self._place.arguments()
            try:
                opened = self._native.Connection(**arguments)
            except BaseException:
                if "sock" in arguments:
                    arguments["sock"].close()
                raise
            connection = _PostgresConnection(opened)
            connection.run(f"SET search_path TO {SCHEMA}")
            return connection

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """See Database.translate_errors."""
        try:
            yield
        except FocusmeshError:
            raise
        except self._errors as error:
            raise self._error(error) from error
        except (OSError, struct.error, EOFError) as error:
            # What the driver says of a connection that ends in the middle of an answer.
            raise self._unreachable_error(error) from error

    def has_tables(self, connection: Connection) -> bool:
        """See Database.has_tables."""
        found = connection.run("SELECT to_regclass(:name)::text", name=f"{SCHEMA}.about")
        return found[0][0] is not None

    def make_tables(self, connection: Connection, statements: tuple[str, ...]) -> None:
        """See Database.make_tables."""
        connection.run(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        for statement in statements:
            connection.run(statement)

    def claim(self, connection: Connection, array: str) -> None:
        """See Database.claim."""
        number = int.from_bytes(digest(f"{SCHEMA} {array}".encode())[:8], "big", signed=True)
        ((taken,),) = connection.run(f"SELECT pg_try_advisory_lock({number})")
        if not taken:
            raise StoreBusyError(
                f"another process has the array {array!r} of {self.name}: stop it, or send your requests to it"
            )

    def release(self, connection: Connection | None) -> None:
        """See Database.release. The server would do it, some time after the session's end."""
        if connection is not None:
            with suppress(Exception):
                connection.run("SELECT pg_advisory_unlock_all()")

    def _error(self, error: Exception) -> GridError:
        said = error.args[0] if error.args else ""
        if not isinstance(said, dict):
            refused = "password" in str(said)
            return self._password(str(said)) if refused else self._unreachable_error(error)
        state, message = str(said.get("C", "")), str(said.get("M", ""))
        if state.startswith(_REFUSED):
            return self._password(message)
        if state in _TAKEN:
            return GridError("conflict", f"{self.name}: {message}: open the history again")
        return GridError("server", f"{self.name} refuses: {message} ({state})")

    def _password(self, message: str) -> GridError:
        return GridError(
            "password",
            f"{self.name} refuses the login: {message}: set FOCUSMESH_GRID_PASSWORD, or "
            "grid.password_file",
        )

    def _unreachable_error(self, error: Exception) -> GridError:
        return GridError(
            "server",
            f"{self.name} cannot be reached, or went away: {error}: nothing is half-written; try "
            "again once it is there",
        )


class _PostgresConnection:
    """See Connection."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def run(self, sql: str, **values: Any) -> Sequence[Sequence[Any]]:
        return self._connection.run(sql, **values) or []

    def add(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        if rows:
            sql = f"COPY {table} ({', '.join(columns)}) FROM STDIN WITH (FORMAT BINARY)"
            self._connection.run(sql, stream=_copy_stream(rows))

    def close(self) -> None:
        with suppress(Exception):
            self._connection.close()


def _copy_stream(rows: Sequence[Sequence[Any]]) -> Iterator[bytes]:
    """Rows of text, whole numbers and bytes, as COPY takes them."""
    waiting = [_COPY_HEAD]
    size_bytes = 0
    for row in rows:
        fields = [_field(value) for value in row]
        waiting.append(struct.pack("!h", len(fields)))
        waiting += fields
        size_bytes += sum(map(len, fields))
        if size_bytes > _COPY_BYTES:
            yield b"".join(waiting)
            waiting, size_bytes = [], 0
    yield b"".join([*waiting, _COPY_END])


def _field(value: str | int | bytes) -> bytes:
    if isinstance(value, int):
        return struct.pack("!iq", 8, value)
    data = value.encode() if isinstance(value, str) else value
    return struct.pack("!i", len(data)) + data
