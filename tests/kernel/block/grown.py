"""A ledger of one key that grows into a network of four validators, and goes back: one chain through both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.apps.bank import BANK_OPERATIONS
from focusmesh.apps.changes import CHANGE_OPERATIONS, ProposeAnyChange, ShowStatement
from focusmesh.apps.validators import VALIDATOR_OPERATIONS
from focusmesh.kernel.block import Candidates, Chain, Genesis, Grant
from focusmesh.kernel.runtime import KERNEL_OPERATIONS, PROGRAM_OPERATIONS, Registry
from focusmesh.kernel.state import (
    Agreement,
    Bonded,
    ChangeRules,
    FeeRules,
    MemoryStore,
    OrderRules,
    Parameters,
    SoloKeys,
    StakingRules,
    agreement_bytes,
)
from focusmesh.protocol.codec import encode
from tests.kernel.block import ledger
from tests.kernel.block.changing import ChangingVoted
from tests.kernel.block.ledger import KEYS, PROPOSER
from tests.kernel.block.voted import BALANCE, BOND, STAKE, VALIDATORS

if TYPE_CHECKING:
    from focusmesh.kernel.block import Block
    from focusmesh.kernel.state import Store

REGISTRY = Registry(
    (
        *KERNEL_OPERATIONS,
        *PROGRAM_OPERATIONS,
        *BANK_OPERATIONS,
        *VALIDATOR_OPERATIONS,
        *CHANGE_OPERATIONS,
        ProposeAnyChange,
        ShowStatement,
    ),
    (ledger.REGISTRY,),
)
UNBONDING_MS, TRUSTING_MS = 1_000, 500


def validators(kind: str = "quorum", bond: int = BOND, **terms: Any) -> bytes:
    """What a proposal names: four validators, epochs of three blocks."""
    chosen: dict[str, Any] = {
        "epoch_blocks": 3,
        "unbonding_ms": UNBONDING_MS,
        "trusting_ms": TRUSTING_MS,
        "voters": tuple(Bonded(key.public, bond) for key in VALIDATORS),
    } | terms
    return agreement_bytes(Agreement(kind=kind, **chosen))


def back(*keys: bytes) -> bytes:
    """What a proposal names: one key makes the blocks again, by default that of the beginning."""
    return agreement_bytes(SoloKeys(proposers=keys or (PROPOSER.public,)))


def proposal(agreement: bytes, from_epoch: int, *changes: tuple[str, Any]) -> list[Any]:
    """The operation that proposes it, with other changes beside."""
    listed = encode([list(each) for each in changes]) if changes else b""
    return ["propose_change/2", listed, b"", "", "", from_epoch, agreement]


def solo_genesis(**parameters: Any) -> Genesis:
    """One key makes the blocks; four neurons own the same."""
    rules = ChangeRules(heartbeat_ms=5, epoch_ms=10_000, change_deposit=100)
    chosen = Parameters(
        **{
            "version": 6,
            "changes": rules,
            "fees": FeeRules(),
            "staking": StakingRules(),
            "order": OrderRules(),
            "proposers": (PROPOSER.public,),
            **parameters,
        }
    )
    grants = tuple(Grant(public, BALANCE, STAKE) for public in sorted(key.public for key in KEYS))
    return Genesis(
        name="grown", time=1_000, parameters=chosen, grants=grants, operations=REGISTRY.digest
    )


class Grown(ChangingVoted):
    """A node of the ledger; ``block`` makes the next one by whoever decides it now."""

    def __init__(
        self,
        store: Store | None = None,
        began: Genesis | None = None,
        registry: Registry = REGISTRY,
    ) -> None:
        self.registry = registry
        self.store = MemoryStore() if store is None else store
        self.genesis = solo_genesis() if began is None else began
        self.nonces = dict.fromkeys([key.public for key in KEYS], 0)
        self.keys = list(KEYS)
        self.solo = Chain.create(self.store, self.genesis, registry)
        self.candidates = Candidates(self.store, registry)

    @property
    def is_voted(self) -> bool:
        return self.chain.parameters.agreement is not None

    def block(self, *signals: Any, time: int | None = None) -> dict[bytes, Any]:
        if self.is_voted:
            results = super().block(*signals, time=time)
            self.solo = Chain(self.store, self.registry)
            return results
        at = self.chain.tip.time + 1 if time is None else time
        made = self.solo.propose(signals, at, PROPOSER, whole=True)
        assert not made.refused, made.refused
        self.candidates = Candidates(self.store, self.registry)
        return made.results

    def grow(self, count: int = 1) -> None:
        for _ in range(count):
            self.block(self.link(VALIDATORS[self.chain.height % 4]))

    def hand_over(self, agreement: bytes, *changes: tuple[str, Any], wait: int = 1) -> str:
        """What the proposal of the key that makes the blocks comes to; its own vote makes it law."""
        named = proposal(agreement, self.chain.epoch + wait, *changes)
        (code,) = self.codes(self.signed(PROPOSER, named))
        return code

    def hand_back(self, agreement: bytes, votes: int = 4) -> Block:
        """Validators vote for it, so many of them, and end the epoch: its last block."""
        named = proposal(agreement, self.chain.epoch + 1)
        assert self.codes(self.signed(VALIDATORS[0], named)) == ["ok"]
        change = next(value for _, value in self.chain.state.scan(b"/kv/change/of/"))
        others = VALIDATORS[1:votes]
        assert self.codes(*(self.vote(key, change) for key in others)) == ["ok"] * len(others)
        while not self.chain.tip.ends_epoch:
            self.grow()
        return self.chain.block(self.chain.height)
