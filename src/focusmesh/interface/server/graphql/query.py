"""What can be asked: the routes of HTTP, as fields. Each asks the moment or the ledger; there is nothing else to it."""

from __future__ import annotations

from typing import Any

import msgspec

from focusmesh.host.service import LEDGER_QUESTIONS, NETWORK_QUESTIONS, QUESTIONS
from focusmesh.interface.server.graphql import answers
from focusmesh.interface.server.graphql.applications import application_fields
from focusmesh.interface.server.graphql.framework import Info, strawberry
from focusmesh.interface.server.graphql.resolvers import ask_moment, question_resolver
from focusmesh.interface.server.graphql.types import Document, field, made_type


def _status(info: Info) -> Any:
    """What is served, and how it stands."""
    return info.context.answer(lambda moment, _: info.context.service.status(moment))


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
    "signal": ("Where a signal stands.", _ask_ledger),
}
"""What describes a question here where its record does not, and what asks it."""


OF_LEDGERS = (
    *("blocks", "block", "account", "weight", "proof", "signal"),
    *("finality", "decisions", "validators", "peers"),
    *("rank_receipt", "link_receipt", "context_receipt"),
)
"""The questions of ledgers that are fields, in this order. What light clients fetch is none."""


def query_type() -> Any:
    """The type of all that can be asked: what stands above, the questions, and the queries of the applications."""
    return strawberry.type(
        type("Query", (), {**_fields(), **application_fields()}),
        description="What can be asked. All answers of one request are of one moment.",
    )


def _question_field(record: Any, ask: Any = ask_moment) -> Any:
    kind = Document if ask is _ask_receipt else made_type(record.answers)
    return field(kind | None, question_resolver(record, *_OTHERWISE.get(record.name(), ("", ask))))


def _ledger_field(name: str) -> Any:
    record = (LEDGER_QUESTIONS | NETWORK_QUESTIONS)[name]
    return _question_field(record, _ask_receipt if name.endswith("_receipt") else _ask_ledger)


def _fields() -> dict[str, Any]:
    asked = {name: _question_field(record) for name, record in QUESTIONS.items()}
    return {
        "status": field(answers.Status | None, _status),
        **{name: asked.pop(name) for name in ("rank", "particle", "particles", "links")},
        **asked,
        **{name: _ledger_field(name) for name in OF_LEDGERS},
    }
