"""Fields of the applications: one for each query, and one for each command that encodes its operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args, get_type_hints

import msgspec

from focusmesh.host.service import encode_operation, verbs
from focusmesh.interface.server.graphql.framework import Info
from focusmesh.interface.server.graphql.resolvers import resolver
from focusmesh.interface.server.graphql.types import field, made_type

if TYPE_CHECKING:
    from focusmesh.host.service import Verb


def application_fields() -> dict[str, Any]:
    """One field for each verb of the applications that GraphQL offers."""
    return {verb.place: _field(verb) for verb in verbs("graphql")}


def _field(verb: Verb) -> Any:
    def query(_: Any, info: Info, given: dict[str, Any]) -> Any:
        return info.context.answer(
            lambda moment, _: info.context.service.ledger.applications.answer(
                verb.does, {**given, "at": moment.height}
            )
        )

    def command(_: Any, __: Info, given: dict[str, Any]) -> Any:
        return encode_operation(verb.does, given)

    # A request is of one moment, which it names beside the query.
    parameters = [each for each in verb.parameters if each.name != "at"]
    made = resolver(command if verb.is_command else query, verb.does.words, parameters)
    return field(_type(verb.answers) | None, made)


def _type(record: type[msgspec.Struct]) -> Any:
    """The type of a record and before it those of the records in it."""
    for hint in get_type_hints(record).values():
        for inner in (hint, *get_args(hint)):
            if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
                _type(inner)
    return made_type(record)
