"""Questions by rules: what they derive, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import msgspec

from focusmesh.host.service.deadline import Deadline
from focusmesh.host.service.questions.fields import (
    FREE,
    NOT_IN_MCP,
    NOWHERE,
    TEXT_MAX,
    At,
    Count,
    Labels,
    On,
    Text,
    cli_form,
    meaning,
)
from focusmesh.host.service.questions.live import Asked
from focusmesh.host.service.records.rules import DeriveAnswer, WhyAnswer

if TYPE_CHECKING:
    from focusmesh.engine.reasoning import QueryLimits
    from focusmesh.engine.support.progress import Progress
    from focusmesh.host.service.moment import Moment

PROGRAM_MAX = 65_536
"""Characters of a program, as many as its bytes may be."""
SECONDS = 8.0
SHARE = 0.8
"""Of the time that a server works at one answer: what is left is for writing it."""
_ROWS, _INFERENCES, _MEMORY_MIB = 100_000, 10**8, 256
_MEMORY_MIB_HERE = 4 << 10
_SHORT = On(bounds={"min_length": 1, "max_length": TEXT_MAX})

Program = Annotated[
    Annotated[str, msgspec.Meta(min_length=1, max_length=PROGRAM_MAX)],
    meaning(
        "Rules in Datalog, as Soufflé writes it.",
        cli_form("FILE", description="Rules, or - for stdin."),
        graphql=_SHORT,
        grpc=_SHORT,
        mcp=On(bounds=FREE, description="r(x,z) :- r(x,y), axon(y,z,_)."),
    ),
]
Goal = Annotated[
    Text | None,
    meaning(
        'A relation with values and variables, such as path("a", y): only what it asks for is derived.',
        "--goal GOAL",
        mcp=On(bounds=FREE, description='r("a",y)'),
    ),
]
Fact = Annotated[
    Text,
    meaning(
        'A relation with values, such as path("a", "b").',
        "FACT",
        mcp=On(bounds=FREE, description='r("a","b")'),
    ),
]
Shown = Annotated[
    Labels,
    meaning("Only rows of this relation; may be repeated.", "--show NAME", **NOT_IN_MCP),
]
RowsShown = Annotated[
    Count,
    meaning(
        "How many rows of each relation are listed.",
        cli_form("--top -n N", {"ge": 1}, default=20),
        **NOT_IN_MCP,
    ),
]
Seconds = Annotated[
    Annotated[float, msgspec.Meta(gt=0.0, le=60.0)] | None,
    meaning(
        "Seconds of work at most.",
        cli_form("--seconds S", default=None, description="Give up after so long."),
        **NOT_IN_MCP,
    ),
]
RowsMax = Annotated[
    Annotated[int, msgspec.Meta(ge=1, le=_ROWS)] | None,
    meaning("Derived rows at most.", cli_form("--rows N", {"ge": 1}, default=None), **NOT_IN_MCP),
]
Inferences = Annotated[
    Annotated[int, msgspec.Meta(ge=1, le=_INFERENCES)] | None,
    meaning(
        "Rows that joins yield on the way, at most.",
        cli_form("--inferences N", {"ge": 1}, default=None),
        **NOT_IN_MCP,
    ),
]
Memory = Annotated[
    Annotated[int, msgspec.Meta(ge=1, le=_MEMORY_MIB)],
    meaning(
        "Mebibytes for derived rows.",
        cli_form("--memory MIB", {"ge": 1}, default=_MEMORY_MIB_HERE),
        **NOT_IN_MCP,
    ),
]
Partial = Annotated[
    bool,
    meaning(
        "At a limit answer what was derived so far, and say so.",
        "--partial",
        **NOT_IN_MCP,
    ),
]
Minimal = Annotated[bool, meaning("Look for a proof of least height.", "--minimal", **NOT_IN_MCP)]
AtOf = Annotated[
    At,
    msgspec.Meta(
        extra={
            "cli": cli_form(
                "--at HEIGHT", {"ge": 0}, description="Answer for this block (the last one)."
            ),
            "mcp": NOWHERE,
        }
    ),
]


class RulesAsked(Asked, frozen=True, kw_only=True):
    """Rules, and what may be spent on them. None is no limit, which servers do not offer."""

    rules: Program
    seconds: Seconds = SECONDS
    rows: RowsMax = _ROWS
    inferences: Inferences = _INFERENCES
    memory_mib: Memory = _MEMORY_MIB

    def limits(self, progress: Progress | None = None) -> QueryLimits:
        """What may be spent; of the time of a server's answer, what leaves enough to write it."""
        from focusmesh.engine.reasoning import QueryLimits

        seconds = self.seconds
        if isinstance(progress, Deadline) and seconds is not None:
            seconds = min(seconds, SHARE * progress.seconds)
        return QueryLimits(
            seconds=seconds,
            memory_bytes=self.memory_mib << 20,
            rows=self.rows,
            inferences=self.inferences,
        )

    @classmethod
    def words(cls) -> str:
        """What it answers, in a sentence."""
        return str(cls.__doc__)


class Derive(RulesAsked, frozen=True, kw_only=True, tag="derive"):
    """What rules derive from the links: the rows of a goal, of some relations, or of all that the rules put out."""

    answers: ClassVar[type[DeriveAnswer]] = DeriveAnswer
    goal: Goal = None
    relation: Shown = ()
    top: RowsShown = 1_000
    partial: Partial = False
    at: AtOf = None

    def ask(self, moment: Moment, progress: Progress | None = None) -> DeriveAnswer:
        """See ``Moment.derive``."""
        return moment.derive(self.rules, self.limits(progress), progress=progress, **self.options)

    @property
    def options(self) -> dict[str, Any]:
        """What ``derive`` is told besides the rules and the limits."""
        return {
            "goal": self.goal,
            "relations": self.relation,
            "top": self.top,
            "partial": self.partial,
        }


class Why(RulesAsked, frozen=True, kw_only=True, tag="why"):
    """Why a row follows from rules, with a proof that anyone can check; or how far each rule comes towards it."""

    answers: ClassVar[type[WhyAnswer]] = WhyAnswer
    fact: Fact
    minimal: Minimal = False
    at: AtOf = None

    def ask(self, moment: Moment, progress: Progress | None = None) -> WhyAnswer:
        """See ``Moment.why``."""
        return moment.why(
            self.rules, self.fact, self.limits(progress), minimal=self.minimal, progress=progress
        )
