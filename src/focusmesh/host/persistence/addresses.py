"""Addresses of stores and fan-outs. Secrets come from the environment or from files, never from an address."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from focusmesh.errors import FileError, GridError

if TYPE_CHECKING:
    from urllib.parse import SplitResult

    from focusmesh.apps.grid import ArrayStore
    from focusmesh.host.persistence.fanout import Fanout

MEMORY = "memory:"
PASSWORD_VARIABLE = "FOCUSMESH_GRID_PASSWORD"
FANOUT_PASSWORD_VARIABLE = "FOCUSMESH_GRID_FANOUT_PASSWORD"
_POSTGRES = ("postgresql", "postgres")
_REDIS = ("redis", "rediss")


def open_store(
    address: str | Path, *, create: bool = False, password_file: str | Path | None = None
) -> ArrayStore:
    """The store at an address: a folder, ``postgresql://USER@HOST:PORT/DATABASE`` or ``memory:``.

    A database's address can end in ``?sslmode=verify-full`` (TLS with a checked certificate) or ``?host=/FOLDER`` (a
    Unix socket). Its password is in ``password_file`` or in FOCUSMESH_GRID_PASSWORD. ``create``: make the folder, and
    what is in it, where there is none.

    Raises GridError (``"address"``, ``"server"``, ``"password"``, ``"schema"``, ``"damaged"``), FileError, StoreError,
    MissingExtraError.
    """
    if str(address) == MEMORY:
        from focusmesh.apps.grid import MemoryArrayStore

        return MemoryArrayStore()
    if "://" not in str(address):
        from focusmesh.host.persistence.sqlite import open_sqlite

        return open_sqlite(Path(address), create=create)
    from focusmesh.host.persistence.postgres import PostgresDatabase, PostgresPlace
    from focusmesh.host.persistence.sql_store import SqlStore

    parts = _split(str(address), _POSTGRES, "postgresql://USER@HOST:PORT/DATABASE")
    options = dict(parse_qsl(parts.query))
    mode = options.pop("sslmode", "disable")
    folder = options.pop("host", "")
    if options or mode not in ("disable", "verify-full"):
        raise GridError(
            "address", "a database's address takes only ?sslmode=verify-full and ?host=/FOLDER"
        )
    database = parts.path.strip("/")
    if not parts.username or not database:
        raise GridError("address", "a database's address names its user and its database")
    place = PostgresPlace(
        user=unquote(parts.username),
        database=unquote(database),
        host=parts.hostname or "127.0.0.1",
        port=parts.port or 5432,
        socket_folder=folder,
        verified=mode == "verify-full",
        password=_secret(PASSWORD_VARIABLE, password_file),
    )
    return SqlStore(PostgresDatabase(place))


def open_fanout(address: str = "", *, password_file: str | Path | None = None) -> Fanout:
    """How workers tell one another: ``redis://[USER@]HOST:PORT[/NUMBER]`` (``rediss://`` with TLS), or in this process.

    The password is in ``password_file`` or in FOCUSMESH_GRID_FANOUT_PASSWORD. Raises GridError (``"address"``,
    ``"server"``, ``"password"``), FileError, MissingExtraError.
    """
    if not address:
        from focusmesh.host.persistence.fanout import LocalFanout

        return LocalFanout()
    from focusmesh.host.persistence.redis_fanout import RedisFanout, RedisPlace

    parts = _split(address, _REDIS, "redis://HOST:PORT")
    number = parts.path.strip("/") or "0"
    if not number.isdecimal() or parts.query:
        raise GridError("address", "a fan-out's address ends in a database's number, or in nothing")
    return RedisFanout(
        RedisPlace(
            host=parts.hostname or "127.0.0.1",
            port=parts.port or 6379,
            number=int(number),
            user=unquote(parts.username or ""),
            verified=parts.scheme == "rediss",
            password=_secret(FANOUT_PASSWORD_VARIABLE, password_file),
        )
    )


def _split(address: str, schemes: tuple[str, ...], form: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        _ = parts.port  # which raises for what is no number
    except ValueError as error:
        raise GridError("address", f"not an address of the form {form}: {error}") from error
    if parts.scheme not in schemes:
        raise GridError("address", f"{parts.scheme}://… is not an address of the form {form}")
    if parts.password is not None:
        raise GridError(
            "address",
            "a password in an address ends up in logs and lists of processes: take it out, and "
            f"put it into {PASSWORD_VARIABLE} or {FANOUT_PASSWORD_VARIABLE}, or into a file",
        )
    return parts


def _secret(variable: str, file: str | Path | None) -> str | None:
    """What a file holds, less the end of its line; else what the environment does."""
    if not file:
        return os.environ.get(variable) or None
    try:
        return Path(file).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"cannot read the password in {file}: {error}") from error
