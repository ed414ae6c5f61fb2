"""Evidence against validators, signed by this node's own until a block took it.

Two votes go as ``accuse/1``. A vote for a wrong block is long and costs its reader, so that nodes sign ``accuse/2`` in
turn, each once: who is later finds it done.
"""

from __future__ import annotations

import asyncio
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from focusmesh.kernel.block import parameters_bytes
from focusmesh.kernel.consensus import Equivocation, epoch_of_number
from focusmesh.kernel.node.own_signals import sign_own
from focusmesh.kernel.node.presence import OwnPresence, count_jailed
from focusmesh.kernel.state import first_key, read_bond

if TYPE_CHECKING:
    from collections.abc import Iterable

    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.fraud import WrongBlock
    from focusmesh.kernel.node.mempool import Mempool
    from focusmesh.protocol.identity import SigningKey

EVERY_S = 1.0
ATTEMPTS_MAX = 8
"""So often one proof is signed at most: what no block takes then proves nothing here."""
PLACES_MAX = 32
"""Nobody waits for more than so many others before it shows a vote for a wrong block."""
TURN_COUNT = 2
"""So many times EVERY_S each of them is given."""


class Offence(NamedTuple):
    """What one validator signed and must not have; ``rules``: the parameters that a wrong block was to keep."""

    proof: Equivocation | WrongBlock
    rules: bytes = b""

    @property
    def validator(self) -> bytes:
        """Who signed it."""
        proof = self.proof
        return proof.first.signer if isinstance(proof, Equivocation) else proof.signer

    @property
    def epoch(self) -> int:
        """In which it was signed."""
        if isinstance(self.proof, Equivocation):
            return epoch_of_number(self.proof.first.ballot.slot.height)
        return epoch_of_number(self.proof.epoch)

    def operation(self, rules_now: bytes) -> tuple[str, bytes]:
        """The name and the field of the operation that shows it, where these parameters hold."""
        if isinstance(self.proof, Equivocation):
            return "accuse/1", self.proof.to_bytes()
        shown = b"" if self.rules == rules_now else self.rules
        return "accuse/2", msgspec.structs.replace(self.proof, parameters=shown).encode()


class Accusations:
    """What one validator knows of others' guilt: ``guilty`` has a proof against each since it began."""

    def __init__(self, chain: Chain, mempool: Mempool) -> None:
        self._chain, self._mempool = chain, mempool
        self._presence = OwnPresence(chain, mempool)
        self._open: dict[bytes, Offence] = {}
        self._signed: dict[bytes, bytes] = {}
        self._attempts: dict[bytes, int] = {}
        self._waits: dict[bytes, int] = {}
        """By validator: how often EVERY_S is to pass before this node shows a vote for a wrong block."""
        self._counted = -1, 0
        self.guilty: dict[bytes, Equivocation | WrongBlock] = {}

    def add(self, evidence: Iterable[Equivocation]) -> None:
        """Keeps one proof against each, of the newest epoch: who paid for an earlier one pays for this."""
        for proof in evidence:
            self.guilty.setdefault(proof.first.signer, proof)
            # Two batches of one number are known for what they are, and cost no bond: no block came of them.
            if proof.first.ballot.slot.network == self._chain.network:
                self._keep(Offence(proof))

    def add_wrong(self, evidence: WrongBlock, rules: bytes) -> None:
        """The same of a vote for a block that is wrong by these parameters."""
        self.guilty.setdefault(evidence.signer, evidence)
        self._keep(Offence(evidence, rules))

    def _keep(self, offence: Offence) -> None:
        validator, kept = offence.validator, self._open.get(offence.validator)
        if kept is None or offence.epoch > kept.epoch:
            self._open[validator] = offence
            self._attempts.pop(validator, None)
            self._waits.pop(validator, None)

    def count_jailed(self) -> int:
        """How many bonds are kept from voting; counted once a block."""
        if self._counted[0] != self._chain.height:
            self._counted = self._chain.height, count_jailed(self._chain)
        return self._counted[1]

    async def run(self, key: SigningKey) -> None:
        """Signs with ``key`` until it is cancelled: accusations, and that its validator is there."""
        while True:
            for validator, offence in list(self._open.items()):
                if self._is_settled(offence) or not self._is_due(key, offence):
                    continue
                if not self._mempool.has(self._signed.get(validator, b"")):
                    self._accuse(key, offence)
            self._presence.tell(key)
            await asyncio.sleep(EVERY_S)

    def _is_due(self, key: SigningKey, offence: Offence) -> bool:
        """Whether it is this node's turn, and it did not try often enough."""
        attempts = self._attempts.get(offence.validator, 0)
        if isinstance(offence.proof, Equivocation):
            return attempts < ATTEMPTS_MAX
        left = self._waits.setdefault(offence.validator, self._place(key.public, offence.validator))
        self._waits[offence.validator] = left - 1
        return left <= 0 and not attempts

    def _place(self, public: bytes, validator: bytes) -> int:
        """How often EVERY_S passes before it is this validator's turn, in an order for each who is accused."""
        own = sha256(public + validator).digest()
        before = (sha256(each + validator).digest() < own for each in self._chain.proposers)
        return TURN_COUNT * min(sum(before), PLACES_MAX)

    def _is_settled(self, offence: Offence) -> bool:
        """Whether its validator has no bond that could be taken, or paid for that epoch."""
        get = self._chain.state.get
        bond = read_bond(get, first_key(get, offence.validator))
        return bond is None or bond.tombstoned or offence.epoch <= bond.guilty_epoch

    def _accuse(self, key: SigningKey, offence: Offence) -> None:
        operation = offence.operation(parameters_bytes(self._chain.parameters))
        signed = sign_own(self._chain, self._mempool, key, operation)
        if signed:  # Whoever has no account cannot sign; others saw the same.
            self._signed[offence.validator] = signed
            self._attempts[offence.validator] = self._attempts.get(offence.validator, 0) + 1
