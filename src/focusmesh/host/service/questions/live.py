"""Questions that can be watched: each is asked of every moment, and its answer told whenever it is another one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import msgspec

from focusmesh.errors import ParameterError
from focusmesh.host.service.questions.fields import (
    EFFORT,
    TOP,
    ArgumentSeeds,
    AsOf,
    Authors,
    Beta,
    Budget,
    Diversity,
    Effort,
    IncludeContext,
    Kinds,
    On,
    ParticleName,
    Question,
    Relations,
    Seeds,
    Since,
    TimeAsDate,
    Top,
    Until,
    Why,
    WithText,
)
from focusmesh.host.service.records.particles import ParticleAnswer
from focusmesh.host.service.records.records import (
    Answer,
    ContextAnswer,
    Ranking,
    RecallAnswer,
)

if TYPE_CHECKING:
    from focusmesh.engine.support.progress import Progress
    from focusmesh.host.service.moment import Moment


class Asked(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", forbid_unknown_fields=True
):
    """A question. Equal ones have equal answers, and are asked once for all who want to know.

    ``answers`` is the type of its answers; its docstring says to all faces what it answers.
    """

    answers: ClassVar[Any]

    @classmethod
    def name(cls) -> str:
        """What the question is called."""
        return str(cls.__struct_config__.tag)

    @classmethod
    def words(cls) -> str:
        """What it answers, in a sentence. Of a question that can be watched, all that take more answer the same."""
        line = cls.__mro__
        return str(line[line.index(Asked) - 1].__doc__)

    @property
    def needs_texts(self) -> bool:
        """Whether the index of names and texts is needed."""
        return False

    @property
    def is_at_once(self) -> bool:
        """Whether the answer takes microseconds."""
        return False


class RankQuestion(Asked, frozen=True, kw_only=True, tag="rank"):
    """The particles of most focus, best first."""

    answers: ClassVar[type[Answer]] = Ranking
    top: Top = 10

    @property
    def is_at_once(self) -> bool:
        """It is in the ranks of the moment."""
        return True

    def ask(self, moment: Moment, progress: Progress | None = None) -> Ranking:
        """See ``Moment.rank``."""
        del progress
        return moment.rank(self.top)


class ParticleQuestion(Asked, frozen=True, kw_only=True, tag="particle"):
    """One particle: its text, its focus, how many axons lead from and to it."""

    answers: ClassVar[type[Answer]] = ParticleAnswer
    particle: Annotated[ParticleName, msgspec.Meta(extra={"graphql": On("name")})]

    def ask(self, moment: Moment, progress: Progress | None = None) -> ParticleAnswer:
        """See ``Moment.particle``."""
        del progress
        return moment.particle(self.particle)


class ContextQuestion(Asked, frozen=True, kw_only=True, tag="context"):
    """What matters from where the seeds stand, with a bound that says whether the order is settled."""

    answers: ClassVar[type[Answer]] = ContextAnswer
    seeds: ArgumentSeeds
    top: Annotated[Top, msgspec.Meta(extra={"cli": TOP._replace(default=10)})] = 20
    beta: Beta = 0.5
    effort: Annotated[Effort, msgspec.Meta(extra={"cli": EFFORT._replace(default="exact")})] = (
        "balanced"
    )

    def ask(self, moment: Moment, progress: Progress | None = None) -> ContextAnswer:
        """See ``Moment.context``."""
        return moment.context(
            self.seeds, self.top, beta=self.beta, effort=self.effort, progress=progress
        )


class RecallQuestion(Asked, frozen=True, kw_only=True, tag="recall"):
    """What a question in words comes upon, and what links tie to that; seeds alone do too."""

    answers: ClassVar[type[Answer]] = RecallAnswer
    question: Question | None = None
    seeds: Seeds = ()
    top: Annotated[Top, msgspec.Meta(extra={"mcp": On("k", default=1_000, bounds={"ge": 1})})] = 10
    budget_tokens: Budget = None
    relation: Relations = ()
    author: Authors = ()
    since: Since = None
    until: Until = None
    as_of: AsOf = None
    since_date: TimeAsDate = None
    until_date: TimeAsDate = None
    as_of_date: TimeAsDate = None
    kinds: Kinds = ()
    with_text: WithText = False
    include_context: IncludeContext = False
    mmr: Diversity = None
    effort: Effort = "fast"
    why: Why = False

    @property
    def needs_texts(self) -> bool:
        """Words are looked up in them."""
        return self.question is not None

    def ask(self, moment: Moment, progress: Progress | None = None) -> RecallAnswer:
        """See ``Moment.recall``; makes the index of a moment where need be."""
        return self.page(moment, None, progress)

    def page(
        self, moment: Moment, cursor: str | None, progress: Progress | None = None
    ) -> RecallAnswer:
        """The answer from a cursor on."""
        if self.needs_texts:
            moment.prepare_texts()
        return moment.recall(
            self.question,
            None if self.budget_tokens is not None else self.top,
            seeds=self.seeds,
            budget_tokens=self.budget_tokens,
            relation=self.relation,
            author=self.author,
            since=_one_time("since", self.since, self.since_date),
            until=_one_time("until", self.until, self.until_date),
            as_of=_one_time("as_of", self.as_of, self.as_of_date),
            kinds=self.kinds,
            with_text=self.with_text,
            include_context=self.include_context,
            mmr=self.mmr,
            effort=self.effort,
            cursor=cursor,
            why=self.why,
            progress=progress,
        )


def _one_time(name: str, whole: str | int | None, as_date: str | None) -> str | int | None:
    """What is said of the two; raises ParameterError where both are."""
    if whole is not None and as_date is not None:
        raise ParameterError(f"give {name} or {name}_date, not both", parameter=f"{name}_date")
    return whole if as_date is None else as_date


Query = RankQuestion | ParticleQuestion | ContextQuestion | RecallQuestion
