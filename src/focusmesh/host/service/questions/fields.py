"""Fields of questions: the type of each, its range, what it means, and where a face shows it otherwise.

A face shows a field under the field's name, with its range, its default and its description. Where one does not,
``extra`` has an ``On`` under the face's name. On the command line and in MCP the asker owns the machine: these leave
out what are limits of a server, such as the most that a page lists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import msgspec

from focusmesh.host.service.paging import LIMIT_MAX, NAMES_MAX
from focusmesh.host.service.records.records import Name

if TYPE_CHECKING:
    from collections.abc import Mapping

Face = Literal["cli", "http", "graphql", "grpc", "mcp"]
Kind = Literal["text", "name", "whole", "number", "flag", "bytes"]

HEIGHT_MAX = 2**53
"""The largest height that every client's numbers hold."""
TEXT_MAX = 16_384
"""Characters of a name or a question."""
_LABELS_MAX = 100
_WHOLE_MAX = 2**62


class On(NamedTuple):
    """How one face shows a field, where it is otherwise than the record says.

    ``typed`` is what the command line takes: an option with its short form and its value (``--top -n N``), or an
    argument (``SEED...``). A face that does not offer the field has ``NOWHERE``.
    """

    name: str | None = None
    typed: str = ""
    default: Any = msgspec.UNSET
    description: str = ""
    bounds: Mapping[str, Any] | None = None
    lengths: Mapping[str, Any] | None = None
    kind: Kind | None = None


NOWHERE = On("")
FREE: Mapping[str, Any] = {}
"""The bounds of a value that the engine itself holds to its range."""
UNBOUNDED = On(bounds=FREE)
"""A face whose own errors say which values there are."""
FROM_1 = {"ge": 1}


def cli_form(form: str, bounds: Mapping[str, Any] = FREE, **other: Any) -> On:
    """How the command line takes a field: of the limits of a server, it has none."""
    return On(typed=form, bounds=bounds, lengths=FREE, **other)


def meaning(
    words: str, typed: str | On = "", bounds: Mapping[str, Any] = FREE, /, **extra: Any
) -> msgspec.Meta:
    """What a field means, how it is ``typed`` on the command line, and as what other faces show it."""
    cli = cli_form(typed, bounds) if isinstance(typed, str) else typed
    return msgspec.Meta(description=words, extra={"cli": cli, **extra} if typed else extra)


SERVED = {"cli": NOWHERE, "mcp": NOWHERE}
"""What servers alone are asked."""
NOT_IN_MCP = {"mcp": NOWHERE}
NOT_SERVED = dict.fromkeys(("http", "graphql", "grpc"), NOWHERE)
_TYPED = ("graphql", "grpc")
"""Faces whose arguments are of one type each."""
ONLY_TYPED = dict.fromkeys(("cli", "http", "mcp"), NOWHERE)
ONLY_IN_MCP = {**NOT_SERVED, "cli": NOWHERE}

Text = Annotated[str, msgspec.Meta(max_length=TEXT_MAX)]
Names = Annotated[tuple[Name, ...], msgspec.Meta(max_length=NAMES_MAX)]
Labels = Annotated[tuple[Text, ...], msgspec.Meta(max_length=_LABELS_MAX)]
Count = Annotated[int, msgspec.Meta(ge=1, le=LIMIT_MAX)]
Whole = Annotated[int, msgspec.Meta(ge=-_WHOLE_MAX, le=_WHOLE_MAX)]
_TIME_MAX = 40
Time = Annotated[str, msgspec.Meta(max_length=_TIME_MAX)] | Whole
"""An integer in the unit of the links' times, or a date or time of ISO 8601."""
_WHOLE_TIME = dict.fromkeys(_TYPED, On(kind="whole", bounds={"ge": -_WHOLE_MAX, "le": _WHOLE_MAX}))
Share = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]

HexDigest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Height = Annotated[int, msgspec.Meta(ge=0, le=HEIGHT_MAX)]
BlockHeight = Annotated[
    Height,
    meaning("Height of a block; 0 is the first.", **dict.fromkeys(("graphql", "grpc"), UNBOUNDED)),
]
At = Annotated[
    Height | None,
    # A request of GraphQL is of one moment, which it names beside the query.
    meaning("Height of the block to answer for; ledgers only.", **SERVED, graphql=NOWHERE),
]
Cursor = Annotated[
    Annotated[str, msgspec.Meta(max_length=512)] | None,
    msgspec.Meta(
        description="The `cursor` of the page before; ask for the rest alike.",
        examples=["Ac_wV8qWJdzL4x9mQ1h0b2f__________wAAAAAAAAAK"],
    ),
]
Limit = Annotated[Count, msgspec.Meta(description="How many a page lists.", examples=[10])]

