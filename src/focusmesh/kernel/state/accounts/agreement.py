"""How a network agrees on its blocks, where not one key makes them: who votes, for how long, with what at stake."""

from __future__ import annotations

from typing import Any

import msgspec

from focusmesh.kernel.state.accounts.inequalities import require, require_between
from focusmesh.protocol.identity import KEY_BYTES
from focusmesh.protocol.signal import AMOUNT_MAX

QUORUM, SNOWMAN = "quorum", "snowman"
KINDS = (QUORUM, SNOWMAN)
VALIDATORS_MOST = 1_024
"""So many validators that their list travels with a header."""
_DAY_MS = 86_400_000
_BLOCKS_MOST = 1 << 32


class Bonded(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A validator of the first epoch: ``amount`` base units of what the genesis has it staked are bonded."""

    neuron: bytes
    amount: int


class Agreement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who decides blocks; raises ParameterError.

    ``kind``: what orders blocks, "quorum" (Simplex) or "snowman" (samples of the validators); more than two thirds of
    the bonds sign what is final, by either. An epoch has ``epoch_blocks`` blocks and one validator set: of the neurons
    whose bond is ``bond_least`` or more, the ``voters_most`` with the largest, ties by rising key. What is unbonded can
    still be taken for misconduct in the ``unbonding_ms`` after the last epoch that it voted in; nobody relies on an
    validator set for longer than ``trusting_ms``. ``voters`` are bonded at the beginning, by rising key.
    """

    kind: str = QUORUM
    epoch_blocks: int = 1_000
    unbonding_ms: int = 21 * _DAY_MS
    trusting_ms: int = 14 * _DAY_MS
    bond_least: int = 1
    voters_most: int = 100
    voters: tuple[Bonded, ...] = ()

    def __post_init__(self) -> None:
        self.verify()

    def verify(self) -> None:
        """Raises ParameterError with the inequality that does not hold."""
        require(self.kind in KINDS, f"an agreement of the kind {' or '.join(KINDS)}: {self.kind}")
        require_between("epoch_blocks", self.epoch_blocks, 1, _BLOCKS_MOST)
        require_between("bond_least", self.bond_least, 1, AMOUNT_MAX)
        require_between("voters_most", self.voters_most, 1, VALIDATORS_MOST)
        require_between("unbonding_ms", self.unbonding_ms, 2, AMOUNT_MAX)
        require_between("trusting_ms", self.trusting_ms, 1, self.unbonding_ms - 1)
        keys = [validator.neuron for validator in self.voters]
        require(
            keys == sorted(set(keys)) and all(len(key) == KEY_BYTES for key in keys),
            f"voters sorted by keys of {KEY_BYTES} bytes, one a key",
        )
        require_between("voters", len(keys), 1, VALIDATORS_MOST)
        for validator in self.voters:
            require_between("bond", validator.amount, 1, AMOUNT_MAX)

    def verify_first_bonds(self) -> None:
        """Raises ParameterError where the first validators are too many, or one bonds too little, by these terms.

        They are held to that when they begin to vote. A network of version 6 may go beyond it later.
        """
        require_between("voters", len(self.voters), 1, self.voters_most)
        for validator in self.voters:
            require_between("bond", validator.amount, self.bond_least, AMOUNT_MAX)

    def as_fields(self) -> dict[str, Any]:
        """The fields as integers, bytes and lists, for encoding."""
        fields: dict[str, Any] = msgspec.to_builtins(self, builtin_types=(bytes,))
        return fields
