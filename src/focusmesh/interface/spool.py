"""Signals that processes of this machine leave for the node: a bounded folder of files, one a signal.

    ID.signal     a packet: the signal and the contents beside it; goes when it is in a block or refused
    ID.refused    why it cannot be in a block, as JSON; whoever left the signal takes it away
    ID.failed     why it changed nothing although it is in a block, as text; the same

The folder is its owner's alone, files appear whole, and nothing here opens a port.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from focusmesh.errors import FileError, SignalError
from focusmesh.ids import DIGEST_BYTES, digest
from focusmesh.protocol.packet import Packet

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

SIGNALS_MAX = 20_000
SPOOL_BYTES_MAX = 1 << 28
_SIGNAL, _REFUSED, _FAILED = ".signal", ".refused", ".failed"
_REASONS_KEPT = 1_000


class Spool:
    """The folder ``spool`` of a ledger. What is in it is no part of the ledger until a block has it."""

    def __init__(self, folder: Path) -> None:
        """Makes the folder if need be."""
        self.folder = folder
        self._known: dict[str, bytes] = {}
        """The names that were there when somebody looked last: most are there still."""
        folder.mkdir(mode=0o700, exist_ok=True)

    def leave(self, packet: Packet) -> None:
        """Leaves a signal for the node; raises FileError where the spool is full."""
        self._verify_room(packet.size_bytes)
        self._write(packet.id.hex() + _SIGNAL, packet.encode())

    def has(self, signal: bytes) -> bool:
        """Whether a signal waits."""
        return (self.folder / (signal.hex() + _SIGNAL)).exists()

    def waiting(self) -> dict[bytes, Path]:
        """Ids of the signals that wait, and where each lies."""
        return {signal: self.folder / name for signal, name in self._names()}

    def read(self, bytes_max: int, without: Collection[bytes] = ()) -> list[Packet]:
        """The packets that wait, oldest first, about ``bytes_max`` bytes of them; files that are none are removed.

        Signals ``without`` are not looked at.
        """
        found: list[Packet] = []
        size = 0
        for packet in self._packets(without):
            size += packet.size_bytes
            if found and size > bytes_max:
                break
            found.append(packet)
        return found

    def remove(self, signals: Iterable[bytes]) -> None:
        """Takes away signals that are in a block now."""
        for signal in signals:
            (self.folder / (signal.hex() + _SIGNAL)).unlink(missing_ok=True)

    def refuse(self, signal: bytes, error: SignalError) -> None:
        """Takes away a signal that cannot be in a block, and says why."""
        reason = {"code": error.code, "message": str(error)}
        self._keep_reasons(_REFUSED, 1)
        self._write(signal.hex() + _REFUSED, json.dumps(reason).encode())
        self.remove([signal])

    def refusal(self, signal: bytes, *, keep: bool = False) -> SignalError | None:
        """Why a signal was refused, once unless it is to ``keep``; None where it was not."""
        path = self.folder / (signal.hex() + _REFUSED)
        content = _content(path)
        if content is None:
            return None
        if not keep:
            path.unlink(missing_ok=True)
        reason = json.loads(content)
        return SignalError(str(reason["code"]), str(reason["message"]))

    def fail(self, messages: Mapping[bytes, str]) -> None:
        """Says why signals that are in a block changed nothing: the block has their codes, not the words."""
        told = list(messages.items())[:_REASONS_KEPT]
        self._keep_reasons(_FAILED, len(told))
        for signal, message in told:
            self._write(signal.hex() + _FAILED, message.encode())

    def failure(self, signal: bytes, *, keep: bool = False) -> str:
        """Why a signal changed nothing, once unless it is to ``keep``; empty where nobody said."""
        path = self.folder / (signal.hex() + _FAILED)
        content = _content(path)
        if not keep:
            path.unlink(missing_ok=True)
        return "" if content is None else content.decode(errors="replace")

    def carrying(self, content: bytes) -> int:
        """How many of the signals that wait carry the content with this digest. O(bytes that wait)."""
        return sum(content in map(digest, packet.contents) for packet in self._packets())

    def drop(self, contents: Collection[bytes], without: Collection[bytes] = ()) -> None:
        """Refuses the signals that wait with contents of these digests, but for signals ``without``.

        Nobody else may be taking signals meanwhile. O(bytes that wait).
        """
        for packet in self._packets(without):
            for content in set(contents).intersection(map(digest, packet.contents)):
                message = f"content {content.hex()} was forgotten while signal {packet.id.hex()} waited with it"
                self.refuse(packet.id, SignalError("content", message))
                break

    def tidy(self) -> None:
        """Removes what processes that died had begun to leave."""
        for path in self.folder.glob(f".*{_SIGNAL}.*"):
            if not _is_alive(path.suffix[1:]):
                path.unlink(missing_ok=True)

    def _packets(self, without: Collection[bytes] = ()) -> Iterator[Packet]:
        """All that wait, oldest first, but for signals ``without``; files that are none are removed."""
        waiting = [
            (signal, self.folder / name) for signal, name in self._names() if signal not in without
        ]
        for signal, path in sorted(waiting, key=lambda item: _age(item[1])):
            packet = _packet(path)
            if packet is None or packet.id != signal:
                path.unlink(missing_ok=True)
            else:
                yield packet

    def _names(self) -> list[tuple[bytes, str]]:
        """Ids of the signals that wait, and their files' names."""
        # Threads may look at once: what each found is put in its place whole.
        found: dict[str, bytes] = {}
        with os.scandir(self.folder) as entries:
            names = [entry.name for entry in entries if entry.name.endswith(_SIGNAL)]
        for name in names:
            signal = self._known.get(name) or _id_in(name)
            if signal is not None:
                found[name] = signal
        self._known = found
        return [(signal, name) for name, signal in found.items()]

    def _keep_reasons(self, suffix: str, coming: int) -> None:
        reasons = sorted(self.folder.glob("*" + suffix), key=_age)
        for forgotten in reasons[: max(0, len(reasons) + coming - _REASONS_KEPT)]:
            forgotten.unlink(missing_ok=True)

    def _verify_room(self, size: int) -> None:
        sizes = [_size(path) for path in self.waiting().values()]
        if len(sizes) >= SIGNALS_MAX or sum(sizes) + size > SPOOL_BYTES_MAX:
            raise FileError(
                f"{self.folder}: {len(sizes):,} signals wait already; is the node running?"
            )

    def _write(self, name: str, content: bytes) -> None:
        beside = self.folder / f".{name}.{os.getpid()}"
        try:
            beside.write_bytes(content)
            beside.replace(self.folder / name)
        except OSError as error:
            with suppress(OSError):
                beside.unlink()
            raise FileError(f"cannot write to {self.folder}: {error.strerror}") from error


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _packet(path: Path) -> Packet | None:
    content = _content(path)
    try:
        return None if content is None else Packet.decode(content)
    except SignalError:
        return None


def _is_alive(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def _id_in(name: str) -> bytes | None:
    with suppress(ValueError):
        signal = bytes.fromhex(name.removesuffix(_SIGNAL))
        if len(signal) == DIGEST_BYTES and signal.hex() + _SIGNAL == name:
            return signal
    return None


def _size(path: Path) -> int:
    # The node may have taken it away since the folder was listed.
    with suppress(FileNotFoundError):
        return path.stat().st_size
    return 0


def _age(path: Path) -> float:
    with suppress(FileNotFoundError):
        return path.stat().st_mtime
    return 0.0
