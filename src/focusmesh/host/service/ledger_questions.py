"""Questions of a ledger alone: its blocks, accounts and contents, what proves them, and the way in for signals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import msgspec

from focusmesh.host.service.questions.fields import (
    FREE,
    NOT_SERVED,
    NOWHERE,
    TOP,
    UNBOUNDED,
    ArgumentSeeds,
    At,
    Beta,
    BlockHeight,
    Count,
    Cursor,
    Effort,
    HexDigest,
    Limit,
    On,
    Particles,
    ParticleText,
    Relation,
    Top,
    cli_form,
    meaning,
)
from focusmesh.host.service.questions.live import Asked
from focusmesh.host.service.records.records import (
    Account,
    Block,
    BlockPage,
    PlacedSignal,
    ProofAnswer,
    Weight,
)

if TYPE_CHECKING:
    from focusmesh.host.service.ledger import LedgerSource
    from focusmesh.kernel.receipts import Receipt

AtBlock = Annotated[
    At,
    msgspec.Meta(
        extra={
            "cli": cli_form(
                "--at HEIGHT", {"ge": 0}, description="Answer for this block (the last one)."
            )
        }
    ),
]
Wait = Annotated[
    Annotated[float, msgspec.Meta(ge=0.0, le=3_600.0)],
    meaning(
        "Seconds to wait for the signal's block.",
        graphql=NOWHERE,
        grpc=On(
            "wait_seconds",
            bounds=FREE,
            description="Wait for its block, at most so long; 0 by default.",
        ),
    ),
]
Neuron = Annotated[
    HexDigest,
    meaning(
        "A public key, in hexadecimal.",
        cli_form("KEY", description="A key of this machine, or a public key."),
    ),
]
_PARTICLE = "A particle: text, or a CID."


class ListBlocks(Asked, frozen=True, kw_only=True, tag="blocks"):
    """Blocks, newest first. Pages go on below what was listed, whatever came since."""

    answers: ClassVar[Any] = BlockPage
    limit: Limit = 20
    cursor: Cursor = None

    def ask(self, ledger: LedgerSource) -> BlockPage:
        """See ``LedgerSource.blocks``."""
        return ledger.blocks(self.limit, self.cursor)


class GetBlock(Asked, frozen=True, kw_only=True, tag="block"):
    """One block: its header, the proposer's signature, what became of its signals."""

    answers: ClassVar[Any] = Block
    height: BlockHeight

    def ask(self, ledger: LedgerSource) -> Block:
        """See ``LedgerSource.block``."""
        return ledger.block(self.height)


class GetSignal(Asked, frozen=True, kw_only=True, tag="signal"):
    """Where a signal stands: 200 in a block, 202 while it waits, 422 with the code it was refused with."""

    answers: ClassVar[Any] = PlacedSignal
    id: Annotated[
        HexDigest,
        meaning(
            "The id of a signal, in hexadecimal.",
            http=On("signal"),
            **dict.fromkeys(("graphql", "grpc"), UNBOUNDED),
        ),
    ]
    wait: Wait = 0.0

    def ask(self, ledger: LedgerSource) -> PlacedSignal:
        """See ``Signals.placement``: whoever waits asks again."""
        return ledger.signals.placement(self.id)


class PostSignal(Asked, frozen=True, kw_only=True, tag="post_signal"):
    """Leaves a signed signal, as a packet, for the node. Posting it again does no harm.

    200 where it is in a block, within `wait` seconds. 202 while it waits: it is on the disk then, and `promise` is the
    node's signed word for a block. 400, 409, 422 with the code it is refused with; 429 where too much waits already.
    """

    answers: ClassVar[Any] = PlacedSignal
    packet: Annotated[
        # Over HTTP it is the body.
        bytes,
        meaning("dag-cbor of [signal, [content, …]].", http=NOWHERE),
    ]
    wait: Wait = 0.0


class GetAccount(Asked, frozen=True, kw_only=True, tag="account"):
    """What a neuron owns, has staked and locked in links; the nonce of its next signal."""

    answers: ClassVar[Any] = Account
    neuron: Neuron
    at: AtBlock = None

    def ask(self, ledger: LedgerSource) -> Account:
        """See ``LedgerSource.account``."""
        return ledger.account(self.neuron, self.at)


