"""The types of answers: records, in which particles are walked on from. A value of a type is its record."""

from __future__ import annotations

from typing import Annotated, Any

from focusmesh.host import service
from focusmesh.interface.server.graphql.framework import Info, strawberry
from focusmesh.interface.server.graphql.resolvers import question_resolver
from focusmesh.interface.server.graphql.types import Name, field, record_type

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


Promises = record_type("Promises", service.PromisesAnswer)
Status = record_type("Status", service.Status)
Item = record_type("Item", service.Item, particle=_particle_at("particle"))
Ranking = record_type("Ranking", service.Ranking)
Context = record_type("Context", service.ContextAnswer)
Path = record_type("Path", service.PathRecord, particles=_particles_at("particles"))
Mention = record_type("Mention", service.MentionRow)
WeighedPath = record_type("WeighedPath", service.WalkRecord, particles=_particles_at("particles"))
Explanation = record_type("Explanation", service.ExplanationAnswer)
Entry = record_type("Entry", service.Entry, particle=_particle_at("particle"))
RecalledItem = record_type("RecalledItem", service.RecalledRow, particle=_particle_at("particle"))
Recall = record_type("Recall", service.RecallAnswer)
Stop = record_type("Stop", service.Stop, particle=_particle_at("particle"))
Walk = record_type("Walk", service.WalkAnswer)
Asked = record_type("Asked", service.AskedAnswer)
Link = record_type(
    "Link", service.LinkRow, source=_particle_at("source"), target=_particle_at("target")
)
LinkPage = record_type("LinkPage", service.LinkPage)
ParticlePage = record_type("ParticlePage", service.ParticlePage, items=_particles_at("items"))
ParticleProperty = record_type("ParticleProperty", service.ParticleProperty)
Particle = record_type(
    "Particle",
    service.ParticleAnswer,
    left_out=("particle", "root", "height"),
    name=field(Name, _name),
    links=field(
        LinkPage | None,
        question_resolver(service.ListNeighbours, particle=lambda root: root.particle),
    ),
    context=field(
        Context | None,
        question_resolver(
            service.Context, "What matters from here.", seeds=lambda root: [root.particle]
        ),
    ),
    explain=field(
        Explanation | None,
        question_resolver(
            service.Explain,
            "The strongest walks by which `seeds` reach it.",
            target=lambda root: root.particle,
        ),
    ),
)
DerivedRelation = record_type("DerivedRelation", service.DerivedRelation)
Derived = record_type("Derived", service.DeriveAnswer)
RuleFailure = record_type("RuleFailure", service.RuleFailureRow)
Reason = record_type("Reason", service.WhyAnswer)
Signal = record_type("Signal", service.PlacedSignal)
BlockSummary = record_type("BlockSummary", service.BlockSummary)
BlockPage = record_type("BlockPage", service.BlockPage)
Block = record_type("Block", service.Block)
Account = record_type("Account", service.Account)
Proof = record_type("Proof", service.ProofAnswer)
DecisionRow = record_type("DecisionRow", service.DecisionRow)
DecisionPage = record_type("DecisionPage", service.DecisionPage)
Unbonding = record_type("Unbonding", service.UnbondingRow)
ValidatorRow = record_type("ValidatorRow", service.ValidatorRow)
Validators = record_type("Validators", service.ValidatorsAnswer)
PeerRow = record_type("PeerRow", service.PeerRow)
Peers = record_type("Peers", service.PeersAnswer)
Finality = record_type("Finality", service.FinalityAnswer)
