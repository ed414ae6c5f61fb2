"""Questions of a ledger's network: what light clients follow it by, who decides, how it stands, what it shares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import msgspec

from focusmesh.host.service.networks import HEADERS_MAX
from focusmesh.host.service.questions.fields import (
    At,
    BlockHeight,
    Cursor,
    Height,
    HexDigest,
    Limit,
    On,
    meaning,
)
from focusmesh.host.service.questions.live import Asked
from focusmesh.host.service.records.network import (
    DecisionPage,
    ElectorateAnswer,
    FinalityAnswer,
    FraudPage,
    GenesisAnswer,
    HeaderPage,
    HeaderRow,
    PeersAnswer,
    ValidatorsAnswer,
)
from focusmesh.host.service.records.records import (
    NamespaceShares,
    SharedLine,
    SharedShare,
    SnapshotTold,
    SquareRoots,
)

if TYPE_CHECKING:
    from focusmesh.host.service.ledger import LedgerSource

Place = Annotated[
    Annotated[int, msgspec.Meta(ge=0, le=255)],
    meaning("Row or column of a doubled square, from 0."),
]
Axis = Annotated[
    Literal["row", "column"], meaning("Whose tree a share is proved by, whose shares a line has.")
]


class ListHeaders(Asked, frozen=True, kw_only=True, tag="headers"):
    """Headers as they travel, one after the other, with what makes them final: light clients check them."""

    answers: ClassVar[Any] = HeaderPage
    first: Annotated[Height, meaning("Height of the first one.", http=On("from"))] = 0
    limit: Annotated[
        Annotated[int, msgspec.Meta(ge=1, le=HEADERS_MAX)], meaning("How many at most.")
    ] = 100

    def ask(self, ledger: LedgerSource) -> HeaderPage:
        """See ``Networks.headers``."""
        return ledger.networks.headers(self.first, self.limit)


class GetHeader(Asked, frozen=True, kw_only=True, tag="header"):
    """One header as it travels."""

    answers: ClassVar[Any] = HeaderRow
    height: BlockHeight

    def ask(self, ledger: LedgerSource) -> HeaderRow:
        """See ``Networks.header``."""
        return ledger.networks.header(self.height)


class GetGenesis(Asked, frozen=True, kw_only=True, tag="genesis"):
    """What the network began with: its id is the digest of that."""

    answers: ClassVar[Any] = GenesisAnswer

    def ask(self, ledger: LedgerSource) -> GenesisAnswer:
        """See ``Networks.genesis``."""
        return ledger.networks.genesis()


class GetValidatorSet(Asked, frozen=True, kw_only=True, tag="electorate"):
    """Who makes the block at this height final: keys and weights, as the header before commits to them."""

    answers: ClassVar[Any] = ElectorateAnswer
    height: BlockHeight

    def ask(self, ledger: LedgerSource) -> ElectorateAnswer:
        """See ``Networks.validator_set``."""
        return ledger.networks.validator_set(self.height)


class ListDecisions(Asked, frozen=True, kw_only=True, tag="decisions"):
    """What made the last blocks final, newest first: rounds, and whose votes."""

    answers: ClassVar[Any] = DecisionPage
    limit: Limit = 20
    cursor: Cursor = None

    def ask(self, ledger: LedgerSource) -> DecisionPage:
        """See ``Networks.decisions``."""
        return ledger.networks.decisions(self.limit, self.cursor)


class GetValidators(Asked, frozen=True, kw_only=True, tag="validators"):
    """Who has a bond, what each vote weighs, what is on its way back, who voted lately."""

    answers: ClassVar[Any] = ValidatorsAnswer

    def ask(self, ledger: LedgerSource) -> ValidatorsAnswer:
        """See ``Networks.validators``."""
        return ledger.networks.validators()


class GetPeers(Asked, frozen=True, kw_only=True, tag="peers"):
    """The node that runs on this ledger, and who is connected to it."""

    answers: ClassVar[Any] = PeersAnswer

    def ask(self, ledger: LedgerSource) -> PeersAnswer:
        """See ``Networks.peers``."""
        return ledger.networks.peers()


class GetFinality(Asked, frozen=True, kw_only=True, tag="finality"):
    """How the network stands: the last decided block, its epoch and round, who decides."""

    answers: ClassVar[Any] = FinalityAnswer

    def ask(self, ledger: LedgerSource) -> FinalityAnswer:
        """See ``Networks.finality``."""
        return ledger.networks.finality()


class ListFrauds(Asked, frozen=True, kw_only=True, tag="frauds"):
    """Proofs that blocks are wrong, as far as this node has any."""

    answers: ClassVar[Any] = FraudPage

    def ask(self, ledger: LedgerSource) -> FraudPage:
        """See ``Networks.frauds``."""
        return ledger.networks.frauds()


class GetFraud(Asked, frozen=True, kw_only=True, tag="fraud"):
    """Such a proof, byte for byte; `focusmesh fraud verify` checks it."""

    answers: ClassVar[Any] = bytes
    block: Annotated[HexDigest, meaning("The id of a block, in hexadecimal.")]

    def ask(self, ledger: LedgerSource) -> bytes:
        """See ``Networks.fraud``."""
        return ledger.networks.fraud(self.block)


class GetSquare(Asked, frozen=True, kw_only=True, tag="square"):
    """The roots of the block's square, with its header: what samples are checked against."""

    answers: ClassVar[Any] = SquareRoots
    height: BlockHeight

    def ask(self, ledger: LedgerSource) -> SquareRoots:
        """See ``Squares.roots``."""
        return ledger.squares.roots(self.height)


