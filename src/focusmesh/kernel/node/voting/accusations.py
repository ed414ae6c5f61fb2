"""Evidence against validators that voted twice: signed as ``accuse/1`` by this node's own until a block took it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from focusmesh.kernel.consensus import epoch_of_number
from focusmesh.kernel.node.own_signals import sign_own
from focusmesh.kernel.node.presence import OwnPresence, count_jailed
from focusmesh.kernel.state import first_key, read_bond

if TYPE_CHECKING:
    from collections.abc import Iterable

    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.consensus import Equivocation
    from focusmesh.kernel.node.mempool import Mempool
    from focusmesh.protocol.identity import SigningKey

EVERY_S = 1.0
ATTEMPTS_MAX = 8
"""So often one proof is signed at most: what no block takes then proves nothing here."""


class Accusations:
    """What one validator knows of others' guilt: ``guilty`` has a proof against each since it began."""

    def __init__(self, chain: Chain, mempool: Mempool) -> None:
        self._chain, self._mempool = chain, mempool
        self._presence = OwnPresence(chain, mempool)
        self._open: dict[bytes, Equivocation] = {}
        self._signed: dict[bytes, bytes] = {}
        self._attempts: dict[bytes, int] = {}
        self._counted = -1, 0
        self.guilty: dict[bytes, Equivocation] = {}

    def add(self, evidence: Iterable[Equivocation]) -> None:
        """Keeps one proof against each, of the newest epoch: who paid for an earlier one pays for this."""
        for proof in evidence:
            validator = proof.first.signer
            self.guilty.setdefault(validator, proof)
            # Two batches of one number are known for what they are, and cost no bond: no block came of them.
            if proof.first.ballot.slot.network != self._chain.network:
                continue
            kept = self._open.get(validator)
            if kept is None or _epoch_of(proof) > _epoch_of(kept):
                self._open[validator] = proof
                self._attempts.pop(validator, None)

    def count_jailed(self) -> int:
        """How many bonds are kept from voting; counted once a block."""
        if self._counted[0] != self._chain.height:
            self._counted = self._chain.height, count_jailed(self._chain)
        return self._counted[1]

    async def run(self, key: SigningKey) -> None:
        """Signs with ``key`` until it is cancelled: accusations, and that its validator is there."""
        while True:
            for validator, proof in list(self._open.items()):
                if self._is_settled(proof) or self._attempts.get(validator, 0) >= ATTEMPTS_MAX:
                    continue
                if not self._mempool.has(self._signed.get(validator, b"")):
                    self._accuse(key, validator, proof)
            self._presence.tell(key)
            await asyncio.sleep(EVERY_S)

    def _is_settled(self, proof: Equivocation) -> bool:
        """Whether its validator has no bond that could be taken, or paid for that epoch."""
        get = self._chain.state.get
        bond = read_bond(get, first_key(get, proof.first.signer))
        return bond is None or bond.tombstoned or _epoch_of(proof) <= bond.guilty_epoch

    def _accuse(self, key: SigningKey, validator: bytes, proof: Equivocation) -> None:
        signed = sign_own(self._chain, self._mempool, key, ("accuse/1", proof.to_bytes()))
        if signed:  # Whoever has no account cannot sign; others saw the same.
            self._signed[validator] = signed
            self._attempts[validator] = self._attempts.get(validator, 0) + 1


def _epoch_of(proof: Equivocation) -> int:
    return epoch_of_number(proof.first.ballot.slot.height)
