"""Evidence against validators that voted twice: signed as ``accuse/1`` by this node's own until a block took it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from focusmesh.errors import SignalError
from focusmesh.kernel.node.signal_status import next_nonce
from focusmesh.kernel.state import first_key, read_bond
from focusmesh.protocol.packet import Packet
from focusmesh.protocol.signal import Signal, parse, sign

if TYPE_CHECKING:
    from collections.abc import Iterable

    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.consensus import Equivocation
    from focusmesh.kernel.node.mempool import Mempool
    from focusmesh.protocol.identity import SigningKey

EVERY_S = 1.0
ATTEMPTS_MAX = 8
"""So often one proof is signed at most: what no block takes then proves nothing here."""
VALID_BLOCKS = 10_000
"""An accusation can stand in so many blocks after it was signed."""


class Accusations:
    """What one validator knows of others' guilt: ``guilty`` has a proof against each since it began."""

    def __init__(self, chain: Chain, mempool: Mempool) -> None:
        self._chain, self._mempool = chain, mempool
        self._open: dict[bytes, Equivocation] = {}
        self._signed: dict[bytes, bytes] = {}
        self._attempts: dict[bytes, int] = {}
        self.guilty: dict[bytes, Equivocation] = {}

    def add(self, evidence: Iterable[Equivocation]) -> None:
        """Keeps one proof against each."""
        for proof in evidence:
            validator = proof.first.signer
            self.guilty.setdefault(validator, proof)
            # Two batches of one number are known for what they are, and cost no bond: no block came of them.
            if proof.first.ballot.slot.network == self._chain.network:
                self._open.setdefault(validator, proof)

    async def run(self, key: SigningKey) -> None:
        """Signs with ``key`` until it is cancelled."""
        while True:
            for validator, proof in list(self._open.items()):
                if self._is_jailed(validator) or self._attempts.get(validator, 0) >= ATTEMPTS_MAX:
                    continue
                if not self._mempool.has(self._signed.get(validator, b"")):
                    self._accuse(key, validator, proof)
            await asyncio.sleep(EVERY_S)

    def _is_jailed(self, validator: bytes) -> bool:
        bond = read_bond(self._chain.state.get, first_key(self._chain.state.get, validator))
        return bond is None or not bond.is_electable

    def _accuse(self, key: SigningKey, validator: bytes, proof: Equivocation) -> None:
        try:
            nonce = next_nonce(self._chain, key.public)
        except SignalError:
            return  # Whoever has no account cannot sign; others saw the same.
        waiting = [entry.signed.signal for entry in self._mempool.entries()]
        taken = {each.nonce for each in waiting if each.neuron == key.public}
        while nonce in taken:
            nonce += 1
        signal = Signal(
            network=self._chain.network,
            neuron=key.public,
            nonce=nonce,
            expires_height=self._chain.height + VALID_BLOCKS,
            operations=(("accuse/1", proof.to_bytes()),),
        )
        packet = Packet(sign(signal, key))
        self._mempool.add(packet, parse(packet.wire), is_local=False)
        self._signed[validator] = packet.id
        self._attempts[validator] = self._attempts.get(validator, 0) + 1
