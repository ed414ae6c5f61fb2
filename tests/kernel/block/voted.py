"""Networks whose validators decide: a genesis, and decisions that are signed by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.apps.bank import BANK_OPERATIONS
from focusmesh.apps.validators import VALIDATOR_OPERATIONS
from focusmesh.kernel.block import Candidates, Chain, Genesis, Grant, epoch_of
from focusmesh.kernel.consensus import Ballot, Certificate, Decision, Proposal, Vote, VoteSlots
from focusmesh.kernel.runtime import KERNEL_OPERATIONS, Registry
from focusmesh.kernel.state import Agreement, Bonded, MemoryStore, Parameters
from focusmesh.protocol.signal import Signal, SignedSignal, parse, sign
from tests.kernel.block.ledger import KEYS, particle

if TYPE_CHECKING:
    from collections.abc import Iterable

    from focusmesh.kernel.block import Block, Header
    from focusmesh.kernel.state import Store
    from focusmesh.protocol.identity import SigningKey

REGISTRY = Registry((*KERNEL_OPERATIONS, *BANK_OPERATIONS, *VALIDATOR_OPERATIONS))
VALIDATORS = sorted(KEYS, key=lambda key: key.public)
BOND, STAKE, BALANCE = 1_000, 1_000_000, 10_000


def agreed(**agreement: Any) -> Genesis:
    """A network of four validators with the same bonds, by default with epochs of three blocks."""
    terms: dict[str, Any] = {
        "epoch_blocks": 3,
        "unbonding_ms": 1_000,
        "trusting_ms": 500,
    } | agreement
    terms = {"voters": tuple(Bonded(key.public, BOND) for key in VALIDATORS)} | terms
    parameters = Parameters(version=4, agreement=Agreement(**terms))
    grants = tuple(Grant(key.public, BALANCE, STAKE) for key in VALIDATORS)
    return Genesis(
        name="voted", time=1_000, parameters=parameters, grants=grants, operations=REGISTRY.digest
    )


def decided(
    header: Header,
    epoch: int,
    validators: Iterable[SigningKey] = VALIDATORS,
    round_: int | None = None,
) -> bytes:
    """A decision for a block, with the votes of all of ``validators``."""
    number = header.height if round_ is None else round_
    nothing = bytes(32)
    proposal = Proposal(epoch, number, header.height, nothing, header.id, nothing)
    slots = VoteSlots.of(header.engine, header.network, epoch, header.height)
    ballot = Ballot(slots.end(number), proposal.digest(header.network))
    votes = sorted((Vote.sign(ballot, key) for key in validators), key=lambda vote: vote.signer)
    pairs = tuple((vote.signer, vote.signature) for vote in votes)
    return Decision(proposal, Certificate(ballot, pairs)).to_bytes()


class Voted:
    """A node of such a network, and what its neurons sign next."""

    def __init__(self, store: Store | None = None, began: Genesis | None = None) -> None:
        self.store = MemoryStore() if store is None else store
        self.genesis = agreed() if began is None else began
        Chain.create(self.store, self.genesis, REGISTRY)
        self.candidates = Candidates(self.store, REGISTRY)
        self.nonces = dict.fromkeys([key.public for key in KEYS], 0)
        self.keys = list(KEYS)
        """Whose votes can be had."""

    @property
    def chain(self) -> Chain:
        """What is decided."""
        return self.candidates.decided

    def signed(self, key: SigningKey, *operations: list[Any]) -> SignedSignal:
        """A signal with the neuron's next nonce."""
        nonce = self.nonces.get(key.public, 0)
        self.nonces[key.public] = nonce + 1
        fields: dict[str, Any] = {
            "network": self.chain.network,
            "neuron": key.public,
            "nonce": nonce,
            "expires_height": 1_000,
            "operations": list(operations),
        }
        return parse(sign(Signal(**fields), key))

    def link(self, key: SigningKey = KEYS[0]) -> SignedSignal:
        """A signal of one link."""
        nonce = self.nonces[key.public]
        return self.signed(key, ["link/1", particle(nonce), particle("to"), b"", 5])

    def made(self, *signals: SignedSignal, time: int | None = None) -> Block:
        """The next block after the decided ones, undecided."""
        final = self.candidates.final
        at = final.time + 1 if time is None else time
        key = next(key for key in self.keys if key.public in self.chain.proposers)
        block = self.candidates.make(final.id, signals, at, key).block
        assert block is not None
        return block

    def decision(self, header: Header) -> bytes:
        """The decision of all validators for a block."""
        validators = [key for key in self.keys if key.public in self.chain.proposers]
        return decided(header, epoch_of(header.height, self.genesis.parameters), validators)

    def grow(self, count: int = 1) -> None:
        """So many more blocks, each of a link, each decided."""
        for _ in range(count):
            block = self.made(self.link())
            self.candidates.decide(block.id, self.decision(block.header))

    def block(self, *signals: SignedSignal, time: int | None = None) -> dict[bytes, Any]:
        """A decided block of these signals; their results."""
        final = self.candidates.final
        at = final.time + 1 if time is None else time
        key = next(key for key in self.keys if key.public in self.chain.proposers)
        made = self.candidates.make(final.id, signals, at, key)
        assert not made.refused, made.refused
        assert made.block is not None
        self.candidates.decide(made.block.id, self.decision(made.block.header))
        return made.results
