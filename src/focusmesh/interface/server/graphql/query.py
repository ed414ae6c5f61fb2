"""What can be asked: the routes of HTTP, as fields. Each asks the moment or the ledger; there is nothing else to it."""

from __future__ import annotations

from typing import Any

import msgspec

from focusmesh.host.service import LEDGER_QUESTIONS, QUESTIONS
from focusmesh.interface.server.graphql import answers
from focusmesh.interface.server.graphql.applications import application_fields
from focusmesh.interface.server.graphql.framework import Info, strawberry
from focusmesh.interface.server.graphql.resolvers import ask_moment, question_resolver
from focusmesh.interface.server.graphql.types import Document, Integer, field, made_type


def _status(info: Info) -> Any:
    """What is served, and how it stands."""
    return info.context.answer(lambda moment, _: info.context.service.status(moment))


def _block(info: Info, height: Integer) -> Any:
    """One block: its header, the proposer's signature, what became of its signals."""
    return info.context.answer(lambda _, __: info.context.service.ledger.block(height))


def _signal(info: Info, id: str) -> Any:  # noqa: A002 - the field is called so
    """Where a signal stands."""
    return info.context.answer(lambda _, __: info.context.service.ledger.signals.placement(id))


def _finality(info: Info) -> Any:
    """How the network stands: the last decided block, its epoch and round, who decides."""
    return info.context.answer(lambda _, __: info.context.service.ledger.networks.finality())


def _validators(info: Info) -> Any:
    """Who has a bond, what each vote weighs, what is on its way back, who voted lately."""
    return info.context.answer(lambda _, __: info.context.service.ledger.networks.validators())


def _peers(info: Info) -> Any:
    """The node that runs on this ledger, and who is connected to it."""
    return info.context.answer(lambda _, __: info.context.service.ledger.networks.peers())


def _ask_particle(info: Info, asked: Any) -> Any:
    return info.context.particle(asked.particle)


def _ask_ledger(info: Info, asked: Any) -> Any:
    """Of the moment of the request, where the question can be asked of any."""

    def ask(moment: Any, _: Any) -> Any:
        of = {"at": moment.height} if hasattr(asked, "at") else {}
        return msgspec.structs.replace(asked, **of).ask(info.context.service.ledger)

    return info.context.answer(ask)


def _ask_receipt(info: Info, asked: Any) -> Any:
    return msgspec.json.decode(_ask_ledger(info, asked).to_json())


_OTHERWISE: dict[str, tuple[Any, ...]] = {
    "particle": ("One particle.", _ask_particle),
    "particles": ("Those of these names, or all, in their own order.",),
    "links": ("Links in their own order: all, or those that have what is named.",),
    "blocks": ("Blocks, newest first.", _ask_ledger),
}
"""What describes a question here where its record does not, and what asks it."""


def query_type() -> Any:
    """The type of all that can be asked: what stands above, the questions, and the queries of the applications."""
    return strawberry.type(
        type("Query", (), {**_fields(), **application_fields()}),
        description="What can be asked. All answers of one request are of one moment.",
    )


def _question_field(record: Any, ask: Any = ask_moment) -> Any:
    kind = Document if ask is _ask_receipt else made_type(record.answers)
    return field(kind | None, question_resolver(record, *_OTHERWISE.get(record.name(), ("", ask))))


def _fields() -> dict[str, Any]:
    asked = {name: _question_field(record) for name, record in QUESTIONS.items()}
    ledger = {
        name: _question_field(record, _ask_receipt if name.endswith("_receipt") else _ask_ledger)
        for name, record in LEDGER_QUESTIONS.items()
        if name != "content"
    }
    return {
        "status": field(answers.Status | None, _status),
        **{name: asked.pop(name) for name in ("rank", "particle", "particles", "links")},
        **asked,
        "blocks": ledger.pop("blocks"),
        "block": field(answers.Block | None, _block),
        "account": ledger.pop("account"),
        "proof": ledger.pop("proof"),
        "signal": field(answers.Signal | None, _signal),
        "finality": field(answers.Finality | None, _finality),
        "decisions": ledger.pop("decisions"),
        "validators": field(answers.Validators | None, _validators),
        "peers": field(answers.Peers | None, _peers),
        **ledger,
    }
