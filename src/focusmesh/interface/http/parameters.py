"""What routes take, each parameter written once: its name, its range, what it means."""

from __future__ import annotations

from typing import Annotated, Literal

from focusmesh.interface.http.answering import Server
from focusmesh.interface.http.framework import NamedDependency, Parameter, QueryParameter

TheServer = NamedDependency[Server]
"""This process's server; litestar gives it to whoever calls a parameter ``server``."""

_HEIGHT_MAX = 2**53
_TEXT = 16_384

At = Annotated[
    int | None,
    Parameter(ge=0, le=_HEIGHT_MAX, description="Height of the block to answer for; ledgers only."),
]
Height = Annotated[
    int, Parameter(ge=0, le=_HEIGHT_MAX, description="Height of a block; 0 is the first.")
]
Cursor = Annotated[
    str | None,
    Parameter(
        max_length=512, description="The `cursor` of the page before; ask for the rest alike."
    ),
]
Top = Annotated[int, Parameter(ge=1, le=1_000, description="How many are listed.")]
Limit = Annotated[int, Parameter(ge=1, le=1_000, description="How many a page lists.")]
Particle = Annotated[
    str, Parameter(max_length=_TEXT, description="Name of a particle: text, a number or a CID.")
]
Particles = Annotated[
    list[str] | None, Parameter(max_items=1_000, description="Particles by name; may be repeated.")
]
Seeds = Annotated[
    list[str],
    QueryParameter(
        name="seed",
        min_items=1,
        max_items=1_000,
        description="A particle where the asker stands; may be repeated.",
    ),
]
From = Annotated[
    list[str] | None,
    QueryParameter(
        name="from",
        max_items=1_000,
        description="A particle where the asker stands; may be repeated.",
    ),
]
Standing = Annotated[
    list[str],
    QueryParameter(
        name="from",
        min_items=1,
        max_items=1_000,
        description="A particle of the context; may be repeated.",
    ),
]
Beta = Annotated[
    float, Parameter(ge=0.0, le=1.0, description="Share of the context in the teleport.")
]
Effort = Annotated[
    Literal["fast", "balanced", "exact"],
    Parameter(description="How much work the answer is worth."),
]
Question = Annotated[
    str | None, Parameter(max_length=_TEXT, description="What is asked, in words.")
]
Asked = Annotated[
    str, Parameter(min_length=1, max_length=_TEXT, description="What is asked, in words.")
]
Budget = Annotated[
    int | None,
    Parameter(ge=1, le=10_000_000, description="As many as these tokens have room for."),
]
Relations = Annotated[
    list[str] | None,
    QueryParameter(name="relation", max_items=100, description="Only ends of links of this kind."),
]
Authors = Annotated[
    list[str] | None,
    QueryParameter(name="author", max_items=100, description="Only ends of links by this author."),
]
Relation = Annotated[
    str | None, Parameter(max_length=_TEXT, description="Only links of this kind.")
]
Author = Annotated[
    str | None, Parameter(max_length=_TEXT, description="Only links by this author.")
]
End = Annotated[
    str | None, Parameter(max_length=_TEXT, description="Only links with this particle there.")
]
Time = Annotated[
    int | None,
    Parameter(ge=-(2**62), le=2**62, description="Only ends of links from, or up to, then."),
]
Diversity = Annotated[
    float | None,
    Parameter(ge=0.0, le=1.0, description="List less of the same: 0 what differs, 1 what matters."),
]
Why = Annotated[bool, Parameter(description="With the links by which each was come upon.")]
Steps = Annotated[int, Parameter(ge=1, le=1_000, description="How many particles are drawn.")]
Walks = Annotated[int, Parameter(ge=1, le=1_000, description="How many walks are listed.")]
Temperature = Annotated[
    float, Parameter(ge=0.0, le=1e6, description="0 draws the best, more draws more evenly.")
]
Chance = Annotated[
    int, Parameter(ge=-(2**62), le=2**62, description="Another number, another walk.")
]
Candidates = Annotated[
    int, Parameter(ge=1, le=1_000, description="Drawn among so many of the best.")
]
Direction = Annotated[
    Literal["out", "in"], Parameter(description="Links out of the particle, or into it.")
]
Neuron = Annotated[
    str, Parameter(pattern="^[0-9a-f]{64}$", description="A public key, in hexadecimal.")
]
OptionalNeuron = Annotated[
    str | None, Parameter(pattern="^[0-9a-f]{64}$", description="Only the link of this public key.")
]
StateKey = Annotated[
    str,
    Parameter(pattern="^([0-9a-f]{2}){1,1024}$", description="A key of the state, in hexadecimal."),
]
Wait = Annotated[
    float, Parameter(ge=0.0, le=3_600.0, description="Seconds to wait for the signal's block.")
]
OptionalTop = Annotated[
    int | None, Parameter(ge=1, le=1_000, description="The first so many of the focus.")
]
