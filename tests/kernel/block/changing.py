"""Networks that change: small ledgers of one key, and of validators, whose rules are voted on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.apps.bank import BANK_OPERATIONS
from focusmesh.apps.changes import CHANGE_OPERATIONS
from focusmesh.apps.validators import VALIDATOR_OPERATIONS
from focusmesh.kernel.block import Candidates, Chain, Genesis, Grant
from focusmesh.kernel.runtime import KERNEL_OPERATIONS, PROGRAM_OPERATIONS, Operation, Registry
from focusmesh.kernel.state import Agreement, Bonded, ChangeRules, MemoryStore, Parameters
from focusmesh.protocol.codec import encode
from tests.kernel.block import ledger, voted
from tests.kernel.block.ledger import KEYS, PROPOSER, Ledger
from tests.kernel.block.voted import BALANCE, BOND, STAKE, VALIDATORS, Voted, decided

if TYPE_CHECKING:
    from focusmesh.kernel.block import Block, Header
    from focusmesh.kernel.state import Store
    from focusmesh.protocol.identity import SigningKey

OPERATIONS: tuple[type[Operation], ...] = (
    *KERNEL_OPERATIONS,
    *PROGRAM_OPERATIONS,
    *BANK_OPERATIONS,
    *VALIDATOR_OPERATIONS,
    *CHANGE_OPERATIONS,
)
REGISTRY = Registry(OPERATIONS, (ledger.REGISTRY, voted.REGISTRY))
RELEASE = "9.9"


def proposal(
    *changes: tuple[str, Any],
    from_epoch: int = 2,
    operations: bytes = b"",
    release: str = "",
    migrations: str = "",
) -> list[Any]:
    """The operation that proposes these changes."""
    listed = encode([list(each) for each in changes]) if changes else b""
    return ["propose_change/1", listed, operations, release, migrations, from_epoch]


class Solo(Ledger):
    """A ledger of one key that can change; its epochs are a day of the clock that the test sets."""

    def __init__(
        self,
        store: Store | None = None,
        registry: Registry = REGISTRY,
        rules: ChangeRules | None = None,
        began: Genesis | None = None,
        **parameters: Any,
    ) -> None:
        self.registry = registry
        self.store = MemoryStore() if store is None else store
        if began is None:
            parameters = {"version": 5, "changes": rules or ChangeRules(), **parameters}
            chosen = Parameters(proposers=(PROPOSER.public,), **parameters)
            grants = tuple(
                Grant(public, ledger.BALANCE, ledger.STAKE)
                for public in sorted(key.public for key in KEYS)
            )
            began = Genesis(
                name="changing",
                time=1_000,
                parameters=chosen,
                grants=grants,
                operations=registry.digest,
            )
        self.chain = Chain.create(self.store, began, registry)
        self.nonces = dict.fromkeys(KEYS, 0)

    def follower(self, registry: Registry | None = None) -> Chain:
        """Another node's chain of the same network, with block 0 alone."""
        return Chain.create(MemoryStore(), self.chain.genesis, registry or self.registry)

    def results(self, *signals: Any, time: int | None = None) -> list[str]:
        """The codes of a block of these signals."""
        at = self.chain.tip.time + 1 if time is None else time
        made = self.chain.propose(signals, at, PROPOSER)
        assert not made.refused, made.refused
        return [made.results[signed.id].code for signed in signals]

    def change(self, *changes: tuple[str, Any], **fields: Any) -> str:
        """What a block with a proposal of the proposer comes to."""
        fields = {"from_epoch": self.chain.epoch + 1, **fields}
        (code,) = self.results(self.signed(PROPOSER, proposal(*changes, **fields)))
        return code


def copies(chain: Chain, other: Chain, last: int | None = None) -> None:
    """Another node takes the blocks that it does not have, up to ``last``."""
    for height in range(other.height + 1, (chain.height if last is None else last) + 1):
        other.accept(chain.block(height))


def changing_genesis(
    rules: ChangeRules | None = None, registry: Registry = REGISTRY, **agreement: Any
) -> Genesis:
    """Four validators with the same bonds and rules that change, by default with epochs of three blocks."""
    terms: dict[str, Any] = {"epoch_blocks": 3, "unbonding_ms": 1_000, "trusting_ms": 500}
    bonded = {"voters": tuple(Bonded(key.public, BOND) for key in VALIDATORS)}
    parameters = Parameters(
        version=5,
        agreement=Agreement(**terms | bonded | agreement),
        changes=rules or ChangeRules(heartbeat_ms=5, epoch_ms=10_000, change_deposit=100),
    )
    grants = tuple(Grant(key.public, BALANCE, STAKE) for key in VALIDATORS)
    return Genesis(
        name="voted", time=1_000, parameters=parameters, grants=grants, operations=registry.digest
    )


class ChangingVoted(Voted):
    """A node of such a network."""

    def __init__(
        self,
        store: Store | None = None,
        began: Genesis | None = None,
        registry: Registry = REGISTRY,
    ) -> None:
        self.store = MemoryStore() if store is None else store
        self.genesis = changing_genesis() if began is None else began
        Chain.create(self.store, self.genesis, registry)
        self.candidates = Candidates(self.store, registry)
        self.nonces = dict.fromkeys([key.public for key in KEYS], 0)
        self.keys = list(KEYS)

    def decision(self, header: Header) -> bytes:
        """The decision of all validators for a block."""
        validators = [key for key in self.keys if key.public in self.chain.proposers]
        return decided(header, self.chain.epoch, validators)

    def copies(self, other: ChangingVoted) -> None:
        """Another node takes the decided blocks that it does not have."""
        for height in range(other.chain.height + 1, self.chain.height + 1):
            block = self.chain.block(height)
            other.candidates.take([(block, None)], self.chain.decision_of(height))

    def codes(self, *signals: Any, time: int | None = None) -> list[str]:
        """The codes of a decided block of these signals."""
        results = self.block(*signals, time=time)
        return [results[signed.id].code for signed in signals]

    def end_epoch(self) -> Block:
        """Blocks of links until one has ended the epoch: that one."""
        while True:
            self.grow()
            if self.chain.tip.ends_epoch:
                return self.chain.block(self.chain.height)

    def vote(self, key: SigningKey, change: bytes, *, approves: bool = True) -> Any:
        """A signal that votes."""
        return self.signed(key, ["vote_change/1", change, approves])
