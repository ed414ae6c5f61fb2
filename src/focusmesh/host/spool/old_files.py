"""The spool of an older focusmesh, one file a signal: ``ID.signal``, ``ID.refused``, ``ID.failed``.

They are read into the log once, on the disk there before the files go: a crash between loses nothing.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from focusmesh.errors import SignalError, StoreError
from focusmesh.host.spool.entry import insert
from focusmesh.host.spool.reasons import FAILED, REFUSED, Reason, keep_reasons
from focusmesh.ids import DIGEST_BYTES
from focusmesh.protocol.packet import Packet

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from sqlite3 import Connection

    from focusmesh.host.spool.database import SpoolDatabase

_SUFFIXES = (".signal", ".refused", ".failed")


def take_over(folder: Path, database: SpoolDatabase) -> None:
    """Reads the old files of a folder into the log and removes them; two processes may do it at once."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if _is_old(entry.name)]
        if not names:
            return
        # What a process that died had begun to write was acknowledged to nobody.
        paths = [folder / name for name in names if not name.startswith(".")]
        paths.sort(key=_age)
        contents = [(path, content) for path in paths if (content := _content(path)) is not None]
        database.change(lambda connection: _insert(connection, contents), durable=True)
        for name in names:
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        if isinstance(error, StoreError):
            raise
        raise StoreError(f"{folder}: its old files cannot be read in: {error.strerror}") from error


def _insert(connection: Connection, contents: Iterable[tuple[Path, bytes]]) -> None:
    reasons: dict[str, list[Reason]] = {REFUSED: [], FAILED: []}
    for path, content in contents:
        signal = _id(path.name)
        if signal is None:
            continue
        if path.suffix == ".signal":
            _insert_signal(connection, signal, content)
        elif path.suffix == ".failed":
            reasons[FAILED].append(Reason(signal, "", content.decode(errors="replace")))
        else:
            with suppress(ValueError, KeyError, TypeError):
                said = json.loads(content)
                reasons[REFUSED].append(Reason(signal, str(said["code"]), str(said["message"])))
    for kind, told in reasons.items():
        keep_reasons(connection, kind, told)


def _insert_signal(connection: Connection, signal: bytes, content: bytes) -> None:
    query = "SELECT 1 FROM signals WHERE id = ?"
    if connection.execute(query, (signal,)).fetchone() is not None:
        return
    with suppress(SignalError):
        packet = Packet.decode(content)
        if packet.id == signal:
            insert(connection, packet, is_early=False)


def _is_old(name: str) -> bool:
    """Whether a file is one of an older focusmesh, or one that it began to write: ``.ID.signal.PROCESS``."""
    stem = name[1:].rpartition(".")[0] if name.startswith(".") else name
    return stem.endswith(_SUFFIXES) and _id(stem) is not None


def _id(name: str) -> bytes | None:
    with suppress(ValueError):
        signal = bytes.fromhex(name.partition(".")[0])
        if len(signal) == DIGEST_BYTES:
            return signal
    return None


def _content(path: Path) -> bytes | None:
    # Another process may read the folder in at the same time.
    with suppress(FileNotFoundError):
        return path.read_bytes()
    return None


def _age(path: Path) -> float:
    with suppress(FileNotFoundError):
        return path.stat().st_mtime
    return 0.0
