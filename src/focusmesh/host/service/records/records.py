"""What answers are made of, the same for every protocol. Field names are those of the command line's JSON.

A particle's name is text, or a whole number where the data has numbers; a digest that has no text is its CID. Scores
are shares of 1; ``bound`` holds for all scores of an answer together in L1. Digests and keys are hexadecimal.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Name = str | int


Value = str | int | float | bool
"""A value of a property, or of a row of rules: a particle by its name, text, a number."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A part of an answer."""


class Answer(Record, frozen=True, kw_only=True):
    """Every answer says of which moment it is: the root of the graph or of the ledger's state, the ledger's height."""

    root: str
    height: int | None


class PromisesAnswer(Record, frozen=True, kw_only=True):
    """What became of the blocks that the node promised to those who sent signals."""

    kept: int
    broken: int
    open: int


class Status(Answer, frozen=True, kw_only=True):
    """What is served. ``time`` is that of the block, in milliseconds since 1970; ``params`` is the operator.

    ``can_prove``: receipts are given (there is a ledger, and a key to sign with); ``can_write``: signals are taken.
    ``tip`` is the height of the last block, which is above ``height`` while its ranking is worked out. ``promises``:
    those of its node, null where no node ever took a signal.
    """

    kind: Literal["graph", "ledger"]
    name: str
    particles: int
    links: int
    axons: int
    relations: list[Name]
    has_texts: bool
    params: dict[str, Any]
    network: str | None = None
    time: int | None = None
    tip: int | None = None
    can_prove: bool = False
    can_write: bool = False
    version: str = ""
    promises: PromisesAnswer | None = None


class Item(Record, frozen=True, kw_only=True):
    """A particle in a ranking. ``separated``: the bounds prove that it is above all that follow.

    ``bound``: what this score is off by at most.
    ``relevance`` is ln(score / global score), null outside of contexts and where the context does not reach.
    """

    rank: int
    particle: Name
    score: float
    separated: bool = True
    relevance: float | None = None
    bound: float = 1.0


class Ranking(Answer, frozen=True, kw_only=True):
    """The particles of most focus, best first, or those that were asked for. ``ranked_height``: of which links."""

    particles: int
    bound: float
    residual: float
    ranked_height: int | None
    items: list[Item]
    cursor: str | None = None


class ContextAnswer(Answer, frozen=True, kw_only=True):
    """What matters from ``seeds``. ``settled``: the bounds prove which are listed, in which order.

    Each listed score is within its own bound, all scores together within ``bound``. ``proved`` of the items are proved
    to be the first ones, in this order.
    """

    seeds: list[Name]
    beta: float
    effort: str
    bound: float
    settled: bool
    visits: int
    items: list[Item]
    proved: int = 0


class PathRecord(Record, frozen=True, kw_only=True):
    """Particles in a row; a direction is →, ← or ↔ as links lead between one and the next."""

    particles: list[Name]
    directions: list[str]
    relations: list[list[Name]]


class MentionRow(Record, frozen=True, kw_only=True):
    """Words by which one end of a step of a path names the other, and where they stand in the text that says them.

    ``step`` counts from 0; the words reach from character ``start`` to before ``end``.
    """

    step: int
    start: int
    end: int
    words: str


class WalkRecord(PathRecord, frozen=True, kw_only=True):
    """A walk and the share of the score that it carries; ``evidence``: the words that its links stand on."""

    share: float
    evidence: list[MentionRow] = []


class ExplanationAnswer(Answer, frozen=True, kw_only=True):
    """Σ shares + ``background`` + ``remainder`` = ``score`` within ``bound``; ``proven``: none stronger was missed."""

    target: Name
    seeds: list[Name]
    score: float
    bound: float
    background: float
    remainder: float
    proven: bool
    items: list[WalkRecord]


class Entry(Record, frozen=True, kw_only=True):
    """A particle that a question named, and its share of the context."""

    particle: Name
    share: float


class RecalledRow(Record, frozen=True, kw_only=True):
    """A particle that was recalled, listed by ``value``.

    ``entry``: its own share of the context; ``whole``: its text was not cut; ``evidence``: the words that its path
    stands on.
    """

    rank: int
    particle: Name
    score: float
    relevance: float | None
    entry: float
    text: str
    whole: bool
    value: float
    path: PathRecord | None = None
    evidence: list[MentionRow] = []


class RecallAnswer(Answer, frozen=True, kw_only=True):
    """What a question came upon. ``prompt``: all passages, which the budget of tokens is about."""

    question: str | None
    entries: list[Entry]
    effort: str
    bound: float
    visits: int
    items: list[RecalledRow]
    prompt: str
    cursor: str | None = None