TOP = cli_form("--top -n N", FROM_1)
Top = Annotated[Count, meaning("How many are listed.", TOP)]
Particles = Annotated[
    Names,
    meaning(
        "Particles by name, in the place of the first ones; may be repeated.",
        **SERVED,
        graphql=NOWHERE,
        http=On("particle"),
    ),
]
_PARTICLE = "Name of a particle: text, a number or a CID."
ParticleText = Annotated[Text, meaning(_PARTICLE)]
ParticleName = Annotated[Name, meaning(_PARTICLE, http=On(bounds={"max_length": TEXT_MAX}))]
Target = Annotated[
    Text | int,
    meaning(
        _PARTICLE,
        "TARGET",
        mcp=On(
            "particle",
            kind="text",
            bounds=FREE,
            description="An entity's name, or an observation",
        ),
    ),
]
Seeds = Annotated[
    Names,
    meaning(
        "A particle where the asker stands; may be repeated.",
        "--from SEED",
        http=On("from"),
        mcp=On(
            "context",
            kind="text",
            default=(),
            lengths=FREE,
            description="Where the asker stands",
        ),
    ),
]
OneSeed = Annotated[Seeds, msgspec.Meta(min_length=1)]
ArgumentSeeds = Annotated[
    OneSeed, msgspec.Meta(extra={"http": On("seed"), "cli": cli_form("SEED...")})
]
Question = Annotated[
    Text,
    meaning("What is asked, in words.", "[QUESTION]", mcp=On(bounds=FREE, description="In words")),
]
_BETA = "Share of the context in the teleport"
Beta = Annotated[
    Share,
    meaning(f"{_BETA}.", cli_form("--beta X", description=f"{_BETA}, 0 to 1."), **NOT_IN_MCP),
]
_EFFORT = "How much work the answer is worth"
EFFORT = cli_form("--effort NAME", kind="text", description=f"{_EFFORT}: fast, balanced or exact.")
Effort = Annotated[
    Literal["fast", "balanced", "exact"], meaning(f"{_EFFORT}.", EFFORT, **NOT_IN_MCP)
]
Budget = Annotated[
    Annotated[int, msgspec.Meta(ge=1, le=10_000_000)] | None,
    meaning(
        "As many as these tokens have room for, in the place of `top`.",
        *("--budget-tokens N", FROM_1),
        mcp=On(bounds=FREE, description="Tokens at most"),
    ),
]
End = Annotated[Text | int | None, meaning("Only links with this particle there.")]
Direction = Annotated[
    Literal["out", "in"],
    meaning(
        "Links out of the particle, or into it.",
        graphql=On(description="Links out of a particle, or into it."),
    ),
]
Relation = Annotated[Text | None, meaning("Only links of this kind.", "--relation -r NAME")]
Relations = Annotated[
    Labels,
    meaning(
        "Only ends of links of this kind; may be repeated.", "--relation -r NAME", **NOT_IN_MCP
    ),
]
Authors = Annotated[
    Labels,
    meaning("Only ends of links by this author; may be repeated.", "--author NAME", **NOT_IN_MCP),
]
Since = Annotated[
    Time | None,
    meaning(
        "Only ends of links from then on: an integer as links have it, or an ISO date.",
        cli_form(
            "--since TIME",
            kind="text",
            description="Only ends of links from this time on: an integer, or an ISO date.",
        ),
        **{**NOT_IN_MCP, **_WHOLE_TIME},
    ),
]
Until = Annotated[
    Time | None,
    meaning(
        "Only ends of links up to then; of a date, the whole day.",
        cli_form(
            "--until TIME",
            kind="text",
            description="Only ends of links up to this time; of a date, the whole day.",
        ),
        **{**NOT_IN_MCP, **_WHOLE_TIME},
    ),
]
AsOf = Annotated[
    Time | None,
    meaning(
        "What stood then: told by that time, and not yet superseded.",
        cli_form(
            "--as-of TIME",
            kind="text",
            description="What stood at this time: told by then, and not yet superseded.",
        ),
        mcp=On(bounds=FREE, description="What stood then: a time as `told`, or an ISO date"),
        **_WHOLE_TIME,
    ),
]
TimeAsDate = Annotated[
    Annotated[str, msgspec.Meta(max_length=_TIME_MAX)] | None,
    meaning("The same as a date or time of ISO 8601, in its place.", **ONLY_TYPED),
]
Kinds = Annotated[
    Labels,
    meaning(
        "Only particles of this kind; may be repeated.",
        "--kind NAME",
        http=On("kind"),
        mcp=On("entityType", bounds=FREE, lengths=FREE, description="Only of these types"),
    ),
]
WithText = Annotated[bool, meaning("Only particles that have a text.", "--with-text", **NOT_IN_MCP)]
IncludeContext = Annotated[
    bool,
    meaning(
        "List the particles where you stand too.",
        "--include-context",
        mcp=On(description="List the context too"),
    ),
]
Diversity = Annotated[
    Share | None,
    meaning("List less of the same: 0 what differs, 1 what matters.", "--mmr X", **NOT_IN_MCP),
]
Why = Annotated[bool, meaning("With the links by which each was come upon.", **NOT_IN_MCP)]
Steps = Annotated[Count, meaning("How many particles are drawn.", "--steps N", {"ge": 0})]
Walks = Annotated[
    Count,
    meaning("How many walks are listed.", "--walks N", FROM_1, mcp=On(bounds={"ge": 1, "le": 100})),
]
Temperature = Annotated[
    Annotated[float, msgspec.Meta(ge=0.0, le=1e6)],
    meaning("0 draws the best, more draws more evenly.", "--temperature X"),
]
Chance = Annotated[
    Whole,
    meaning("Seed of the random draw: the same number draws the same walk.", "--seed N"),
]
Candidates = Annotated[Count, meaning("Drawn among so many of the best.", "--candidates K", FROM_1)]


class AtHeight(msgspec.Struct, frozen=True, kw_only=True):
    """What every query of a ledger's state takes besides its own parameters."""

    at: At = None


class OfPage(msgspec.Struct, frozen=True, kw_only=True):
    """What a query of many items takes besides."""

    limit: Limit = 20
    cursor: Cursor = None
