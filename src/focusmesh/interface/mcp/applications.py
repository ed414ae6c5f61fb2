"""Tools of the applications, where the memory is a ledger: queries, and commands that are signed with its key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh.errors import ParameterError
from focusmesh.host.service import operation_of, verbs
from focusmesh.interface.mcp import answers
from focusmesh.interface.mcp.ledger_store import LedgerStore
from focusmesh.interface.mcp.paging import render_answer
from focusmesh.interface.mcp.schemas import output_schema, said, taken_by
from focusmesh.interface.mcp.tool import Answer, Tool

if TYPE_CHECKING:
    from focusmesh.host.service import Verb
    from focusmesh.interface.mcp.schemas import Schema
    from focusmesh.interface.mcp.store import MemoryStore
    from focusmesh.interface.mcp.tools import Tools

_PLACED = output_schema(
    {
        "signal": said("string", "The id of the signal"),
        "height": said("integer", "The block that it is in"),
        "fee": said("integer", "What it cost, in base units"),
    }
)


class PlacedCommand(msgspec.Struct, frozen=True):
    """Where a command stands."""

    signal: str
    height: int
    fee: int


def application_tools(store: MemoryStore, *, commands: bool) -> list[Tool]:
    """One tool for each query of the applications that MCP offers, and for each of their ``commands`` if told to.

    None where the memory is no ledger. A command is signed with the ledger's key, whoever the agent listens to.
    """
    if not isinstance(store, LedgerStore):
        return []
    return [
        _command(store, each) if each.is_command else _query(store, each)
        for each in verbs("mcp")
        if commands or not each.is_command
    ]


def _query(store: LedgerStore, verb: Verb) -> Tool:
    def answer(tools: Tools, asked: dict[str, Any]) -> Answer:
        found = store.applications.answer(verb.does, asked)
        if not answers.fits(found, tools.budget_tokens):
            raise ParameterError(
                f"{verb.place}: the answer takes more than {tools.budget_tokens:,} tokens: ask for less"
            )
        return Answer(render_answer(found), found)

    return _tool(verb, verb.does.words, _shape(verb.answers), answer)


def _command(store: LedgerStore, verb: Verb) -> Tool:
    def answer(_: Tools, asked: dict[str, Any]) -> Answer:
        placed = store.send(operation_of(verb.does, asked))
        done = PlacedCommand(placed.signal.hex(), placed.height, placed.fee)
        return Answer(render_answer(done), done)

    signs = (
        f"Signs the operation {verb.does.operation.name()} with the key {store.ledger.neuron.hex()}, sends it and "
        "waits for its block. That key pays the fee, and nothing takes the signal back."
    )
    return _tool(verb, f"{verb.does.words} {signs}", _PLACED, answer, writes=True)


def _tool(verb: Verb, words: str, shape: Schema, answer: Any, *, writes: bool = False) -> Tool:
    title = verb.place.replace("_", " ").title()
    schemas = taken_by(verb.parameters), shape
    return Tool(verb.place, title, words, schemas, dict, answer, writes=writes)


def _shape(record: type[msgspec.Struct]) -> Schema:
    """The schema of a record; the protocol wants an object at its root."""
    (root,), known = msgspec.json.schema_components([record], ref_template="#/$defs/{name}")
    name = root["$ref"].rpartition("/")[2]
    return {**known.pop(name), "$defs": known}
