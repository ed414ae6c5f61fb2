"""The types of answers: records, in which particles are walked on from. A value of a type is its record."""

from __future__ import annotations

from typing import Annotated, Any

from focusmesh.interface.graphql.framework import Info, strawberry
from focusmesh.interface.graphql.types import (
    Direction,
    Effort,
    Name,
    field,
    typed,
)
from focusmesh.interface.service import records

# Types of particles and of links name each other: this one is looked up when the schema is made.
OneParticle: Any = Annotated["Particle", strawberry.lazy(__name__)]


def _particle_at(name: str) -> Any:
    def resolve(root: Any, info: Info) -> Any:
        """The particle."""
        return info.context.particle(getattr(root, name))

    return field(OneParticle, resolve)


def _particles_at(name: str) -> Any:
    def resolve(root: Any, info: Info) -> Any:
        """The particles."""
        return info.context.particles(getattr(root, name))

    return field(list[OneParticle], resolve)


def _name(root: Any) -> Any:
    """What it is called."""
    return root.particle


def _links(
    root: Any,
    info: Info,
    direction: Direction = Direction.out,
    limit: int = 10,
    cursor: str | None = None,
) -> Any:
    """The links out of it, or into it, heaviest axon first."""
    return info.context.answer(
        lambda moment, _: moment.neighbours(
            root.particle, direction=direction.value, limit=limit, cursor=cursor
        )
    )


def _context(
    root: Any,
    info: Info,
    top: int = 20,
    beta: float = 0.5,
    effort: Effort = Effort.balanced,
) -> Any:
    """What matters from here."""
    return info.context.answer(
        lambda moment, progress: moment.context(
            [root.particle], top, beta=beta, effort=effort.value, progress=progress
        )
    )


def _explain(root: Any, info: Info, seeds: list[Name], walks: int = 5, beta: float = 0.5) -> Any:
    """The strongest walks by which `seeds` reach it."""
    return info.context.answer(
        lambda moment, progress: moment.explain(
            root.particle, seeds, walks=walks, beta=beta, progress=progress
        )
    )


Status = typed("Status", records.Status)
Item = typed("Item", records.Item, particle=_particle_at("particle"))
Ranking = typed("Ranking", records.Ranking)
Context = typed("Context", records.ContextAnswer)
Path = typed("Path", records.PathRecord, particles=_particles_at("particles"))
WeighedPath = typed("WeighedPath", records.WalkRecord, particles=_particles_at("particles"))
Explanation = typed("Explanation", records.ExplanationAnswer)
Entry = typed("Entry", records.Entry, particle=_particle_at("particle"))
RecalledItem = typed("RecalledItem", records.RecalledRow, particle=_particle_at("particle"))
Recall = typed("Recall", records.RecallAnswer)
Stop = typed("Stop", records.Stop, particle=_particle_at("particle"))
Walk = typed("Walk", records.WalkAnswer)
Asked = typed("Asked", records.AskedAnswer)
Link = typed("Link", records.LinkRow, source=_particle_at("source"), target=_particle_at("target"))
LinkPage = typed("LinkPage", records.LinkPage)
ParticlePage = typed("ParticlePage", records.ParticlePage, items=_particles_at("items"))
Particle = typed(
    "Particle",
    records.ParticleAnswer,
    left_out=("particle", "root", "height"),
    name=field(Name, _name),
    links=field(LinkPage | None, _links),
    context=field(Context | None, _context),
    explain=field(Explanation | None, _explain),
)
Signal = typed("Signal", records.PlacedSignal)
BlockSummary = typed("BlockSummary", records.BlockSummary)
BlockPage = typed("BlockPage", records.BlockPage)
Block = typed("Block", records.Block)
Account = typed("Account", records.Account)
Proof = typed("Proof", records.ProofAnswer)
