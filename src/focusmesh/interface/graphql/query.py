"""What can be asked: the routes of HTTP, as fields. Each asks the moment or the ledger; there is nothing else to it."""

from __future__ import annotations

from typing import Any

import msgspec

from focusmesh.interface.graphql import answers
from focusmesh.interface.graphql.framework import Info, strawberry
from focusmesh.interface.graphql.types import (
    Document,
    Effort,
    Integer,
    Name,
    field,
)
from focusmesh.interface.service import ParticlePage

Names = list[Name]
Texts = list[str]


def _status(info: Info) -> Any:
    """What is served, and how it stands."""
    return info.context.answer(lambda moment, _: info.context.service.status(moment))


def _rank(info: Info, top: int = 10, cursor: str | None = None) -> Any:
    """The particles of most focus, best first."""
    return info.context.answer(lambda moment, _: moment.rank(top, cursor))


def _particle(info: Info, name: Name) -> Any:
    """One particle."""
    return info.context.particle(name)


def _particles(
    info: Info, names: Names | None = None, limit: int = 100, cursor: str | None = None
) -> Any:
    """Those of these names, or all, in their own order."""
    if names is None:
        return info.context.answer(lambda moment, _: moment.particles(limit, cursor))
    moment = info.context.moment
    items: Any = names
    return ParticlePage(root=moment.root, height=moment.height, items=items)


def _links(
    info: Info,
    source: Name | None = None,
    target: Name | None = None,
    relation: str | None = None,
    author: str | None = None,
    limit: int = 100,
    cursor: str | None = None,
) -> Any:
    """Links in their own order: all, or those that have what is named."""
    return info.context.answer(
        lambda moment, _: moment.links(
            source=source,
            target=target,
            relation=relation,
            author=author,
            limit=limit,
            cursor=cursor,
        )
    )


def _context(
    info: Info,
    seeds: Names,
    top: int = 20,
    beta: float = 0.5,
    effort: Effort = Effort.balanced,
) -> Any:
    """What matters from where the seeds stand, with a bound that says whether the order is settled."""
    return info.context.answer(
        lambda moment, progress: moment.context(
            seeds, top, beta=beta, effort=effort.value, progress=progress
        )
    )


def _recall(
    info: Info,
    question: str | None = None,
    seeds: Names = [],  # noqa: B006 - nothing changes it
    top: int = 10,
    budget_tokens: int | None = None,
    relation: Texts = [],  # noqa: B006
    author: Texts = [],  # noqa: B006
    since: Integer | None = None,
    until: Integer | None = None,
    mmr: float | None = None,
    effort: Effort = Effort.fast,
    why: bool = False,
    cursor: str | None = None,
) -> Any:
    """What a question in words comes upon, and what links tie to that; seeds alone do too."""
    return info.context.answer(
        lambda moment, progress: moment.recall(
            question,
            None if budget_tokens is not None else top,
            seeds=seeds,
            budget_tokens=budget_tokens,
            relation=relation,
            author=author,
            since=since,
            until=until,
            mmr=mmr,
            effort=effort.value,
            cursor=cursor,
            why=why,
            progress=progress,
        )
    )


def _ask(
    info: Info,
    question: str,
    seeds: Names = [],  # noqa: B006
    steps: int = 6,
    temperature: float = 0.5,
    seed: Integer = 0,  # type: ignore[assignment]
    candidates: int = 20,
    effort: Effort = Effort.balanced,
) -> Any:
    """Where a question leads: particles with their texts, drawn one after the other; nothing is made up."""
    return info.context.answer(
        lambda moment, progress: moment.ask(
            question,
            steps,
            seeds=seeds,
            temperature=temperature,
            seed=seed,
            candidates=candidates,
            effort=effort.value,
            progress=progress,
        )
    )


def _explain(info: Info, target: Name, seeds: Names, walks: int = 5, beta: float = 0.5) -> Any:
    """The strongest walks by which a context reaches a particle, with their shares of its score."""
    return info.context.answer(
        lambda moment, progress: moment.explain(
            target, seeds, walks=walks, beta=beta, progress=progress
        )
    )


def _walk(
    info: Info,
    seeds: Names,
    steps: int = 8,
    temperature: float = 1.0,
    seed: Integer = 0,  # type: ignore[assignment]
    candidates: int = 20,
    beta: float = 0.5,
    effort: Effort = Effort.balanced,
) -> Any:
    """Particles drawn one after the other from where a context stands; each joins it."""
    return info.context.answer(
        lambda moment, progress: moment.walk(
            seeds,
            steps,
            temperature=temperature,
            seed=seed,
            candidates=candidates,
            beta=beta,
            effort=effort.value,
            progress=progress,
        )
    )


