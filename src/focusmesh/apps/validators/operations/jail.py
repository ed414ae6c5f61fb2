"""``unjail/1`` and ``alive/1``: a validator that was jailed comes back, and one that says that it is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from focusmesh.apps.validators.operations.bonding import (
    bond_least,
    check_agreed,
    check_paying,
    put_bond,
)
from focusmesh.errors import SignalError
from focusmesh.kernel.runtime import Operation
from focusmesh.kernel.state import (
    EPOCH_KEY,
    PRESENCE_PREFIX,
    VALIDATOR_PREFIX,
    Bond,
    changed,
    note_presence,
    read_bond,
    read_presence,
)

if TYPE_CHECKING:
    from focusmesh.kernel.runtime import Context
    from focusmesh.kernel.state import Parameters


class Unjail(Operation, frozen=True, tag="unjail/1"):
    """Ends the jail of who signs: from the next epoch on it can be elected again.

    Fails with ``"absent"`` for who is not in jail, with ``"jailed"`` before its time is over and for a validator that
    never votes again, with ``"bond"`` where what was left to it is less than the network's least: bond more first.
    """

    reads: ClassVar[tuple[bytes, ...]] = (EPOCH_KEY, PRESENCE_PREFIX, VALIDATOR_PREFIX)
    writes: ClassVar[tuple[bytes, ...]] = (PRESENCE_PREFIX, VALIDATOR_PREFIX)

    def validate(self, parameters: Parameters) -> None:
        """Refused where nobody votes, and before version 6."""
        check_agreed(parameters)
        check_paying(parameters, self.name())

    def bandwidth(self) -> int:
        """None: whoever lost its stake has none left for it."""
        return 0

    def apply(self, context: Context) -> None:
        """It counts as present from here on, so that it is not jailed for the time in which it could not work."""
        bond = read_bond(context.get, context.author) or Bond()
        least = bond_least(context)
        name = context.author.hex()
        if bond.tombstoned:
            raise SignalError("jailed", f"{name} never votes again")
        if not bond.is_jailed:
            raise SignalError("absent", f"{name} is not in jail")
        if context.time < bond.jailed_until:
            raise SignalError(
                "jailed",
                f"{name} is in jail until {bond.jailed_until} ms, and this block is of {context.time}",
            )
        if bond.amount < least:
            raise SignalError(
                "bond",
                f"{name} has a bond of {bond.amount} left, less than the minimum of {least}: bond more first",
            )
        put_bond(context, changed(bond, jailed_until=0))
        note_presence(context, context.author, context.epoch, context.time)


class Alive(Operation, frozen=True, tag="alive/1"):
    """Says that who signs is at work, for a validator that no block shows: without it, absence would jail it.

    Once an epoch is enough. The first in a signal takes no bandwidth. Fails with ``"absent"`` for who has no bond that
    can vote, with ``"alive"`` where it was seen in this epoch before.
    """

    reads: ClassVar[tuple[bytes, ...]] = (EPOCH_KEY, PRESENCE_PREFIX, VALIDATOR_PREFIX)
    writes: ClassVar[tuple[bytes, ...]] = (PRESENCE_PREFIX,)
    first_is_free: ClassVar[bool] = True

    def validate(self, parameters: Parameters) -> None:
        """Refused where nobody votes, and before version 6."""
        check_agreed(parameters)
        check_paying(parameters, self.name())

    def apply(self, context: Context) -> None:
        """The leaf of its presence is of this epoch."""
        bond = read_bond(context.get, context.author) or Bond()
        least = bond_least(context)
        if not bond.is_electable or bond.amount < least:
            raise SignalError("absent", f"{context.author.hex()} has no bond that can vote")
        seen = read_presence(context.get, context.author)
        if seen is not None and seen.epoch == context.epoch:
            raise SignalError("alive", f"{context.author.hex()} was seen in this epoch before")
        note_presence(context, context.author, context.epoch, context.time)
