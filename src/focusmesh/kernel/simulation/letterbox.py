"""Where the users of a simulated machine leave signals for its node: it outlives the process, and remembers all.

What lies here is acknowledged: in the end each signal is in exactly one block, or was refused with a reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.ids import digest
from focusmesh.protocol.simulation import KilledError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from focusmesh.errors import SignalError
    from focusmesh.protocol.packet import Packet
    from focusmesh.protocol.simulation import Process


class Letterbox:
    """The signals of one machine's users. ``acknowledged`` has all that were ever left, ``refused`` what was said."""

    def __init__(self) -> None:
        self.waiting: dict[bytes, Packet] = {}
        self.acknowledged: dict[bytes, Packet] = {}
        self.refused: dict[bytes, str] = {}
        self.failed: dict[bytes, str] = {}

    def leave(self, packet: Packet) -> None:
        """A user's signal is kept from now on."""
        if packet.id not in self.acknowledged:
            self.waiting[packet.id] = self.acknowledged[packet.id] = packet

    def open(self, process: Process) -> OpenLetterbox:
        """The Net of a process."""
        return OpenLetterbox(self, process)


class OpenLetterbox:
    """A Net: a letterbox as one process sees it; to a dead one it does nothing."""

    def __init__(self, box: Letterbox, process: Process) -> None:
        self._box, self._process = box, process

    def read(self, bytes_max: int, without: Collection[bytes] = ()) -> list[Packet]:
        """See Net."""
        found: list[Packet] = []
        size = 0
        for signal, packet in self._box.waiting.items():
            if signal in without:
                continue
            size += packet.size_bytes
            if found and size > bytes_max:
                break
            found.append(packet)
        return found

    def has(self, signal: bytes) -> bool:
        """See Net."""
        return signal in self._box.waiting

    def fail(self, messages: Mapping[bytes, str]) -> None:
        """See Net."""
        self._verify_alive()
        self._box.failed.update(messages)

    def remove(self, signals: Iterable[bytes]) -> None:
        """See Net."""
        self._verify_alive()
        for signal in signals:
            self._box.waiting.pop(signal, None)

    def refuse(self, signal: bytes, error: SignalError) -> None:
        """See Net."""
        self._verify_alive()
        if self._box.waiting.pop(signal, None) is not None:
            self._box.refused[signal] = error.code

    def drop(self, contents: Collection[bytes], without: Collection[bytes] = ()) -> None:
        """See Net."""
        self._verify_alive()
        gone = set(contents)
        for signal, packet in list(self._box.waiting.items()):
            if signal not in without and gone.intersection(map(digest, packet.contents)):
                del self._box.waiting[signal]
                self._box.refused[signal] = "content"

    def _verify_alive(self) -> None:
        if self._process.is_dead:
            raise KilledError