class GetShare(Asked, frozen=True, kw_only=True, tag="share"):
    """One share of the block's square, with its way to the root of its row or column."""

    answers: ClassVar[Any] = SharedShare
    height: BlockHeight
    row: Place
    column: Place
    axis: Axis = "row"

    def ask(self, ledger: LedgerSource) -> SharedShare:
        """See ``Squares.share``."""
        return ledger.squares.share(self.height, self.row, self.column, self.axis)


class GetLine(Asked, frozen=True, kw_only=True, tag="line"):
    """A whole row or column of the square: whoever has all of its shares works out its root from them."""

    answers: ClassVar[Any] = SharedLine
    height: BlockHeight
    line: Place
    axis: Axis = "row"

    def ask(self, ledger: LedgerSource) -> SharedLine:
        """See ``Squares.line``."""
        return ledger.squares.line(self.height, self.line, self.axis)


class GetNamespace(Asked, frozen=True, kw_only=True, tag="namespace"):
    """All shares of a namespace (`signals`, `focus`, `padding`), proved to be all."""

    answers: ClassVar[Any] = NamespaceShares
    height: BlockHeight
    namespace: Annotated[
        Annotated[str, msgspec.Meta(pattern="^(signals|focus|padding)$")],
        meaning("Name of a namespace.", http=On("name")),
    ]

    def ask(self, ledger: LedgerSource) -> NamespaceShares:
        """See ``Squares.namespace``."""
        return ledger.squares.namespace(self.height, self.namespace)


class GetSnapshot(Asked, frozen=True, kw_only=True, tag="snapshot"):
    """The manifest of a snapshot of the state: of the last block that has a focus of its own, or of `at`."""

    answers: ClassVar[Any] = SnapshotTold
    at: At = None

    def ask(self, ledger: LedgerSource) -> SnapshotTold:
        """See ``SharedSnapshots.describe``."""
        return ledger.snapshots.describe(self.at)


class GetSnapshotPage(Asked, frozen=True, kw_only=True, tag="snapshot_page"):
    """A page of the snapshot of the state after a block: particles, values, leaves, links, contents."""

    answers: ClassVar[Any] = bytes
    height: BlockHeight
    page: Annotated[
        Annotated[int, msgspec.Meta(ge=0, le=2**31)],
        meaning("Number of a page of the snapshot, from 0."),
    ]

    def ask(self, ledger: LedgerSource) -> bytes:
        """See ``SharedSnapshots.page``."""
        return ledger.snapshots.page(self.height, self.page)


NETWORK_QUESTIONS: dict[str, type[Asked]] = {
    each.name(): each
    for each in (
        *(ListHeaders, GetHeader, GetGenesis, GetValidatorSet, ListDecisions),
        *(GetValidators, GetPeers, GetFinality, ListFrauds, GetFraud),
        *(GetSquare, GetShare, GetLine, GetNamespace, GetSnapshot, GetSnapshotPage),
    )
}
"""All of them by name."""
