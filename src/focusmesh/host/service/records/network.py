"""What answers say of a network: headers as light clients take them, who decides, who is connected."""

from __future__ import annotations

from typing import Any

from focusmesh.host.service.records.records import Answer, Record


class HeaderRow(Record, frozen=True, kw_only=True):
    """A header as it travels, all of it in hexadecimal: its bytes, its proposer's signature, and two that may be empty.

    ``rotation`` shows who makes it final, where those are others than of the block before; ``decision`` that it is:
    where it is empty, a later one covers it. ``parameters`` proves those that hold from this block on, where they
    changed with it.
    """

    height: int
    id: str
    header: str
    proof: str
    rotation: str
    decision: str
    parameters: str = ""


class HeaderPage(Record, frozen=True, kw_only=True):
    """Headers one after the other; ``tip`` is the height of the last block that there is."""

    tip: int
    items: list[HeaderRow]


class GenesisAnswer(Record, frozen=True, kw_only=True):
    """What a network began with: its id is the digest of ``genesis``; headers have the digest of ``parameters``."""

    network: str
    name: str
    genesis: str
    parameters: str


class Voter(Record, frozen=True, kw_only=True):
    """A key and what its vote weighs."""

    key: str
    weight: int


class ElectorateAnswer(Record, frozen=True, kw_only=True):
    """Who makes the block at a height final; ``voters`` are the bytes that the header before commits to.

    ``quorum`` is the least weight that does. In solo networks: the keys that may propose, whose weight is 1.
    """

    height: int
    kind: str
    epoch: int
    voters: str
    total: int
    quorum: int
    items: list[Voter]


class DecisionRow(Record, frozen=True, kw_only=True):
    """What made a block final: in which round, by whose votes. ``weight`` is what those weigh of ``total``."""

    height: int
    id: str
    time: int
    epoch: int
    round: int
    voters: list[str]
    weight: int
    total: int


class DecisionPage(Answer, frozen=True, kw_only=True):
    """Decisions, newest first; blocks that a later one covers have none."""

    items: list[DecisionRow]
    cursor: str | None = None


class UnbondingRow(Record, frozen=True, kw_only=True):
    """Stake on its way back: it can be withdrawn at ``until`` (ms since 1970), 0 while its epoch lasts."""

    amount: int
    until: int


class ValidatorRow(Record, frozen=True, kw_only=True):
    """A neuron with a bond. ``key`` signs for it now; ``weight`` is that of its vote in this epoch, ``share`` of all.

    ``voted`` counts the decisions it signed of the last ones that were looked at. Who is ``jailed`` is not elected:
    until its ``unjail/1`` from ``jailed_until`` on (ms since 1970), or for ever where it is ``tombstoned``. ``seen``:
    when it was last seen at work (ms since 1970), 0 where that is not noted. ``delegated`` votes with the bond, of
    which the bond is ``own_share``; of a thousand base units of rewards it keeps ``commission`` before its delegators
    have theirs.
    """

    neuron: str
    key: str
    bond: int
    delegated: int
    own_share: float
    commission: int
    weight: int
    share: float
    jailed: bool
    unbonding: list[UnbondingRow]
    voted: int
    jailed_until: int = 0
    tombstoned: bool = False
    seen: int = 0


class ValidatorsAnswer(Answer, frozen=True, kw_only=True):
    """Who decides, heaviest first; ``decisions`` is how many decisions were looked at for ``voted``."""

    kind: str
    epoch: int
    total: int
    quorum: int
    decisions: int
    items: list[ValidatorRow]


class PeerRow(Record, frozen=True, kw_only=True):
    """A node that is connected, as it says."""

    key: str
    address: str
    height: int


class PeersAnswer(Record, frozen=True, kw_only=True):
    """The node that runs on the ledger: ``running`` is false, and all else empty, where none does.

    ``trouble`` is what keeps it from going on; ``said`` is all that it says of itself.
    """

    running: bool
    key: str
    address: str
    height: int
    trouble: str
    items: list[PeerRow]
    said: dict[str, Any]


class FinalityAnswer(Answer, frozen=True, kw_only=True):
    """How a network stands. ``time`` is that of the last block; ``round`` the one it was decided in.

    ``epoch_end`` is the last height of this epoch, where time does not end it before; ``present`` are the voters that
    the node of this ledger hears, None where none runs here.
    """

    kind: str
    id: str
    time: int
    epoch: int
    epoch_end: int
    round: int
    voters: int
    total: int
    quorum: int
    trusting_ms: int
    unbonding_ms: int
    present: int | None = None
    trouble: str = ""


class FraudRow(Record, frozen=True, kw_only=True):
    """A proof that the block with this id is wrong, and how many bytes it has."""

    block: str
    bytes: int


class FraudPage(Record, frozen=True, kw_only=True):
    """The proofs that this node keeps."""

    items: list[FraudRow]
