"""Two ways for a signal into a block: this process makes the block, or the node that runs does."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from focusmesh.errors import FileError, SignalError
from focusmesh.host.storage import SECONDS_BETWEEN_LOOKS, serving
from focusmesh.ids import digest
from focusmesh.kernel.admission import LIMITS, admit
from focusmesh.kernel.node import BLOCK_BYTES, next_nonce, outcomes, portion_bytes
from focusmesh.kernel.runtime import DONE
from focusmesh.kernel.session import Placed
from focusmesh.protocol.signal import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from focusmesh.host.spool import Spool
    from focusmesh.host.storage import Folder
    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.runtime import Result
    from focusmesh.protocol.identity import SigningKey
    from focusmesh.protocol.packet import Packet
    from focusmesh.protocol.signal import SignedSignal


_BACK_PRESSURE = ("full", "outweighed", "quota")
"""Codes of what goes better in a moment."""


class OwnBlocks:
    """The sender of a process that may write: every call of ``send`` makes as many blocks as it takes."""

    def __init__(self, chain: Chain, proposer: SigningKey, clock: Callable[[], int]) -> None:
        self._chain = chain
        self._proposer = proposer
        self._clock = clock

    def height(self) -> int:
        return self._chain.height

    def next_nonce(self, neuron: bytes) -> int:
        return next_nonce(self._chain, neuron)

    def known_contents(self, digests: Sequence[bytes]) -> set[bytes]:
        return known_contents(self._chain, digests)

    def send(self, packets: Sequence[Packet]) -> list[Placed]:
        return [
            placed
            for batch in batches(packets, min(BLOCK_BYTES, self._chain.signals_bytes_max))
            for placed in self._blocks(batch)
        ]

    def _blocks(self, packets: Sequence[Packet]) -> list[Placed]:
        """One block, or several where signals, or their programs, take more than one has room for."""
        signals = [packet.made or parse(packet.wire) for packet in packets]
        contents = {digest(each): each for packet in packets for each in packet.contents}
        placed = []
        while signals:
            made = self._chain.propose(signals, self._clock(), self._proposer, contents)
            waiting: list[SignedSignal] = []
            for signed in signals:
                error = made.refused.get(signed.id)
                if signed.id in made.results:
                    placed.append(self._placement(signed.id, made.results[signed.id]))
                elif error is None or is_crowded_out(error, waiting):
                    waiting.append(signed)
                else:
                    raise error
            signals = waiting
        return placed

    def _placement(self, signal: bytes, result: Result) -> Placed:
        return Placed(signal, self._chain.height, result.code, result.fee, result.message)


class ThroughNode:
    """The sender of a process that leaves its signals in the spool of the node and waits for their blocks."""

    def __init__(self, folder: Folder, spool: Spool, chain: Callable[[], Chain]) -> None:
        """``chain`` opens the chain as it is now, to read."""
        self._folder = folder
        self._spool = spool
        self._chain = chain

    def height(self) -> int:
        return self._chain().height

    def next_nonce(self, neuron: bytes) -> int:
        return self._spool.next_nonce(neuron, next_nonce(self._chain(), neuron))

    def known_contents(self, digests: Sequence[bytes]) -> set[bytes]:
        return known_contents(self._chain(), digests)

    def send(self, packets: Sequence[Packet]) -> list[Placed]:
        chain = self._chain()
        first = chain.height + 1
        placed = []
        for batch in batches(packets, portion_bytes(chain)):
            for packet in batch:
                self._leave(packet, first)
            for packet in batch:
                self._wait(packet.id, first)
            found = self._found(first)
            placed += [self._explain(found[packet.id]) for packet in batch]
        return placed

    def _leave(self, packet: Packet, first: int) -> None:
        """Leaves a signal where the node admits it; while too much waits, it waits for the node to take some."""
        while True:
            try:
                self._spool.admit(admit(self._chain(), packet))
                return
            except SignalError as error:
                # A node that was killed may have left one that it had put into a block already.
                if packet.id in self._found(first):
                    return
                if error.code not in _BACK_PRESSURE and not self._is_ahead(packet, error):
                    raise
                if serving(self._folder) is None:
                    raise FileError(
                        f"the node of {self._folder.path} ended while it had no room for more: {error}"
                    ) from error
            time.sleep(SECONDS_BETWEEN_LOOKS)

    def _is_ahead(self, packet: Packet, error: SignalError) -> bool:
        """Whether a signal is only too far ahead of its account: those before it are on their way into blocks."""
        if error.code != "nonce" or packet.made is None:
            return False
        signal = packet.made.signal
        nonce = next_nonce(self._chain(), signal.neuron)
        is_next = self._spool.next_nonce(signal.neuron, nonce) == signal.nonce
        return is_next and signal.nonce >= nonce + LIMITS.nonces_ahead

    def _wait(self, signal: bytes, first: int) -> None:
        while self._spool.has(signal):
            if serving(self._folder) is None and self._spool.has(signal):
                # A node that was killed may have made the block, and not come to tidy up after it.
                if signal in self._found(first):
                    return
                raise FileError(
                    f"the node of {self._folder.path} ended; signal {signal.hex()} waits for the next one"
                )
            time.sleep(SECONDS_BETWEEN_LOOKS)
        refused = self._spool.refusal(signal)
        # A node may find it once more that a killed one had put into a block: its nonce is then in the past.
        if refused is not None and signal not in self._found(first):
            raise refused

    def _explain(self, placed: Placed) -> Placed:
        if placed.code == DONE:
            return placed
        return placed._replace(message=self._spool.failure(placed.signal))

    def _found(self, first: int) -> dict[bytes, Placed]:
        chain = self._chain()
        blocks = (chain.block(height) for height in range(first, chain.height + 1))
        bytes_max = chain.parameters.block_bytes_max
        return {placed.signal: placed for block in blocks for placed in outcomes(block, bytes_max)}


def is_crowded_out(error: SignalError, waiting: Sequence[SignedSignal]) -> bool:
    """Whether a signal that was refused can be in the next block: for want of room, or behind one that waits for it."""
    return error.code == "crowded" or (error.code == "nonce" and bool(waiting))


def known_contents(chain: Chain, digests: Sequence[bytes]) -> set[bytes]:
    """Those of ``digests`` whose content the ledger keeps."""
    with chain.state.at() as view:
        contents = view.reader.get_many("contents", digests)
    pairs = zip(digests, contents, strict=True)
    return {digest for digest, content in pairs if content is not None}


def batches(packets: Sequence[Packet], bytes_max: int) -> Iterator[list[Packet]]:
    """Packets in order, in portions of at most ``bytes_max`` bytes; one that is larger is a portion by itself."""
    portion: list[Packet] = []
    size = 0
    for packet in packets:
        if portion and size + packet.size_bytes > bytes_max:
            yield portion
            portion, size = [], 0
        portion.append(packet)
        size += packet.size_bytes
    if portion:
        yield portion
