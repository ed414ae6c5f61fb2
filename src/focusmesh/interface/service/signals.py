"""Signed signals on their way into blocks: left for the node once, however often they are sent, and looked up by id."""

from __future__ import annotations

import time
from threading import Lock
from typing import TYPE_CHECKING

from focusmesh.errors import SignalError
from focusmesh.interface.node import serving
from focusmesh.interface.service.problems import NotThereError, UnavailableError
from focusmesh.interface.service.records import PlacedSignal
from focusmesh.interface.spool import Spool
from focusmesh.kernel.block import Body
from focusmesh.kernel.replication import outcomes
from focusmesh.kernel.runtime import DONE
from focusmesh.protocol.packet import Packet
from focusmesh.protocol.signal import check_signature, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.interface.node import Folder
    from focusmesh.interface.opened import OpenedChain
    from focusmesh.kernel.block import Block, Chain

WAITING = "waiting"
BLOCKS_SEARCHED = 1_024
"""How far back a signal is looked for; sessions let theirs expire after 256 blocks."""
BYTES_SEARCHED = 1 << 26
"""How many bytes of bodies are looked through for that, about."""
_SECONDS_BETWEEN_LOOKS = 0.02
_ID_LENGTH = 64


class Signals:
    """The way in of a ledger that a node serves. Safe between threads."""

    def __init__(self, folder: Folder, opened: OpenedChain) -> None:
        self._folder = folder
        self._opened = opened
        self._heights: dict[bytes, int] = {}
        self._searched = -1
        self._lock = Lock()

    @property
    def is_taken(self) -> bool:
        """Whether a node runs that takes signals."""
        return serving(self._folder) is not None

    def leave(self, packet: bytes) -> PlacedSignal:
        """Leaves a signal (a packet: the signal and the contents beside it) for the node; again does no harm.

        Says where the signal stands already, or that it waits. Raises SignalError for what is none, is not signed by
        its neuron or is of another network; UnavailableError where no node runs or too many signals wait.
        """
        read = Packet.decode(packet)
        with self._opened.lock:
            chain = self._opened.reading()
            network, parameters = chain.network, chain.parameters
        signed = parse(
            read.wire,
            bytes_max=parameters.signal_bytes_max,
            operations_max=parameters.operations_max,
        )
        check_signature(signed)
        if signed.signal.network != network:
            raise SignalError("network", f"signal {signed.id.hex()} is for another network")
        spool = Spool(self._folder.spool)
        if not spool.has(signed.id):
            done = self._in_block(signed.id)
            if done is not None:
                return done
            if not self.is_taken:
                raise UnavailableError("no node makes blocks of this ledger now; try again later")
            spool.leave(read)
        return PlacedSignal(id=signed.id.hex(), height=None, code=WAITING)

    def wait(self, signal: str, seconds: float) -> PlacedSignal:
        """Where a signal stands, once it is in a block or refused, or as it is after ``seconds``."""
        until = time.monotonic() + seconds
        found = self.placed(signal)
        while found.code == WAITING and time.monotonic() < until:
            time.sleep(_SECONDS_BETWEEN_LOOKS)
            found = self.placed(signal)
        return found

    def placed(self, signal: str) -> PlacedSignal:
        """Where a signal (its id in hexadecimal) stands.

        Raises NotThereError where none of this id came lately, the SignalError that it was refused with.
        """
        raw = _id(signal)
        spool = Spool(self._folder.spool)
        # Whoever takes it away has put it into a block before.
        if spool.has(raw):
            return PlacedSignal(id=signal, height=None, code=WAITING)
        done = self._in_block(raw)
        if done is not None:
            return done
        refused = spool.refusal(raw, keep=True)
        if refused is not None:
            raise refused
        raise NotThereError(f"no signal {signal} came lately: it is in none of the last blocks")

    def of_block(self, block: Block, bytes_max: int) -> Iterator[PlacedSignal]:
        """The signals of a block and what became of them."""
        wires = Body.decode(block.body, bytes_max).signals
        for wire, placed in zip(wires, outcomes(block, bytes_max), strict=True):
            signal = parse(wire).signal
            yield PlacedSignal(
                id=placed.signal.hex(),
                height=placed.height,
                code=placed.code,
                fee=placed.fee,
                neuron=signal.neuron.hex(),
                nonce=signal.nonce,
                operations=[str(operation[0]) for operation in signal.operations],
            )

    def _in_block(self, signal: bytes) -> PlacedSignal | None:
        with self._lock, self._opened.lock:
            chain = self._opened.reading()
            self._search(chain)
            height = self._heights.get(signal)
            if height is None:
                return None
            found = self.of_block(chain.block(height), chain.parameters.block_bytes_max)
            placed = next(one for one in found if one.id == signal.hex())
        if placed.code == DONE:
            return placed
        message = Spool(self._folder.spool).failure(signal, keep=True)
        return _with_message(placed, message)

    def _search(self, chain: Chain) -> None:
        """Takes down which signals are in the blocks that came since."""
        size, bytes_max = 0, chain.parameters.block_bytes_max
        oldest = max(chain.base - 1, 0)
        lowest = max(self._searched, chain.height - BLOCKS_SEARCHED, oldest)
        for height in range(chain.height, lowest, -1):
            block = chain.block(height)
            size += len(block.body)
            if size > BYTES_SEARCHED:
                break
            self._heights |= {one.signal: height for one in outcomes(block, bytes_max)}
        self._searched = chain.height


def _with_message(placed: PlacedSignal, message: str) -> PlacedSignal:
    from msgspec.structs import replace

    return replace(placed, message=message)


def _id(text: str) -> bytes:
    if len(text) != _ID_LENGTH or set(text) - set("0123456789abcdef"):
        raise NotThereError("the id of a signal is 64 lower-case hexadecimal digits")
    return bytes.fromhex(text)
