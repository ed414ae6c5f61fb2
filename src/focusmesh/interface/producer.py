"""The node of a ledger that one key makes: it takes signals from the spool and makes a block of them at intervals."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from focusmesh.errors import SignalError
from focusmesh.ids import digest
from focusmesh.interface.sending import next_nonce, outcomes, portion_bytes
from focusmesh.protocol.signal import SIGNAL_DOMAIN, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from threading import Event

    from focusmesh.interface.spool import Spool
    from focusmesh.kernel.block import Chain, Proposed
    from focusmesh.kernel.session import Packet
    from focusmesh.protocol.identity import SigningKey
    from focusmesh.protocol.signal import SignedSignal
    from focusmesh.protocol.world import World

PATIENCE_MS = 10_000
"""How long a signal may wait for those of its neuron that come before it."""
_SECONDS_BETWEEN_LOOKS = 0.02


class Producer:
    """Makes the blocks of one chain; whatever it refuses it says why, in the spool."""

    def __init__(self, chain: Chain, spool: Spool, key: SigningKey, world: World) -> None:
        self._chain = chain
        self._spool = spool
        self._key = key
        self._world = world
        self._early: dict[bytes, int] = {}

    def run(self, interval: float, stop: Event, tell: Callable[[Proposed], None]) -> None:
        """Makes blocks, at least ``interval`` seconds apart, until ``stop`` is set; a block begun is ended."""
        self._tidy()
        while not stop.is_set():
            began = time.monotonic()
            made = self.step()
            if made is not None:
                tell(made)
            rest = interval - (time.monotonic() - began) if made else _SECONDS_BETWEEN_LOOKS
            stop.wait(max(0.0, rest))

    def _tidy(self) -> None:
        """Takes away what the last block has: a node that was killed behind its commit left it in the spool.

        Refused for its nonce, it would look to who sent it as if it were in no block, and be signed again.
        """
        if self._chain.height:
            tip = self._chain.block(self._chain.height)
            done = outcomes(tip, self._chain.parameters.block_bytes_max)
            self._spool.remove(placed.signal for placed in done)

    def step(self) -> Proposed | None:
        """One block of the signals that wait; None where there is none to make."""
        packets = self._checked(self._spool.read(portion_bytes(self._chain)))
        if not packets:
            return None
        contents = {digest(each): each for packet, _ in packets for each in packet.contents}
        signals = [signed for _, signed in packets]
        made = self._chain.propose(signals, self._world.clock(), self._key, contents)
        # Whoever waits for a signal goes on when it is taken away: the words have to be there by then.
        self._spool.fail(
            {signal: result.message for signal, result in made.results.items() if result.message}
        )
        self._spool.remove(made.results)
        for signed in signals:
            if signed.id in made.refused and not self._is_early(signed):
                self._spool.refuse(signed.id, made.refused[signed.id])
        return made if made.block is not None else None

    def _checked(self, packets: Sequence[Packet]) -> list[tuple[Packet, SignedSignal]]:
        """The packets whose signals have their form and their signature; the others are refused."""
        parsed = []
        for packet in packets:
            try:
                parsed.append((packet, parse(packet.wire)))
            except SignalError as error:
                self._spool.refuse(packet.id, error)
        answers = self._world.pool.check(SIGNAL_DOMAIN, [signed.check for _, signed in parsed])
        kept = []
        for (packet, signed), right in zip(parsed, answers, strict=True):
            if right:
                kept.append((packet, signed))
            else:
                self._spool.refuse(
                    signed.id,
                    SignalError(
                        "signature", f"signal {signed.id.hex()} is not signed by its neuron"
                    ),
                )
        return kept

    def _is_early(self, signed: SignedSignal) -> bool:
        """Whether a signal may still have its turn: those before it can be on their way into the spool."""
        try:
            early = signed.signal.nonce > next_nonce(self._chain, signed.signal.neuron)
        except SignalError:
            early = False
        now = self._world.clock()
        waited = now - self._early.setdefault(signed.id, now)
        if early and waited < PATIENCE_MS:
            return True
        self._early.pop(signed.id, None)
        return False
