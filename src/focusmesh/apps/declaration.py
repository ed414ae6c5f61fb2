"""What an application says of itself, once: its operations, its commands and queries, and where these are offered.

The command line, HTTP, GraphQL, gRPC and MCP read this and make their verbs of it; none of them knows an application.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import msgspec

    from focusmesh.kernel.runtime import Operation
    from focusmesh.kernel.state import StateView

NOWHERE = ""
"""A verb that a face does not offer."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where each face offers a verb: None is the place that follows from its name, ``NOWHERE`` is none.

    For an application ``toy`` and a query ``notes`` these are ``toy notes``, ``/v1/toy/notes``, ``toy_notes``,
    ``ToyService/Notes`` and ``toy_notes``.
    """

    cli: str | None = None
    http: str | None = None
    graphql: str | None = None
    grpc: str | None = None
    mcp: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """A question about the state of a ledger.

    ``asks`` is the record of its parameters. ``answer`` is given the state at a height and such a record. It returns an
    ``answers`` record, or all of them where the query ``is_list``: then a page of them is shown at a time. Every answer
    comes with the root and the height of that state. ``words``: what it answers, in a sentence.
    """

    name: str
    words: str
    asks: type[msgspec.Struct]
    answers: type[msgspec.Struct]
    answer: Callable[[StateView, Any], Any]
    is_list: bool = False
    places: Places = Places()


@dataclass(frozen=True, slots=True, eq=False)
class Command:
    """A verb that signs one operation, whose fields are its parameters.

    The command line and MCP sign it and send it. HTTP, GraphQL and gRPC hold no key: they check it, encode it and say
    what it costs, for whoever signs it elsewhere. ``words``: what it does, in a sentence.
    """

    name: str
    words: str
    operation: type[Operation]
    places: Places = Places()


@dataclass(frozen=True, slots=True, eq=False)
class Application:
    """One application. ``parameters`` names the genesis parameters that its operations read.

    ``later``: operations that it got when another application came, by the name of that one.
    """

    name: str
    words: str
    operations: tuple[type[Operation], ...]
    commands: tuple[Command, ...] = ()
    queries: tuple[Query, ...] = ()
    parameters: tuple[str, ...] = ()
    later: Mapping[str, tuple[type[Operation], ...]] = field(default_factory=dict)

    def command(self, name: str) -> Command:
        """The command of this name. Raises KeyError."""
        return {each.name: each for each in self.commands}[name]

    def query(self, name: str) -> Query:
        """The query of this name. Raises KeyError."""
        return {each.name: each for each in self.queries}[name]