class GetWeight(Asked, frozen=True, kw_only=True, tag="weight"):
    """By what weight a neuron's signals wait where room is short, and how much of the room is used."""

    answers: ClassVar[Any] = Weight
    neuron: Neuron

    def ask(self, ledger: LedgerSource) -> Weight:
        """See ``LedgerSource.weight``."""
        return ledger.weight(self.neuron)


class GetProof(Asked, frozen=True, kw_only=True, tag="proof"):
    """The ICS-23 proof that a key of the state has a value, or has none."""

    answers: ClassVar[Any] = ProofAnswer
    key: Annotated[
        Annotated[bytes, msgspec.Meta(min_length=1, max_length=1_024)],
        meaning("A key of the state, in hexadecimal.", grpc=On(description="A key of the state.")),
    ]
    at: At = None

    def ask(self, ledger: LedgerSource) -> ProofAnswer:
        """See ``LedgerSource.proof``."""
        return ledger.proof(self.key.hex(), self.at)


class GetContent(Asked, frozen=True, kw_only=True, tag="content"):
    """The content of a particle, byte for byte."""

    answers: ClassVar[Any] = bytes
    particle: ParticleText

    def ask(self, ledger: LedgerSource) -> bytes:
        """See ``LedgerSource.content``."""
        return ledger.content(self.particle)


class ProveRank(Asked, frozen=True, kw_only=True, tag="rank_receipt"):
    """A receipt of the first `top` particles, or of the scores of some; `focusmesh verify` checks it."""

    answers: ClassVar[Any] = dict[str, Any]
    top: Annotated[
        Count | None,
        meaning(
            "The first so many of the focus.",
            TOP._replace(default=10, description="How many are listed."),
        ),
    ] = None
    particles: Annotated[Particles, msgspec.Meta(extra={"graphql": On(kind="text")})] = ()
    at: AtBlock = None

    def ask(self, ledger: LedgerSource) -> Receipt:
        """See ``LedgerSource.rank_receipt``."""
        return ledger.rank_receipt(top=self.top, particles=[*map(str, self.particles)], at=self.at)


class ProveLink(Asked, frozen=True, kw_only=True, tag="link_receipt"):
    """A receipt of the axon between two particles, or of the link that a neuron made: there, or not."""

    answers: ClassVar[Any] = dict[str, Any]
    source: Annotated[
        ParticleText, msgspec.Meta(extra={"cli": cli_form("SOURCE", description=_PARTICLE)})
    ]
    target: Annotated[
        ParticleText, msgspec.Meta(extra={"cli": cli_form("TARGET", description=_PARTICLE)})
    ]
    relation: Relation = None
    neuron: Annotated[
        Neuron | None,
        meaning(
            "Only the link of this public key.",
            cli_form(
                "--author KEY",
                name="author",
                description="Only the link of this key, or public key.",
            ),
        ),
    ] = None
    at: AtBlock = None

    def ask(self, ledger: LedgerSource) -> Receipt:
        """See ``LedgerSource.link_receipt``."""
        return ledger.link_receipt(
            self.source, self.target, relation=self.relation, neuron=self.neuron, at=self.at
        )


class ProveContext(Asked, frozen=True, kw_only=True, tag="context_receipt"):
    """A receipt of what matters from the seeds, as far as the rows that travel in it prove."""

    answers: ClassVar[Any] = dict[str, Any]
    seeds: Annotated[ArgumentSeeds, msgspec.Meta(extra={"graphql": On(kind="text")})]
    top: Annotated[Top, msgspec.Meta(extra={"cli": TOP._replace(default=10)})] = 20
    beta: Beta = 0.5
    # A receipt has what its rows prove; without one, a context of the whole ledger is worked out.
    effort: Annotated[Effort, msgspec.Meta(extra=NOT_SERVED)] = "balanced"
    at: AtBlock = None

    def ask(self, ledger: LedgerSource) -> Receipt:
        """See ``LedgerSource.context_receipt``."""
        return ledger.context_receipt([*map(str, self.seeds)], self.top, beta=self.beta, at=self.at)


LEDGER_QUESTIONS: dict[str, type[Asked]] = {
    each.name(): each
    for each in (
        *(ListBlocks, GetBlock, GetAccount, GetProof, GetContent),
        *(ProveRank, ProveLink, ProveContext, PostSignal, GetSignal, GetWeight),
    )
}
"""All of them by name. A face looks its record up here whenever it makes its own way of asking.

gRPC calls a method as its record."""
