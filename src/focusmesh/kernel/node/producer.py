"""The node of a ledger that one key makes: it takes signals from the net and makes blocks of them, one a step.

Everything from outside comes in as a World; who drives the steps decides when (a replica, host/node/real_time.py, or a
simulation).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import AgreementChangedError, SignalError
from focusmesh.ids import digest
from focusmesh.kernel.block import Body
from focusmesh.kernel.node.heartbeat import is_heartbeat_due
from focusmesh.kernel.node.signal_status import next_nonce, outcomes, portion_bytes
from focusmesh.kernel.runtime import DONE
from focusmesh.protocol.signal import AMOUNT_MAX, SIGNAL_DOMAIN, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from focusmesh.kernel.block import Chain, Inclusion
    from focusmesh.kernel.state import Store
    from focusmesh.protocol.identity import SigningKey
    from focusmesh.protocol.packet import Packet
    from focusmesh.protocol.signal import SignedSignal
    from focusmesh.protocol.world import World

    Keys = Callable[[Collection[bytes]], SigningKey]

_FORGET = b"forget/1"
PATIENCE_MS = 10_000
"""How long a signal may wait for those of its neuron that come before it."""


class _Early(NamedTuple):
    """A signal that was seen before one that comes before it."""

    since: int
    neuron: bytes
    nonce: int


class Producer:
    """Makes the blocks of one chain; whatever it refuses it says why, to the net."""

    def __init__(
        self,
        chain: Chain,
        keys: Keys,
        world: World[Store],
        patience_ms: int = PATIENCE_MS,
        waiting_ms: Callable[[], int] | None = None,
    ) -> None:
        """``keys`` gives a key that is one of those in its argument; it is asked again once that was rotated out.

        ``waiting_ms`` is the clock by which signals wait, that of the world where none is given.

        Takes away what the last block has: a node that was killed behind its commit left it waiting.
        Refused for its nonce, it would look to who sent it as if it were in no block, and be signed again.
        """
        self.chain = chain
        self._keys = keys
        self._key = keys(chain.proposers)
        self._world = world
        self._patience_ms = patience_ms
        self._waiting_ms = waiting_ms or world.clock
        self._early: dict[bytes, _Early] = {}
        if chain.height:
            tip, bytes_max = chain.block(chain.height), chain.parameters.block_bytes_max
            body = Body.decode(tip.body, bytes_max)
            codes = [outcome.code for outcome in body.results]
            done = [placed.signal for placed in outcomes(tip, bytes_max)]
            self._forget(zip(body.signals, codes, strict=True), done)
            world.net.remove(done)

    def step(self) -> Inclusion | None:
        """One block of the signals that wait, an empty one where its time has come; None where there is none to make.

        Raises what ``keys`` raises where the key was rotated out and the new one is not to be had, and
        UpgradeRequiredError where the next block needs a newer focusmesh, AgreementChangedError once validators decide.
        """
        self.chain.check_rules()
        check_agreement(self.chain, is_voted=False)
        if self._key.public not in self.chain.proposers:
            self._key = self._keys(self.chain.proposers)
        net = self._world.net
        packets = self._check(net.read(portion_bytes(self.chain), self.held_signals()))
        if not packets:
            return self._heartbeat()
        contents = {digest(each): each for packet, _ in packets for each in packet.contents}
        signals = [signed for _, signed in packets]
        made = self.chain.propose(signals, self._world.clock(), self._key, contents)
        # Whoever waits for a signal goes on when it is taken away: all else has to be done by then.
        net.fail(
            {signal: result.message for signal, result in made.results.items() if result.message}
        )
        for signed in signals:
            error = made.refused.get(signed.id)
            if error is not None and not self._may_wait(signed, error):
                net.refuse(signed.id, error)
        self._forget(
            [
                (signed.wire, made.results[signed.id].code)
                for signed in signals
                if signed.id in made.results
            ],
            made.results,
        )
        net.remove(made.results)
        return made if made.block is not None else None

    @property
    def is_heartbeat_due(self) -> bool:
        """Whether an empty block is to follow the last one by now."""
        return is_heartbeat_due(self.chain.parameters, self.chain.tip, self._world.clock())

    def _heartbeat(self) -> Inclusion | None:
        if not self.is_heartbeat_due:
            return None
        return self.chain.propose((), self._world.clock(), self._key, whole=True)

    def _forget(self, carried: Iterable[tuple[bytes, str]], done: Collection[bytes]) -> None:
        """What a block forgot goes from what waits too; wires of its signals with their codes, ids of the ``done``.

        Without that, a signal that was left before would bring the content back.
        """
        forgotten = forgotten_in(carried)
        if forgotten:
            self._world.net.drop(forgotten, done)

    def _check(self, packets: Sequence[Packet]) -> list[tuple[Packet, SignedSignal]]:
        """The packets whose signals have their form and their signature; the others are refused."""
        net, parsed = self._world.net, []
        parameters = self.chain.parameters
        read_signal = partial(
            parse,
            # One that no block has room for would be read first for ever.
            bytes_max=min(parameters.signal_bytes_max, self.chain.signals_bytes_max),
            operations_max=parameters.operations_max,
        )
        for packet in packets:
            try:
                parsed.append((packet, read_signal(packet.wire)))
            except SignalError as error:
                net.refuse(packet.id, error)
        answers = self._world.pool.check(SIGNAL_DOMAIN, [signed.check for _, signed in parsed])
        kept = []
        for (packet, signed), right in zip(parsed, answers, strict=True):
            if right:
                kept.append((packet, signed))
                continue
            message = f"signal {signed.id.hex()} is not signed by its neuron"
            net.refuse(signed.id, SignalError("signature", message))
        return kept

    def _may_wait(self, signed: SignedSignal, error: SignalError) -> bool:
        """Whether a signal that this block has no place for may be in a later one."""
        is_later = error.code in ("crowded", "price")
        return is_later or (error.code == "nonce" and self._is_early(signed))

    def _is_early(self, signed: SignedSignal) -> bool:
        """Whether a signal may still have its turn: those before it can be on their way."""
        neuron, nonce = signed.signal.neuron, signed.signal.nonce
        if nonce <= self._next_nonce(neuron):
            return False
        now = self._waiting_ms()
        early = self._early.setdefault(signed.id, _Early(now, neuron, nonce))
        if now - early.since < self._patience_ms:
            return True
        # Who sends it again waits anew.
        del self._early[signed.id]
        return False

    def held_signals(self) -> set[bytes]:
        """Signals not to read now: one before them is not here yet. So they keep out no others, however many."""
        net, now = self._world.net, self._waiting_ms()
        self._early = {signal: early for signal, early in self._early.items() if net.has(signal)}
        turn: dict[bytes, int] = {}
        held = set()
        for signal, early in sorted(self._early.items(), key=lambda item: item[1].nonce):
            nonce = turn.get(early.neuron)
            if nonce is None:
                nonce = self._next_nonce(early.neuron)
            if early.nonce <= nonce:
                turn[early.neuron] = max(nonce, early.nonce + 1)
                continue
            turn[early.neuron] = nonce
            if now - early.since < self._patience_ms:
                held.add(signal)
        return held

    def _next_nonce(self, neuron: bytes) -> int:
        """The nonce that the chain expects; one that nothing is above where the neuron has no account."""
        try:
            return next_nonce(self.chain, neuron)
        except SignalError:
            return AMOUNT_MAX


def check_agreement(chain: Chain, *, is_voted: bool) -> None:
    """Raises AgreementChangedError where the next block is decided otherwise: by validators, or by keys again."""
    if (chain.validator_set is not None) == is_voted:
        return
    now = (
        "keys make the blocks again"
        if is_voted
        else f"validators decide blocks by {chain.parameters.kind}"
    )
    raise AgreementChangedError(
        f"from block {chain.height + 1} on network {chain.network.hex()[:16]} has another agreement: {now}; "
        "start the node again (`focusmesh node start` goes on by itself)"
    )


def forgotten_in(carried: Iterable[tuple[bytes, str]]) -> set[bytes]:
    """The contents that signals of a block forgot, by their wires and codes."""
    return {
        operation[1]
        for wire, code in carried
        if code == DONE and _FORGET in wire
        for operation in parse(wire).signal.operations
        if operation[0].encode() == _FORGET
    }
