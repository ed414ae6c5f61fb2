"""What an importer reads out of a block of text: records as tokens, and which column of them plays which role."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from focusmesh.engine.links.names.interning import Tokens
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray


@dataclass(frozen=True, slots=True)
class RowLayout:
    """Which field (from 0) of a record plays which role, and how many fields a record may have.

    A weight column may lie past ``fewest``: such a record without it has weight 1. ``names`` are the fields that hold
    names: source, target, then relation, author, text, ``more`` and direction where there are any. ``more`` are fields
    without a role, by the name of their column. Where source and target are
    one field, a record is no link: it describes that particle. ``direction`` says Directed, Undirected or Mutual.
    ``decimal_comma`` says that weights have one where others have a point.
    """

    source: int = 0
    target: int = 1
    weight: int | None = None
    relation: int | None = None
    author: int | None = None
    time: int | None = None
    text: int | None = None
    direction: int | None = None
    more: tuple[tuple[str, int], ...] = ()
    decimal_comma: bool = False
    fewest: int = 2
    most: int = 2
    names: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        more = (place for _, place in self.more)
        labels = (self.relation, self.author, self.text, *more, self.direction)
        places = (self.source, self.target, *(place for place in labels if place is not None))
        object.__setattr__(self, "names", places)

    @property
    def describes(self) -> bool:
        """Whether records describe particles."""
        return self.source == self.target


@dataclass(frozen=True, slots=True)
class TextRows:
    """``m`` good records of a block and the bad ones.

    ``endpoints`` are source and target of each record by turns (2m tokens), ``labels`` the tokens of the other columns
    of RowLayout.names. ``weight`` is None where no record has one. ``bad`` holds (line, reason), lines counted from 0
    within the block, which has ``line_count`` of them. Around ``trimmed_count`` names blanks were left out.
    """

    endpoints: Tokens
    labels: tuple[Tokens, ...]
    weight: FloatArray | None
    time: OffsetArray | None
    line_count: int
    bad: list[tuple[int, str]] = field(default_factory=list)
    trimmed_count: int = 0

    def __len__(self) -> int:
        return len(self.endpoints) // 2
