"""Networks of validators of version 6 with delegators, and what their neurons have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.apps.delegation import DELEGATION_OPERATIONS
from focusmesh.kernel.block import Genesis, Grant
from focusmesh.kernel.runtime import Registry
from focusmesh.kernel.state import (
    ACCOUNT_PREFIX,
    Account,
    Agreement,
    Bonded,
    ChangeRules,
    FeeRules,
    OrderRules,
    Parameters,
    StakingRules,
    pool_account,
    read_account,
    read_supply,
)
from focusmesh.protocol.identity import SigningKey
from tests.kernel.block import changing
from tests.kernel.block.changing import ChangingVoted
from tests.kernel.block.voted import BALANCE, BOND, STAKE, VALIDATORS

if TYPE_CHECKING:
    from focusmesh.kernel.state import Store

REGISTRY = Registry((*changing.OPERATIONS, *DELEGATION_OPERATIONS), (changing.REGISTRY,))
ANN, BOB, CEM, DAN = VALIDATORS
EVE, FAY = DELEGATORS = [SigningKey.generate(bytes([number]) * 32) for number in (50, 51)]
UNBONDING_MS = 1_000
YEAR_MS = 365 * 86_400_000


def staking_genesis(
    *, version: int = 6, agreement: dict[str, Any] | None = None, **staking: Any
) -> Genesis:
    """Four validators with the same bonds, and two neurons with stake, by default with epochs of three blocks."""
    terms: dict[str, Any] = {
        "epoch_blocks": 3,
        "unbonding_ms": UNBONDING_MS,
        "trusting_ms": 500,
        "voters": tuple(Bonded(key.public, BOND) for key in VALIDATORS),
    }
    paying: dict[str, Any] = {
        "fees": FeeRules(),
        "staking": StakingRules(**staking),
        "order": OrderRules(),
    }
    parameters = Parameters(
        version=version,
        agreement=Agreement(**terms | (agreement or {})),
        changes=ChangeRules(heartbeat_ms=5, epoch_ms=YEAR_MS, change_deposit=100),
        **(paying if version == 6 else {}),
    )
    keys = sorted([*VALIDATORS, *DELEGATORS], key=lambda key: key.public)
    grants = tuple(Grant(key.public, BALANCE, STAKE) for key in keys)
    return Genesis(
        name="staking", time=1_000, parameters=parameters, grants=grants, operations=REGISTRY.digest
    )


class Staking(ChangingVoted):
    """A node of such a network."""

    def __init__(
        self, store: Store | None = None, began: Genesis | None = None, **staking: Any
    ) -> None:
        super().__init__(store, began or staking_genesis(**staking), REGISTRY)
        self.keys += DELEGATORS

    def code(self, key: SigningKey, *operation: Any, time: int | None = None) -> str:
        """What becomes of one operation."""
        (code,) = self.codes(self.signed(key, list(operation)), time=time)
        return code

    def account(self, key: bytes) -> Account:
        return read_account(self.chain.state.get, key) or Account()

    def locked(self, key: SigningKey) -> int:
        """What the account of a validator's pool holds of stake."""
        return self.account(pool_account(key.public)).stake

    @property
    def weights(self) -> dict[bytes, int]:
        """Who votes on the next block, with what weight."""
        assert self.chain.validator_set is not None
        return dict(self.chain.validator_set.weights)

    @property
    def supply(self) -> int:
        return read_supply(self.chain.state.get)

    @property
    def whole(self) -> int:
        """Everything that accounts have."""
        with self.chain.state.at() as view:
            accounts = [Account.decode(value) for _, value in view.scan(ACCOUNT_PREFIX)]
        return sum(each.balance + each.stake for each in accounts)

    def end_epoch_at(self, time: int) -> None:
        """Blocks of links until one has ended the epoch; that one is of ``time``."""
        while not self.is_last:
            self.grow()
        self.block(self.link(), time=time)
        assert self.chain.tip.ends_epoch

    @property
    def is_last(self) -> bool:
        """Whether the next block is the last one of its epoch by its number."""
        return self.chain.height % 3 == 2
