"""What a grid answers, as every protocol sends it. Each answer has κ twice: under its letter, and as ``kappa``."""

from __future__ import annotations

import msgspec


class GridAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """``kappa`` (and ``κ``): of the cube or block that this is of, else the mean over all cubes; null without any."""

    kappa: float | None = None
    letter: float | None = msgspec.field(name="κ", default=None)

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "letter", self.kappa)


class GridHealth(GridAnswer, frozen=True, kw_only=True):
    """``served``: whether there is a grid here at all; ``ok``: whether it can be read, or none is to be."""

    ok: bool
    served: bool
    height: int | None = None
    detail: str = ""


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """A quantity over all cubes."""

    mean: float
    least: float
    most: float


class GridStats(GridAnswer, frozen=True, kw_only=True):
    """The grid in figures. ``revision`` differs when anything has changed; ``height`` is that of the last commit.

    ``spread`` is that of κ over all cubes; ``operations`` counts what the cubes were asked since they were made.
    """

    name: str
    shape: tuple[int, int, int]
    blocks: int
    array_bytes: int
    models: list[str]
    templates: list[str]
    instances: int
    states: dict[str, int]
    spread: Spread | None
    set_point: float
    operations: int
    revision: str
    height: int | None
    can_write: bool
    can_vote: bool


class CubeRow(GridAnswer, frozen=True, kw_only=True):
    """A cube: ``at`` is its lowest corner, ``state`` PackML's, ``agreement`` what its vertices had last, 0 to 1."""

    name: str
    template: str
    at: tuple[int, int, int]
    state: str
    agreement: float | None
    temperature: float


class CubePage(GridAnswer, frozen=True, kw_only=True):
    """Cubes by name, and which of them are tied."""

    items: list[CubeRow]
    edges: list[tuple[str, str]]


class VertexRow(msgspec.Struct, frozen=True, kw_only=True):
    """A place of a cube; CENTRAL has no block. ``value``: its block's, the last surprise in nats a byte."""

    vertex: str
    model: str
    at: tuple[int, int, int] | None
    value: float | None
    neighbours: list[str]
    waiting: int


class CubeAnswer(CubeRow, frozen=True, kw_only=True):
    """All of a cube: ``commands`` are those legal now, ``neighbours`` the cubes that it is tied to."""

    commands: list[str]
    vertices: list[VertexRow]
    neighbours: list[str]
    operations: int


class TemplateAnswer(GridAnswer, frozen=True, kw_only=True):
    """A template, its model by place."""

    name: str
    models: dict[str, str]
    diagonals: str


class BlockAnswer(GridAnswer, frozen=True, kw_only=True):
    """A block; all of it is null where none is active. ``time`` is the array's tick of its last change."""

    x: int
    y: int
    z: int
    active: bool
    value: float | None = None
    model: int | None = None
    time: int | None = None


class RemovedAnswer(GridAnswer, frozen=True, kw_only=True):
    """What is there no more."""

    removed: str


class InterlockAnswer(GridAnswer, frozen=True, kw_only=True):
    """What an operation on a plane came to: ``blocks`` that it has or had, of which ``changed`` were changed.

    ``without_model`` blocks had nothing to process with.
    """

    plane: str
    index: int | None
    operation: str
    blocks: int
    changed: int
    without_model: int = 0
    seconds: float


class OpinionRow(msgspec.Struct, frozen=True, kw_only=True):
    """What one place holds to come next: the likeliest byte, printed, its share; entropy in nats."""

    vertex: str
    next: str
    next_byte: int
    share: float
    entropy: float
    weight: float | None = None


class ProcessAnswer(GridAnswer, frozen=True, kw_only=True):
    """How a text goes on; ``data`` are the same bytes as base64, ``text`` has what is no UTF-8 escaped."""

    instance: str
    vertex: str | None
    text: str
    data: str
    seconds: float


class Token(GridAnswer, frozen=True, kw_only=True):
    """One byte of an answer that comes byte by byte, from 0."""

    index: int
    byte: int
    text: str


class ThoughtAnswer(GridAnswer, frozen=True, kw_only=True):
    """What all vertices come to. ``surest``: whose own opinion has the least entropy."""

    instance: str
    next: str
    next_byte: int
    share: float
    agreement: float
    temperature: float
    surest: str
    messages: int
    opinions: list[OpinionRow]


class WaveRow(msgspec.Struct, frozen=True, kw_only=True):
    """Who is reached at one distance, and along which edges."""

    depth: int
    opinions: list[OpinionRow]
    messages: list[tuple[str, str]]


class CascadeAnswer(GridAnswer, frozen=True, kw_only=True):
    """A text that spread."""

    instance: str
    start: str
    next: str
    next_byte: int
    share: float
    waves: list[WaveRow]


class SentAnswer(GridAnswer, frozen=True, kw_only=True):
    """A message that waits where it was sent to; ``number`` counts those of its cube, or of the grid."""

    source: str
    target: str
    number: int
    bytes: int


class EvidenceRow(msgspec.Struct, frozen=True, kw_only=True):
    """Two signed votes of one vertex that exclude each other."""

    vertex: str
    kind: str


class VoteAnswer(GridAnswer, frozen=True, kw_only=True):
    """A vote: its certificate as base64, and that's digest, which the next one names as ``previous``.

    ``refused`` counts words that did not hold, ``evidence`` proves who voted twice.
    """

    instance: str
    height: int
    previous: str
    certificate: str
    digest: str
    next: str
    next_byte: int
    signers: list[str]
    rounds: int
    messages: int
    refused: int
    evidence: list[EvidenceRow]


class VerifiedAnswer(GridAnswer, frozen=True, kw_only=True):
    """A certificate that holds."""

    instance: str
    height: int
    digest: str
    signers: list[str]
    valid: bool = True


class CommitRow(msgspec.Struct, frozen=True, kw_only=True):
    """A commit of the array's history; ``time`` in milliseconds since 1970."""

    height: int
    id: str
    operation: str
    root: str
    state: str
    time: int


class HistoryPage(GridAnswer, frozen=True, kw_only=True):
    """Commits, newest first; ``cursor`` is the height below which the next page begins."""

    items: list[CommitRow]
    cursor: int | None


class Changed(GridAnswer, frozen=True, kw_only=True):
    """Something changed: ``instance`` is the cube that it happened to, null where it was another thing.

    The operation ``missed`` says that there may have been others, of which nothing was heard.
    """

    operation: str
    instance: str | None = None
    state: str | None = None
    height: int | None = None
    revision: str
