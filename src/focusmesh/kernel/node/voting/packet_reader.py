"""The packets of batches as signals: each is read and its signature checked once, before a block needs it."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import SignalError, StoreError
from focusmesh.ids import digest
from focusmesh.kernel.admission import read_packet
from focusmesh.kernel.consensus import BATCH_BYTES_MAX, BatchedEngine
from focusmesh.protocol.packet import Packet, PacketLimits
from focusmesh.protocol.signal import SIGNAL_BYTES_MAX, SIGNAL_DOMAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.consensus import SignalBatch
    from focusmesh.kernel.node.executors import Workers
    from focusmesh.kernel.node.voting.engine_run import EngineRun
    from focusmesh.protocol.signal import SignedSignal
    from focusmesh.protocol.world import Checker

AGAIN_S = 0.2
READ_KEPT = 1 << 14
READ_BYTES_KEPT = 1 << 26


class Carried(NamedTuple):
    """A signal of a batch that its neuron signed, with the contents beside it."""

    signed: SignedSignal
    contents: tuple[bytes, ...]


class Yields(NamedTuple):
    """``brings``: whether a block after ``subject`` could have a signal of a batch; ``signals``: their ids."""

    subject: bytes
    brings: dict[bytes, bool]
    signals: dict[bytes, list[bytes]]


class BatchWeigher:
    """Finds out what batches bring, and tells the engine: those that bring nothing rouse nobody."""

    def __init__(
        self,
        reader: PacketReader,
        workers: Workers,
        validator: bytes,
        on_barren: Callable[[list[bytes]], None],
    ) -> None:
        """``validator`` makes the batches of this node; ``on_barren`` hears of signals in those that bring nothing."""
        self._reader, self._workers, self._validator = reader, workers, validator
        self._on_barren = on_barren
        self.elsewhere: frozenset[bytes] = frozenset()
        """Ids of the signals in others' batches that wait."""
        self._signals: dict[bytes, list[bytes]] = {}
        """Of the batches that wait, the ids of their signals."""
        self._is_busy = False

    def look(self, run: EngineRun, subject: bytes) -> None:
        """Begins with what is not known of batches, if anything; ``subject`` is the last decided block in the store.

        What is left when a block is decided is looked at again.
        """
        if self._is_busy:
            return
        batches = run.engine.unweighed_batches(subject)
        if batches:
            self._is_busy = True
            run.start(self._weigh(run, run.engine, batches))

    async def _weigh(
        self, run: EngineRun, engine: BatchedEngine, batches: Mapping[bytes, SignalBatch]
    ) -> None:
        try:
            found = await self._workers.in_slot(partial(self._reader.yields, batches))
        except StoreError as error:
            run.trouble(str(error))
            await asyncio.sleep(AGAIN_S)
            return
        finally:
            self._is_busy = False
        waiting = engine.pool.waiting()
        known = self._signals | found.signals
        self._signals = {name: ids for name, ids in known.items() if name in waiting}
        others = [
            ids for name, ids in self._signals.items() if waiting[name].author != self._validator
        ]
        self.elsewhere = frozenset(signal for ids in others for signal in ids)
        for name, brings in found.brings.items():
            if not brings and batches[name].author == self._validator:
                self._on_barren(found.signals[name])
        run.take(engine.weigh(run.now, found.subject, found.brings))


class PacketReader:
    """Reads what batches have; each packet once. What is no signal of this network, rightly signed, is passed over.

    The chain's thread reads; what the loop notes beside it has a place of its own.
    """

    def __init__(self, chain: Chain, checker: Checker) -> None:
        self._chain, self._checker = chain, checker
        # What is passed over decides what a block is: contents are bounded as the batch is, and by no parameter.
        self._limits = PacketLimits(SIGNAL_BYTES_MAX, BATCH_BYTES_MAX, BATCH_BYTES_MAX)
        self._known: dict[bytes, Carried | None] = {}
        self._noted: dict[bytes, Carried] = {}
        self._bytes = 0

    def note(self, data: bytes, signed: SignedSignal, packet: Packet) -> None:
        """One whose signature was checked before."""
        if len(self._noted) >= READ_KEPT:
            self._noted = {}
        self._noted[data] = Carried(signed, packet.contents)

    def read(self, datas: Sequence[bytes]) -> list[Carried]:
        """The right ones, each signal once, in their order. 60 µs for each that is new."""
        here: dict[bytes, Carried | None] = {}
        new: dict[bytes, Carried] = {}
        for data in dict.fromkeys(datas):
            if data in self._known:
                here[data] = self._known[data]
                continue
            here[data] = noted = self._noted.pop(data, None)
            found = None if noted is not None else self._read(data)
            if found is not None:
                new[data] = found
        right = self._checker.check(SIGNAL_DOMAIN, [each.signed.check for each in new.values()])
        here.update(each for each, good in zip(new.items(), right, strict=True) if good)
        self._keep(here)
        carried = (here[data] for data in datas)
        return list({each.signed.id: each for each in carried if each is not None}.values())

    def yields(self, batches: Mapping[bytes, SignalBatch]) -> Yields:
        """What each of some batches brings to the block after the last decided one, by their digests.

        As far as the first signal of a batch that may stand there: of those that bring something that is O(1).
        """
        chain = self._chain
        found, signals = {}, {}
        working = chain.state.begin(chain.height + 1, chain.tip.time, b"")
        try:
            for name, batch in batches.items():
                carried = self.read(batch.signals)
                signals[name] = [each.signed.id for each in carried]
                found[name] = any(
                    chain.runtime.may_stand(
                        working, each.signed, {digest(part): part for part in each.contents}
                    )
                    for each in carried
                )
        finally:
            for finish in working.finishers:
                finish()
        return Yields(chain.tip.id, found, signals)

    def _read(self, data: bytes) -> Carried | None:
        try:
            packet = Packet.decode(data, self._limits)
            return Carried(read_packet(self._chain, packet), packet.contents)
        except SignalError:
            return None

    def _keep(self, found: dict[bytes, Carried | None]) -> None:
        for data, carried in found.items():
            if data not in self._known:
                self._bytes += len(data)
                self._known[data] = carried
        while len(self._known) > READ_KEPT or self._bytes > READ_BYTES_KEPT:
            oldest = next(iter(self._known))
            self._bytes -= len(oldest)
            del self._known[oldest]
