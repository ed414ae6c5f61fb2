"""The questions of a graph: what can be watched of them, what only one answer has besides, and its listings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec

from focusmesh.host.service.questions.fields import (
    FREE,
    NOWHERE,
    ONLY_IN_MCP,
    SERVED,
    At,
    Beta,
    Budget,
    Candidates,
    Chance,
    Cursor,
    Direction,
    Effort,
    End,
    Limit,
    Names,
    On,
    OneSeed,
    ParticleName,
    Particles,
    Question,
    Relation,
    Seeds,
    Steps,
    Target,
    Temperature,
    Text,
    Walks,
    cli_form,
    meaning,
)
from focusmesh.host.service.questions.live import (
    Asked,
    ContextQuestion,
    ParticleQuestion,
    RankQuestion,
    RecallQuestion,
)
from focusmesh.host.service.questions.rules import Derive, Why
from focusmesh.host.service.records.particles import ParticlePage
from focusmesh.host.service.records.records import (
    Answer,
    AskedAnswer,
    ExplanationAnswer,
    LinkPage,
    WalkAnswer,
)

if TYPE_CHECKING:
    from focusmesh.engine.support.progress import Progress
    from focusmesh.host.service.moment import Moment
    from focusmesh.host.service.records.records import Ranking, RecallAnswer


class Rank(RankQuestion, frozen=True, kw_only=True):
    """``RankQuestion`` of named particles too, a page at a time, at a block."""

    particles: Particles = ()
    cursor: Annotated[Cursor, msgspec.Meta(extra=SERVED)] = None
    at: At = None

    def ask(self, moment: Moment, progress: Progress | None = None) -> Ranking:
        """See ``Moment.rank`` and, where particles are named, ``Moment.scores``."""
        del progress
        if self.particles:
            return moment.scores(self.particles)
        return moment.rank(self.top, self.cursor)


class Context(ContextQuestion, frozen=True, kw_only=True):
    """``ContextQuestion`` at a block."""

    at: At = None


class Recall(RecallQuestion, frozen=True, kw_only=True):
    """``RecallQuestion``, a page at a time, at a block."""

    cursor: Annotated[
        Cursor,
        msgspec.Meta(
            extra={
                "cli": cli_form("--cursor TEXT"),
                "mcp": On(
                    bounds=FREE,
                    description="The last nextCursor",
                ),
            }
        ),
    ] = None
    at: At = None

    def ask(self, moment: Moment, progress: Progress | None = None) -> RecallAnswer:
        """See ``Moment.recall``; makes the index of a moment where need be."""
        return self.page(moment, self.cursor, progress)


class Ask(Asked, frozen=True, kw_only=True, tag="ask"):
    """Where a question leads: particles with their texts, drawn one after the other; nothing is made up."""

    answers: ClassVar[type[Answer]] = AskedAnswer
    question: Annotated[Question, msgspec.Meta(min_length=1, extra={"cli": cli_form("QUESTION")})]
    seeds: Seeds = ()
    steps: Steps = 6
    temperature: Temperature = 0.5
    seed: Chance = 0
    candidates: Candidates = 20
    effort: Effort = "balanced"
    at: At = None

    @property
    def needs_texts(self) -> bool:
        """Words are looked up in them."""
        return True

    def ask(self, moment: Moment, progress: Progress | None = None) -> AskedAnswer:
        """See ``Moment.ask``; makes the index of a moment where need be."""
        moment.prepare_texts()
        return moment.ask(
            self.question,
            self.steps,
            seeds=self.seeds,
            temperature=self.temperature,
            seed=self.seed,
            candidates=self.candidates,
            effort=self.effort,
            progress=progress,
        )


class Explain(Asked, frozen=True, kw_only=True, tag="explain"):
    """The strongest walks by which a context reaches a particle, with their shares of its score."""

    answers: ClassVar[type[Answer]] = ExplanationAnswer
    target: Target
    seeds: Annotated[
        OneSeed, msgspec.Meta(description="A particle of the context; may be repeated.")
    ]
    question: Annotated[Question | None, msgspec.Meta(extra=ONLY_IN_MCP)] = None
    walks: Walks = 5
    beta: Beta = 0.5
    budget_tokens: Annotated[Budget, msgspec.Meta(extra=ONLY_IN_MCP)] = None
    at: At = None

    def ask(self, moment: Moment, progress: Progress | None = None) -> ExplanationAnswer:
        """See ``Moment.explain``."""
        return moment.explain(
            self.target, self.seeds, walks=self.walks, beta=self.beta, progress=progress
        )


class Walk(Asked, frozen=True, kw_only=True, tag="walk"):
    """Particles drawn one after the other from where a context stands; each joins it."""

    answers: ClassVar[type[Answer]] = WalkAnswer
    seeds: Annotated[
        OneSeed,
        msgspec.Meta(
            description="A particle of the context; may be repeated.",
            extra={"cli": cli_form("SEED...")},
        ),
    ]
    steps: Steps = 8
    temperature: Temperature = 1.0
    seed: Chance = 0
    candidates: Candidates = 20
    beta: Beta = 0.5
    effort: Effort = "balanced"
    at: At = None

    def ask(self, moment: Moment, progress: Progress | None = None) -> WalkAnswer:
        """See ``Moment.walk``."""
        return moment.walk(
            self.seeds,
            self.steps,
            temperature=self.temperature,
            seed=self.seed,
            candidates=self.candidates,
            beta=self.beta,
            effort=self.effort,
            progress=progress,
        )


class ListParticles(Asked, frozen=True, kw_only=True, tag="particles"):
    """All particles, in their own order."""

    answers: ClassVar[type[Answer]] = ParticlePage
    names: Annotated[
        Names | None,
        meaning(
            "Those of these names, in the place of all.",
            **dict.fromkeys(("cli", "http", "grpc", "mcp"), NOWHERE),
            graphql=On(lengths=FREE),
        ),
    ] = None
    limit: Limit = 100
    cursor: Cursor = None
    at: At = None

    def ask(self, moment: Moment, progress: Progress | None = None) -> ParticlePage:
        """See ``Moment.particles``; names are not looked up."""
        del progress
        if self.names is None:
            return moment.particles(self.limit, self.cursor)
        return ParticlePage(root=moment.root, height=moment.height, items=[*self.names])


class GetParticle(ParticleQuestion, frozen=True, kw_only=True):
    """``ParticleQuestion`` at a block."""

    at: At = None


class ListNeighbours(Asked, frozen=True, kw_only=True, tag="neighbours"):
    """The links out of it, or into it, heaviest axon first."""

    answers: ClassVar[type[Answer]] = LinkPage
    particle: ParticleName
    direction: Direction = "out"
    limit: Limit = 10
    cursor: Cursor = None

    def ask(self, moment: Moment, progress: Progress | None = None) -> LinkPage:
        """See ``Moment.neighbours``."""
        del progress
        return moment.neighbours(
            self.particle, direction=self.direction, limit=self.limit, cursor=self.cursor
        )


class ListLinks(Asked, frozen=True, kw_only=True, tag="links"):
    """Links: of one `particle`, heaviest axon first, or all that have what else is named, in their own order."""

    answers: ClassVar[type[Answer]] = LinkPage
    particle: Annotated[
        End,
        msgspec.Meta(
            extra={
                # It asks a particle for its links.
                "graphql": NOWHERE,
                "grpc": On(description="One particle and a direction, in the place of the rest."),
            }
        ),
    ] = None
    direction: Annotated[Direction, msgspec.Meta(extra={"graphql": NOWHERE})] = "out"
    source: End = None
    target: End = None
    relation: Relation = None
    author: Annotated[Text | None, meaning("Only links by this author.")] = None
    limit: Limit = 100
    cursor: Cursor = None
    at: At = None

    def ask(self, moment: Moment, progress: Progress | None = None) -> LinkPage:
        """See ``Moment.neighbours`` where a particle is named, else ``Moment.links``."""
        del progress
        if self.particle is not None:
            return moment.neighbours(
                self.particle, direction=self.direction, limit=self.limit, cursor=self.cursor
            )
        return moment.links(
            source=self.source,
            target=self.target,
            relation=self.relation,
            author=self.author,
            limit=self.limit,
            cursor=self.cursor,
        )


QUESTIONS: dict[str, type[Asked]] = {
    each.name(): each
    for each in (
        *(Rank, Context, Recall, Ask, Explain, Walk),
        *(ListParticles, GetParticle, ListLinks),
        *(Derive, Why),
    )
}
"""All of them by name. A face looks its record up here whenever it makes its own way of asking.

gRPC calls a method as its record."""