class Stop(Record, frozen=True, kw_only=True):
    """A particle that a walk came upon, the probability it was drawn with, and what it had before it joined."""

    particle: Name
    probability: float
    score: float | None
    relevance: float | None
    bound: float | None
    text: str = ""
    path: PathRecord | None = None


class WalkAnswer(Answer, frozen=True, kw_only=True):
    """Particles drawn one after the other from where the seeds stand."""

    seeds: list[Name]
    temperature: float
    seed: int
    candidates: int
    effort: str
    beta: float
    items: list[Stop]


class AskedAnswer(Answer, frozen=True, kw_only=True):
    """Where a question led."""

    question: str
    entries: list[Entry]
    seed: int
    temperature: float
    items: list[Stop]


class LinkRow(Record, frozen=True, kw_only=True):
    """A link. ``time`` is as the data has it, in a ledger the height at which the link changed last.

    ``score`` is that of the other end, where the links of one particle are listed.
    """

    source: Name
    target: Name
    weight: float
    relation: Name | None = None
    author: Name | None = None
    time: int | None = None
    score: float | None = None


class LinkPage(Answer, frozen=True, kw_only=True):
    """Links: all, in their own order, or those of one particle, heaviest axon first."""

    items: list[LinkRow]
    cursor: str | None = None


class PlacedSignal(Record, frozen=True, kw_only=True):
    """A signal in a block, or on its way into one (``height`` null, ``code`` "waiting"); ``fee`` in base units."""

    id: str
    height: int | None
    code: str
    fee: int = 0
    neuron: str | None = None
    nonce: int | None = None
    operations: list[str] = []
    message: str = ""
    promise: str | None = None


class BlockSummary(Record, frozen=True, kw_only=True):
    """A block in a list; ``time`` in milliseconds since 1970."""

    height: int
    id: str
    time: int
    proposer: str
    state_root: str
    signals: int
    particles: int | None
    bytes: int


class BlockPage(Answer, frozen=True, kw_only=True):
    """Blocks, newest first."""

    items: list[BlockSummary]
    cursor: str | None = None


class Block(Record, frozen=True, kw_only=True):
    """A block. ``header`` is as `focusmesh chain header` prints it; ``proof`` the proposer's signature."""

    height: int
    id: str
    header: dict[str, Any]
    header_bytes: str
    proof: str
    signals: list[PlacedSignal]


class SquareRoots(Record, frozen=True, kw_only=True):
    """The roots of a block's square of `width` × `width` shares, doubled, with the header that commits to them."""

    height: int
    id: str
    header_bytes: str
    proof: str
    width: int
    rows: list[str]
    columns: list[str]


class SharedShare(Record, frozen=True, kw_only=True):
    """A share and its way to the root of its row or column (`axis`): the nodes beside it, from left to right."""

    height: int
    row: int
    column: int
    axis: str
    share: str
    start: int
    stop: int
    nodes: list[str]


class SharedLine(Record, frozen=True, kw_only=True):
    """All shares of row or column (`axis`) number `line`. They need no proof: the line's root follows from them."""

    height: int
    axis: str
    line: int
    shares: list[str]


class NamespaceRow(Record, frozen=True, kw_only=True):
    """The shares of a namespace in a row; `absent` is the leaf above it where the row has none within its range."""

    row: int
    start: int
    stop: int
    nodes: list[str]
    absent: str
    shares: list[str]


class NamespaceShares(Record, frozen=True, kw_only=True):
    """All shares of a namespace, row by row, proved to be all."""

    height: int
    name: str
    namespace: str
    rows: list[NamespaceRow]


class Account(Answer, frozen=True, kw_only=True):
    """What a neuron owns, has staked and locked, in base units; ``signals`` is the nonce of its next one."""

    neuron: str
    balance: int
    stake: int
    locked: int
    free: int
    burned: int
    signals: int


class Weight(Answer, frozen=True, kw_only=True):
    """By what a neuron's signals wait where room is short: ``weight`` is its ``stake`` and what its links add.

    In base units, rounded down. ``links`` is null where this node joined too late to know. ``used`` thousandths of what
    may wait in this node are used, and from ``crowded`` on weight decides; ``waiting`` of the neuron's signals wait.
    """

    neuron: str
    weight: int
    stake: int
    links: int | None
    used: int
    crowded: int
    waiting: int


class SnapshotTold(Answer, frozen=True, kw_only=True):
    """A snapshot of a state: its number of ``pages``, and its ``manifest``, which leads to the roots in the header."""

    pages: int
    header_bytes: str
    manifest: str


class ProofAnswer(Answer, frozen=True, kw_only=True):
    """An ICS-23 proof of a key of the state: that it has ``value``, or, where that is null, that it is not there."""

    key: str
    value: str | None
    proof: str
