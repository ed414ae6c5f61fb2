"""The types of answers: records, in which particles are walked on from. A value of a type is its record."""

from __future__ import annotations

from typing import Annotated, Any

from focusmesh.interface import service
from focusmesh.interface.graphql.framework import Info, strawberry
from focusmesh.interface.graphql.types import (
    Direction,
    Effort,
    Name,
    field,
    typed,
)

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


Status = typed("Status", service.Status)
Item = typed("Item", service.Item, particle=_particle_at("particle"))
Ranking = typed("Ranking", service.Ranking)
Context = typed("Context", service.ContextAnswer)
Path = typed("Path", service.PathRecord, particles=_particles_at("particles"))
WeighedPath = typed("WeighedPath", service.WalkRecord, particles=_particles_at("particles"))
Explanation = typed("Explanation", service.ExplanationAnswer)
Entry = typed("Entry", service.Entry, particle=_particle_at("particle"))
RecalledItem = typed("RecalledItem", service.RecalledRow, particle=_particle_at("particle"))
Recall = typed("Recall", service.RecallAnswer)
Stop = typed("Stop", service.Stop, particle=_particle_at("particle"))
Walk = typed("Walk", service.WalkAnswer)
Asked = typed("Asked", service.AskedAnswer)
Link = typed("Link", service.LinkRow, source=_particle_at("source"), target=_particle_at("target"))
LinkPage = typed("LinkPage", service.LinkPage)
ParticlePage = typed("ParticlePage", service.ParticlePage, items=_particles_at("items"))
Particle = typed(
    "Particle",
    service.ParticleAnswer,
    left_out=("particle", "root", "height"),
    name=field(Name, _name),
    links=field(LinkPage | None, _links),
    context=field(Context | None, _context),
    explain=field(Explanation | None, _explain),
)
Signal = typed("Signal", service.PlacedSignal)
BlockSummary = typed("BlockSummary", service.BlockSummary)
BlockPage = typed("BlockPage", service.BlockPage)
Block = typed("Block", service.Block)
Account = typed("Account", service.Account)
Proof = typed("Proof", service.ProofAnswer)
DecisionRow = typed("DecisionRow", service.DecisionRow)
DecisionPage = typed("DecisionPage", service.DecisionPage)
Unbonding = typed("Unbonding", service.UnbondingRow)
ValidatorRow = typed("ValidatorRow", service.ValidatorRow)
Validators = typed("Validators", service.ValidatorsAnswer)
PeerRow = typed("PeerRow", service.PeerRow)
Peers = typed("Peers", service.PeersAnswer)
Finality = typed("Finality", service.FinalityAnswer)
