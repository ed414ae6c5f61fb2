"""Questions as values, for whoever keeps one and asks it of every moment. Each is a method of ``Moment``, written down.

Ranges are held where JSON is read; ``Moment`` holds what it cannot do without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from focusmesh.interface.service.records import Name

if TYPE_CHECKING:
    from focusmesh.engine.progress import Progress
    from focusmesh.interface.service.moment import Moment
    from focusmesh.interface.service.records import (
        ContextAnswer,
        ParticleAnswer,
        Ranking,
        RecallAnswer,
    )

Count = Annotated[int, msgspec.Meta(ge=1, le=1_000)]
Share = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
Text = Annotated[str, msgspec.Meta(max_length=16_384)]
Names = Annotated[tuple[Name, ...], msgspec.Meta(max_length=1_000)]
Labels = Annotated[tuple[Text, ...], msgspec.Meta(max_length=100)]
Effort = Literal["fast", "balanced", "exact"]


class Asked(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", forbid_unknown_fields=True
):
    """A question. Equal ones have equal answers, and are asked once for all who want to know."""


class RankQuestion(Asked, frozen=True, kw_only=True, tag="rank"):
    """The particles of most focus."""

    top: Count = 10

    def ask(self, moment: Moment, progress: Progress | None = None) -> Ranking:
        """See ``Moment.rank``."""
        del progress
        return moment.rank(self.top)


class ParticleQuestion(Asked, frozen=True, kw_only=True, tag="particle"):
    """One particle."""

    particle: Name

    def ask(self, moment: Moment, progress: Progress | None = None) -> ParticleAnswer:
        """See ``Moment.particle``."""
        del progress
        return moment.particle(self.particle)


class ContextQuestion(Asked, frozen=True, kw_only=True, tag="context"):
    """What matters from ``seeds``."""

    seeds: Names
    top: Count = 20
    beta: Share = 0.5
    effort: Effort = "balanced"

    def ask(self, moment: Moment, progress: Progress | None = None) -> ContextAnswer:
        """See ``Moment.context``."""
        return moment.context(
            self.seeds, self.top, beta=self.beta, effort=self.effort, progress=progress
        )


class RecallQuestion(Asked, frozen=True, kw_only=True, tag="recall"):
    """What a question in words comes upon, and what ``seeds`` do."""

    question: Text | None = None
    seeds: Names = ()
    top: Count = 10
    budget_tokens: Annotated[int, msgspec.Meta(ge=1, le=10_000_000)] | None = None
    relation: Labels = ()
    author: Labels = ()
    since: int | None = None
    until: int | None = None
    mmr: Share | None = None
    effort: Effort = "fast"
    why: bool = False

    def ask(self, moment: Moment, progress: Progress | None = None) -> RecallAnswer:
        """See ``Moment.recall``; makes the index of a moment where need be."""
        if self.question is not None:
            moment.prepare_texts()
        return moment.recall(
            self.question,
            None if self.budget_tokens is not None else self.top,
            seeds=self.seeds,
            budget_tokens=self.budget_tokens,
            relation=self.relation,
            author=self.author,
            since=self.since,
            until=self.until,
            mmr=self.mmr,
            effort=self.effort,
            why=self.why,
            progress=progress,
        )


Query = RankQuestion | ParticleQuestion | ContextQuestion | RecallQuestion
