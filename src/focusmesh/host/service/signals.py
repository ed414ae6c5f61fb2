"""Signed signals on their way into blocks: left for the node once, however often they are sent, and looked up by id."""

from __future__ import annotations

import time
from contextlib import suppress
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

from focusmesh.errors import BlockError, SignalError, StoreError, StoreFullError
from focusmesh.host.node import node_key
from focusmesh.host.service.problems import AdmissionError, NotThereError, UnavailableError
from focusmesh.host.service.records.records import PlacedSignal
from focusmesh.host.spool import Spool, count_promises
from focusmesh.host.storage import serving
from focusmesh.kernel.admission import (
    LIMITS,
    LinkWeights,
    admit,
    agreed_weight,
    packet_limits,
    used_share,
)
from focusmesh.kernel.block import Body
from focusmesh.kernel.node import RecentSignals, outcomes
from focusmesh.kernel.runtime import DONE
from focusmesh.protocol.packet import Packet
from focusmesh.protocol.signal import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from focusmesh.host.spool import PromiseCounts
    from focusmesh.host.storage import Folder, OpenedChain
    from focusmesh.kernel.admission import Candidate
    from focusmesh.kernel.block import Block, Chain
    from focusmesh.protocol.identity import SigningKey

WAITING = "waiting"
_SECONDS_BETWEEN_LOOKS = 0.02
_ID_LENGTH = 64


class Signals:
    """The way in of a ledger that a node serves. Safe between threads."""

    def __init__(self, folder: Folder, opened: OpenedChain) -> None:
        self._folder = folder
        self._opened = opened
        self._recent = RecentSignals()
        self.link_weights = LinkWeights()
        """What links weigh at the marks of this ledger, as far as somebody asked."""
        self._lock = Lock()

    @property
    def is_taken(self) -> bool:
        """Whether a node runs that takes signals."""
        return serving(self._folder) is not None

    @cached_property
    def spool(self) -> Spool:
        """The spool of the ledger's folder, which is made when it is first asked for. Raises StoreError."""
        return Spool(self._folder.spool)

    @cached_property
    def _node_key(self) -> SigningKey:
        return node_key(self._folder)

    def leave(
        self, packet: bytes, verify_rate: Callable[[str], None] = lambda neuron: None
    ) -> PlacedSignal:
        """Leaves a signal (a packet: the signal and the contents beside it) for the node; again does no harm.

        ``verify_rate`` is given its neuron, in hexadecimal, once the signature holds, and raises where that is enough.
        Says where the signal stands already, or that it waits: it is on the disk then, and ``promise`` is the node's
        word for a block, unless a nonce before its own is not here. Raises AdmissionError with the reason where it may
        not wait, SignalError for what is no packet, UnavailableError where no node runs or its disk takes nothing.
        """
        with self._opened.lock:
            limits = packet_limits(self._opened.reading())
        read = Packet.decode(packet, limits)
        done = None if self.spool.has(read.id) else self._in_block(read.id)
        if done is not None:
            return done
        if not self.is_taken:
            raise UnavailableError("no node makes blocks of this ledger now; try again later")
        try:
            return _waiting(read.id.hex(), self._admit(read, verify_rate))
        except AdmissionError:
            # Several clients post it at once: by now it may be in a block, or wait already.
            done = self._in_block(read.id)
            if done is None and not self.spool.has(read.id):
                raise
            return done or _waiting(read.id.hex(), self.spool.promise(read.id))

    def promises(self) -> PromiseCounts | None:
        """How many promises the node kept and broke, and how many are open; None where that cannot be known here.

        It never took a signal, or its folder cannot be written: SQLite reads no log that it may not lock.
        """
        if self._folder.spool.is_dir():
            with suppress(StoreError):
                return count_promises(self.spool.database)
        return None

    def _admit(self, packet: Packet, verify_rate: Callable[[str], None]) -> bytes | None:
        try:
            with self._opened.lock:
                candidate = self._weigh(self._opened.reading(), packet)
            # Not before: else a stranger could use up the rate of a neuron.
            verify_rate(candidate.signed.signal.neuron.hex())
            return self.spool.admit(candidate, self._node_key)
        except SignalError as error:
            raise AdmissionError.of(error) from error
        except StoreError as error:
            is_full = isinstance(error, StoreFullError)
            why = "its disk is full" if is_full else "its spool cannot be written"
            raise UnavailableError(
                f"the node cannot keep signals now: {why}; try again later"
            ) from error

    def _weigh(self, chain: Chain, packet: Packet) -> Candidate:
        """An admitted packet with the weight of its neuron: its links are looked at only where room is short."""
        candidate = admit(chain, packet)
        rules, neuron = candidate.rules, candidate.signed.signal.neuron
        if used_share(self.spool.totals(), LIMITS) >= rules.crowded:
            # Who joined by a snapshot knows of stake alone for some blocks.
            with suppress(BlockError):
                weight = agreed_weight(chain, neuron, candidate.account, self.link_weights)
                return candidate._replace(weight=weight)
        return candidate

    def wait(self, signal: str, seconds: float) -> PlacedSignal:
        """Where a signal stands, once it is in a block or refused, or as it is after ``seconds``."""
        until = time.monotonic() + seconds
        found = self.placement(signal)
        while found.code == WAITING and time.monotonic() < until:
            time.sleep(_SECONDS_BETWEEN_LOOKS)
            found = self.placement(signal)
        return found

    def placement(self, signal: str) -> PlacedSignal:
        """Where a signal (its id in hexadecimal) stands.

        Raises NotThereError where none of this id came lately, the SignalError that it was refused with.
        """
        raw = _id(signal)
        spool = self.spool
        # Whoever takes it away has put it into a block before.
        if spool.has(raw):
            return _waiting(signal, spool.promise(raw))
        done = self._in_block(raw)
        if done is not None:
            return done
        refused = spool.refusal(raw, keep=True)
        if refused is not None:
            raise refused
        raise NotThereError(
            f"signal {signal} is unknown here: it does not wait, and none of the last blocks has it"
        )

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
            height = self._recent.height_of(signal, chain)
            if height is None:
                return None
            found = self.of_block(chain.block(height), chain.parameters.block_bytes_max)
            placed = next(one for one in found if one.id == signal.hex())
        if placed.code == DONE:
            return placed
        message = self.spool.failure(signal, keep=True)
        return _with_message(placed, message)


def _with_message(placed: PlacedSignal, message: str) -> PlacedSignal:
    from msgspec.structs import replace

    return replace(placed, message=message)


def _waiting(signal: str, promise: bytes | None) -> PlacedSignal:
    said = None if promise is None else promise.hex()
    return PlacedSignal(id=signal, height=None, code=WAITING, promise=said)


def _id(text: str) -> bytes:
    if len(text) != _ID_LENGTH or set(text) - set("0123456789abcdef"):
        raise NotThereError("the id of a signal is 64 lower-case hexadecimal digits")
    return bytes.fromhex(text)
