"""``accuse/1`` and ``accuse/2``: who signed what it must not have loses stake; whoever shows it has a part of that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec

from focusmesh.apps.validators.operations.bonding import check_agreed, check_paying, put_bond
from focusmesh.errors import ProofError, SignalError
from focusmesh.ids import DIGEST_BYTES
from focusmesh.kernel.consensus import Equivocation, epoch_of_number
from focusmesh.kernel.runtime import BANDWIDTH_BYTES, Operation
from focusmesh.kernel.state import (
    ACCOUNT_PREFIX,
    EPOCH_KEY,
    KEY_PREFIX,
    POOL_PREFIX,
    SLASH_PREFIX,
    SUPPLY_KEY,
    VALIDATOR_PREFIX,
    Bond,
    bond_account,
    changed,
    read_bond,
)

if TYPE_CHECKING:
    from focusmesh.kernel.runtime import Context
    from focusmesh.kernel.state import Parameters

EVIDENCE_BYTES_MAX = 512
"""More than two votes take."""
PROOF_BYTES_MAX = 1 << 18
"""No evidence is longer, and few signals may be."""
PROOF_WORK = 1 << 20
"""Interactions that checking a proof against a block counts as: a block has room for 64 of them."""
REWARD_DIVISOR = 20
"""Of what is taken, the accuser has so much: 1 in this many."""


class Accuse(Operation, frozen=True, tag="accuse/1"):
    """Shows two votes of one validator that exclude each other, as ``Equivocation.to_bytes`` writes them.

    All that the validator has bonded is taken, what is unbonding too: a twentieth goes to the balance of who shows it,
    the rest is burned; the validator never votes again. One in a signal takes no bandwidth. Fails with ``"evidence"``
    where the bytes prove nothing or are of another network, with ``"absent"`` where the validator has no bond, with
    ``"jailed"`` where it was already taken. From version 6 of the parameters on the penalty, and what else it fails
    with, is that of ``accuse/2``.
    """

    evidence: Annotated[bytes, msgspec.Meta(max_length=EVIDENCE_BYTES_MAX)]

    reads: ClassVar[tuple[bytes, ...]] = (ACCOUNT_PREFIX, KEY_PREFIX, SUPPLY_KEY, VALIDATOR_PREFIX)
    writes: ClassVar[tuple[bytes, ...]] = (ACCOUNT_PREFIX, SUPPLY_KEY, VALIDATOR_PREFIX)
    first_is_free: ClassVar[bool] = True

    def validate(self, parameters: Parameters) -> None:
        """Refused where nobody votes."""
        check_agreed(parameters)

    def bandwidth(self) -> int:
        """Two units: two signatures are checked."""
        return 2

    def apply(self, context: Context) -> None:
        """The account of the bond is emptied, and the supply falls by what is burned."""
        proof = proved_votes(self.evidence, context.circumstance.network)
        validator = proof.first.signer
        if context.parameters.staking is not None:
            punish(context, validator, epoch_of_number(proof.first.ballot.slot.height))
            return
        leaf = context.get(KEY_PREFIX + validator)
        neuron = leaf[DIGEST_BYTES:] if leaf else context.account(validator).origin or validator
        bond = read_bond(context.get, neuron)
        if bond is None:
            raise SignalError("absent", f"the validator {validator.hex()} has no bond to take")
        if bond.tombstoned:
            raise SignalError("jailed", f"the bond of {validator.hex()} was already taken")
        taken = bond.stake_at_risk
        holder = bond_account(neuron)
        held = context.account(holder)
        left = changed(held, stake=held.stake - taken)
        context.put_account(left if left.stake or left.balance else None, holder)
        burn(context, taken)
        put_bond(context, Bond(tombstoned=True), neuron)


class AccuseAny(Operation, frozen=True, tag="accuse/2"):
    """Shows what a validator signed and must not have, decided or not, and takes a part of what is at risk for it.

    ``evidence``: two votes that exclude each other, as ``Equivocation.to_bytes`` writes them, or a vote for a block
    that a proof shows wrong, as ``WrongBlock.encode`` does. The bond falls by one part in ``penalty_divisor``, or by
    ``penalty_factor`` times the share of all stake found guilty within ``unbonding_ms`` where that is more; what is
    unbonding and what is delegated falls likewise, and that of those found guilty before in that time. A twentieth goes
    to the balance of who shows it, the rest is burned. The validator is jailed; where all was taken, or it had paid
    before, it never votes again.

    Fails with ``"evidence"`` where the bytes prove nothing or are of another network, with ``"absent"`` where the
    validator has no bond, with ``"jailed"`` where it never votes again anyway, with ``"early"`` for an epoch to come,
    ``"old"`` for one from before the bond, and ``"paid"`` for one that it paid for.
    """

    evidence: Annotated[bytes, msgspec.Meta(max_length=PROOF_BYTES_MAX)]

    reads: ClassVar[tuple[bytes, ...]] = (
        ACCOUNT_PREFIX,
        EPOCH_KEY,
        KEY_PREFIX,
        POOL_PREFIX,
        SLASH_PREFIX,
        SUPPLY_KEY,
        VALIDATOR_PREFIX,
    )
    writes: ClassVar[tuple[bytes, ...]] = (
        ACCOUNT_PREFIX,
        POOL_PREFIX,
        SLASH_PREFIX,
        SUPPLY_KEY,
        VALIDATOR_PREFIX,
    )

    def validate(self, parameters: Parameters) -> None:
        """Refused where nobody votes, and before version 6."""
        check_agreed(parameters)
        check_paying(parameters, self.name())

    def bandwidth(self) -> int:
        """Two units for signatures, and one for every started 256 bytes beyond two votes."""
        more = max(0, len(self.evidence) - EVIDENCE_BYTES_MAX)
        return 2 - (-more // BANDWIDTH_BYTES)

    def work(self) -> int:
        """None for two votes."""
        return PROOF_WORK if len(self.evidence) > EVIDENCE_BYTES_MAX else 0

    def apply(self, context: Context) -> None:
        """The accounts of bonds and pools fall, and the supply by what is burned."""
        if len(self.evidence) <= EVIDENCE_BYTES_MAX:
            proof = proved_votes(self.evidence, context.circumstance.network)
            punish(context, proof.first.signer, epoch_of_number(proof.first.ballot.slot.height))
            return
        # Most nodes never meet a proof against a block: what reads one is loaded when one comes.
        from focusmesh.kernel.fraud import WrongBlock

        try:
            wrong = WrongBlock.decode(self.evidence)
            epoch = wrong.verify(context.circumstance.network, context.parameters)
        except ProofError as error:
            raise SignalError("evidence", str(error)) from error
        punish(context, wrong.signer, epoch)


def proved_votes(evidence: bytes, network: bytes) -> Equivocation:
    """Two votes of one validator in a network that exclude each other. Raises SignalError ``"evidence"``."""
    try:
        proof = Equivocation.from_bytes(evidence)
    except ProofError as error:
        raise SignalError("evidence", str(error)) from error
    first, second = proof
    for holds, what in (
        (proof.to_bytes() == evidence, "they have another encoding than the one"),
        (first.ballot.slot.network == network, "they are votes of another network"),
        (first.ballot.value != second.ballot.value, "both votes are for the same"),
        (first.holds() and second.holds(), "a vote is not signed by its validator"),
    ):
        if not holds:
            raise SignalError("evidence", f"these bytes are not evidence: {what}")
    return proof


def punish(context: Context, validator: bytes, epoch: int) -> None:
    """Takes by the rules of version 6 what a validator loses for what it signed in an epoch."""
    burn(context, context.punish(validator, epoch))


def burn(context: Context, taken: int) -> None:
    """Burns what was taken but for a part that who signed gets."""
    reward = taken // REWARD_DIVISOR
    own = context.account()
    context.put_account(changed(own, balance=own.balance + reward))
    context.add_supply(reward - taken)