def _blocks(info: Info, limit: int = 20, cursor: str | None = None) -> Any:
    """Blocks, newest first."""
    return info.context.answer(lambda _, __: info.context.service.ledger.blocks(limit, cursor))


def _block(info: Info, height: Integer) -> Any:
    """One block: its header, the proposer's signature, what became of its signals."""
    return info.context.answer(lambda _, __: info.context.service.ledger.block(height))


def _account(info: Info, neuron: str) -> Any:
    """What a neuron owns, has staked and locked in links; the nonce of its next signal."""
    return info.context.answer(
        lambda moment, _: info.context.service.ledger.account(neuron, moment.height)
    )


def _proof(info: Info, key: str) -> Any:
    """The ICS-23 proof that a key of the state has a value, or has none."""
    return info.context.answer(
        lambda moment, _: info.context.service.ledger.proof(key, moment.height)
    )


def _signal(info: Info, id: str) -> Any:  # noqa: A002 - the field is called so
    """Where a signal stands."""
    return info.context.answer(lambda _, __: info.context.service.ledger.signals.placed(id))


def _finality(info: Info) -> Any:
    """How the network stands: the last decided block, its epoch and round, who decides."""
    return info.context.answer(lambda _, __: info.context.service.ledger.networks.finality())


def _decisions(info: Info, limit: int = 20, cursor: str | None = None) -> Any:
    """What made the last blocks final, newest first: rounds, and whose votes."""
    return info.context.answer(
        lambda _, __: info.context.service.ledger.networks.decisions(limit, cursor)
    )


def _validators(info: Info) -> Any:
    """Who has a bond, what each vote weighs, what is on its way back, who voted lately."""
    return info.context.answer(lambda _, __: info.context.service.ledger.networks.validators())


def _peers(info: Info) -> Any:
    """The node that runs on this ledger, and who is connected to it."""
    return info.context.answer(lambda _, __: info.context.service.ledger.networks.peers())


def _rank_receipt(info: Info, top: int | None = None, particles: Texts = []) -> Any:  # noqa: B006
    """A receipt of the first `top` particles, or of the scores of some; `focusmesh verify` checks it."""
    return _receipt(info, "rank_receipt", top=top, particles=particles)


def _link_receipt(
    info: Info, source: str, target: str, relation: str | None = None, neuron: str | None = None
) -> Any:
    """A receipt of the axon between two particles, or of the link that a neuron made: there, or not."""
    return _receipt(
        info, "link_receipt", source=source, target=target, relation=relation, neuron=neuron
    )


def _context_receipt(info: Info, seeds: Texts, top: int = 20, beta: float = 0.5) -> Any:
    """A receipt of what matters from the seeds, as far as the rows that travel in it prove."""
    return _receipt(info, "context_receipt", seeds=seeds, top=top, beta=beta)


def _receipt(info: Info, kind: str, **asked: Any) -> Any:
    def ask(moment: Any, _: Any) -> Any:
        make = getattr(info.context.service.ledger, kind)
        return msgspec.json.decode(make(**asked, at=moment.height).to_json())

    return info.context.answer(ask)


Query = strawberry.type(
    type(
        "Query",
        (),
        {
            "status": field(answers.Status | None, _status),
            "rank": field(answers.Ranking | None, _rank),
            "particle": field(answers.Particle | None, _particle),
            "particles": field(answers.ParticlePage | None, _particles),
            "links": field(answers.LinkPage | None, _links),
            "context": field(answers.Context | None, _context),
            "recall": field(answers.Recall | None, _recall),
            "ask": field(answers.Asked | None, _ask),
            "explain": field(answers.Explanation | None, _explain),
            "walk": field(answers.Walk | None, _walk),
            "blocks": field(answers.BlockPage | None, _blocks),
            "block": field(answers.Block | None, _block),
            "account": field(answers.Account | None, _account),
            "proof": field(answers.Proof | None, _proof),
            "signal": field(answers.Signal | None, _signal),
            "finality": field(answers.Finality | None, _finality),
            "decisions": field(answers.DecisionPage | None, _decisions),
            "validators": field(answers.Validators | None, _validators),
            "peers": field(answers.Peers | None, _peers),
            "rank_receipt": field(Document | None, _rank_receipt),
            "link_receipt": field(Document | None, _link_receipt),
            "context_receipt": field(Document | None, _context_receipt),
        },
    ),
    description="What can be asked. All answers of one request are of one moment.",
)
