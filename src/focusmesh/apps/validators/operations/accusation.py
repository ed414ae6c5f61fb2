"""``accuse/1``: who voted twice loses its bond, and whoever shows it has a part of that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec

from focusmesh.apps.validators.operations.bonding import check_agreed, put_bond
from focusmesh.errors import ProofError, SignalError
from focusmesh.ids import DIGEST_BYTES
from focusmesh.kernel.consensus import Equivocation
from focusmesh.kernel.runtime import Operation
from focusmesh.kernel.state import (
    ACCOUNT_PREFIX,
    KEY_PREFIX,
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
REWARD_DIVISOR = 20
"""Of what is taken, the accuser has so much: 1 in this many."""


class Accuse(Operation, frozen=True, tag="accuse/1"):
    """Shows two votes of one validator that exclude each other, as ``Equivocation.to_bytes`` writes them.

    All that the validator has bonded is taken, what is unbonding too: a twentieth goes to the balance of who shows it,
    the rest is burned; the validator never votes again. One in a signal takes no bandwidth. Fails with ``"evidence"``
    where the bytes prove nothing or are of another network, with ``"absent"`` where the validator has no bond, with
    ``"jailed"`` where it was already taken.
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
        validator = self._guilty(context.circumstance.network)
        leaf = context.get(KEY_PREFIX + validator)
        neuron = leaf[DIGEST_BYTES:] if leaf else context.account(validator).origin or validator
        bond = read_bond(context.get, neuron)
        if bond is None:
            raise SignalError("absent", f"the validator {validator.hex()} has no bond to take")
        if bond.tombstoned:
            raise SignalError("jailed", f"the bond of {validator.hex()} was already taken")
        taken = bond.stake_at_risk
        reward = taken // REWARD_DIVISOR
        holder = bond_account(neuron)
        held = context.account(holder)
        left = changed(held, stake=held.stake - taken)
        context.put_account(left if left.stake or left.balance else None, holder)
        own = context.account()
        context.put_account(changed(own, balance=own.balance + reward))
        context.add_supply(reward - taken)
        put_bond(context, Bond(tombstoned=True), neuron)

    def _guilty(self, network: bytes) -> bytes:
        """The key that signed both votes. Raises SignalError ``"evidence"``."""
        try:
            proof = Equivocation.from_bytes(self.evidence)
        except ProofError as error:
            raise SignalError("evidence", str(error)) from error
        first, second = proof
        for holds, what in (
            (proof.to_bytes() == self.evidence, "they have another encoding than the one"),
            (first.ballot.slot.network == network, "they are votes of another network"),
            (first.ballot.value != second.ballot.value, "both votes are for the same"),
            (first.holds() and second.holds(), "a vote is not signed by its validator"),
        ):
            if not holds:
                raise SignalError("evidence", f"these bytes are not evidence: {what}")
        return first.signer
