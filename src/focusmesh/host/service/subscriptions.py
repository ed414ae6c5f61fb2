"""What one can subscribe to, and the events that come of it: the same for every protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec

from focusmesh.host.service.questions.fields import HEIGHT_MAX, Names
from focusmesh.host.service.questions.live import Query
from focusmesh.host.service.records.particles import ParticleAnswer
from focusmesh.host.service.records.records import (
    Answer,
    BlockSummary,
    ContextAnswer,
    Name,
    Ranking,
    RecallAnswer,
    Record,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.host.service.moment import Moment

AnyAnswer = Ranking | ContextAnswer | RecallAnswer | ParticleAnswer
Threshold = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]


class Wanted(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="topic", forbid_unknown_fields=True
):
    """What a subscriber wants to hear of."""


class BlocksWanted(Wanted, frozen=True, kw_only=True, tag="blocks"):
    """Every new block of a ledger; with ``after``, from the one after that height on, as far as they are kept ready."""

    after: Annotated[int, msgspec.Meta(ge=-1, le=HEIGHT_MAX)] | None = None


class ParticlesWanted(Wanted, frozen=True, kw_only=True, tag="particles"):
    """Focus of some particles: first how it stands, then those whose score moved by more than ``threshold``.

    A particle need not be there yet. At a threshold of 0, another rank is told too.
    """

    particles: Names
    threshold: Threshold = 0.0


class QueryWanted(Wanted, frozen=True, kw_only=True, tag="query"):
    """The answer to a question: first as it stands, then whenever it is another one.

    It is where it lists other particles or in another order, or a score moved by more than ``threshold``.
    """

    query: Query
    threshold: Threshold = 0.0


Subscription = BlocksWanted | ParticlesWanted | QueryWanted


class Event(Answer, frozen=True, kw_only=True, tag_field="kind"):
    """Something new, of one moment. ``skipped``: how many came before it that a slow subscriber was not told of."""

    skipped: int = 0


class BlockEvent(Event, frozen=True, kw_only=True, tag="block"):
    """A new block; those that were skipped can be asked for by height."""

    block: BlockSummary


class Moved(Record, frozen=True, kw_only=True):
    """Where a watched particle stands and, under ``before``, where it stood when it was told of last; null: nowhere."""

    particle: Name
    score: float | None
    rank: int | None
    score_before: float | None = None
    rank_before: int | None = None


class ParticlesEvent(Event, frozen=True, kw_only=True, tag="particles"):
    """Watched particles that moved. ``bound`` holds for all scores together in L1."""

    bound: float | None
    items: list[Moved]


class Trouble(Record, frozen=True, kw_only=True):
    """Why there is no answer at this moment; there may be one at the next."""

    code: str
    detail: str


class AnswerEvent(Event, frozen=True, kw_only=True, tag="answer"):
    """Another answer: which particles came into it, left it, moved in it. ``answer`` is null where there is trouble."""

    answer: AnyAnswer | None
    came: list[Name]
    went: list[Name]
    moved: list[Name]
    trouble: Trouble | None = None

    @classmethod
    def of(
        cls,
        moment: Moment,
        answer: AnyAnswer | None,
        skipped: int,
        difference: Difference | None = None,
        trouble: Trouble | None = None,
    ) -> AnswerEvent:
        """The event of a moment."""
        return cls(
            root=moment.root,
            height=moment.height,
            answer=answer,
            came=[] if difference is None else difference.came,
            went=[] if difference is None else difference.went,
            moved=[] if difference is None else difference.moved,
            trouble=trouble,
            skipped=skipped,
        )


LiveEvent = BlockEvent | ParticlesEvent | AnswerEvent


def particles_moved(
    before: Mapping[Name, Moved], now: Mapping[Name, Moved], threshold: float
) -> list[Moved]:
    """Those of ``now`` that are to be told, with what was told of them before."""
    told = []
    for name, one in now.items():
        old = before.get(name)
        if old is None:
            told.append(one)
        elif _is_other(old.score, one.score, threshold) or (
            threshold == 0 and old.rank != one.rank
        ):
            told.append(msgspec.structs.replace(one, score_before=old.score, rank_before=old.rank))
    return told


class Difference:
    """What differs between two answers to one question: by particle, in the order of the answers."""

    def __init__(self, before: AnyAnswer | None, now: AnyAnswer, threshold: float) -> None:
        old, new = _ranks_by_name(before), _ranks_by_name(now)
        self.came = [name for name in new if name not in old]
        self.went = [name for name in old if name not in new]
        self.moved = [
            name
            for name, (place, score) in new.items()
            if name in old and (old[name][0] != place or _is_other(old[name][1], score, threshold))
        ]
        self.is_any = bool(self.came or self.went or self.moved) or _rest(before) != _rest(now)


def _is_other(old: float | None, new: float | None, threshold: float) -> bool:
    if old is None or new is None:
        return old is not new
    return abs(old - new) > threshold


def _ranks_by_name(answer: AnyAnswer | None) -> dict[Name, tuple[int | None, float | None]]:
    if isinstance(answer, ParticleAnswer):
        return {answer.particle: (answer.rank, answer.score)}
    items = getattr(answer, "items", ())
    return {item.particle: (item.rank, item.score) for item in items}


def _rest(answer: AnyAnswer | None) -> object:
    """What of an answer is neither a score nor of its moment: what is said of a particle, passages."""
    if isinstance(answer, ParticleAnswer):
        links = answer.links_out, answer.links_in
        return answer.text, *links, answer.labels, answer.properties
    if isinstance(answer, RecallAnswer):
        return answer.prompt, [item.path for item in answer.items]
    return type(answer)
