"""Queries and commands of the applications, as every face offers them: under which name, with which answer."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, get_type_hints

import msgspec

from focusmesh.apps import NOWHERE, Command, applications
from focusmesh.host.service.faces.parameters import parameters_of, question_of
from focusmesh.host.service.paging import Page, height_of
from focusmesh.host.service.questions.fields import AtHeight, OfPage
from focusmesh.host.service.records.records import Answer, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from focusmesh.apps import Application, Query
    from focusmesh.host.service.faces.parameters import Parameter
    from focusmesh.host.service.questions.fields import Face
    from focusmesh.host.storage import OpenedChain
    from focusmesh.kernel.runtime import Operation


class EncodedOperation(Record, frozen=True, kw_only=True):
    """An operation that nobody has signed yet: its ``name``, its ``bytes`` as they stand in a signal, in hexadecimal,
    and the units of ``bandwidth`` that it takes.
    """

    name: str
    bytes: str
    bandwidth: int


class Verb(NamedTuple):
    """A verb of an application: ``does`` is the Query or the Command, ``place`` where one face offers it."""

    application: Application
    does: Any
    place: str

    @property
    def is_command(self) -> bool:
        """Whether it is signed."""
        return isinstance(self.does, Command)

    @property
    def answers(self) -> type[Record]:
        """The record of its answer where nothing is signed."""
        return EncodedOperation if isinstance(self.does, Command) else answer_type(self.does)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """All that it takes: its own parameters, then the height, then the page."""
        if isinstance(self.does, Command):
            return parameters_of(self.does.operation)
        paged = parameters_of(OfPage) if self.does.is_list else ()
        return (*parameters_of(self.does.asks), *paged, *parameters_of(AtHeight))


def verbs(face: Face, without: Collection[str] = ()) -> list[Verb]:
    """What a face offers of the applications but those of packages ``without``, in the order of their list."""
    found = []
    for application in applications(without):
        offered: tuple[Query | Command, ...] = (*application.queries, *application.commands)
        for does in offered:
            place = getattr(does.places, face)
            if place != NOWHERE:
                named = place or _PLACES[face](application.name, does)
                found.append(Verb(application, does, named))
    return found


def encode_operation(command: Command, given: Mapping[str, Any]) -> EncodedOperation:
    """The operation that ``given`` parameters make. Raises ParameterError."""
    from focusmesh.protocol.codec import encode

    operation = operation_of(command, given)
    return EncodedOperation(
        name=operation.name(),
        bytes=encode(list(operation.as_fields())).hex(),
        bandwidth=operation.bandwidth(),
    )


def operation_of(command: Command, given: Mapping[str, Any]) -> Operation:
    """The operation that ``given`` parameters make. Raises ParameterError."""
    operation: Operation = question_of(command.operation, given, command.name)
    return operation


@lru_cache(maxsize=256)
def answer_type(query: Query) -> type[Answer]:
    """The record of a query's answers: its own fields, or a page of items, with the moment's root and height."""
    record, name = query.answers, query.answers.__name__
    if query.is_list:
        # The annotations are values here.
        fields: list[Any] = [("items", list[record]), ("cursor", str | None, None)]  # type: ignore[valid-type]
        name = f"{name.removesuffix('Row')}Page"
    else:
        described: Any = msgspec.inspect.type_info(record)
        fields = [
            (each.name, hint) if each.required else (each.name, hint, each.default)
            for each, hint in zip(described.fields, _hints(record), strict=True)
        ]
    made: Any = msgspec.defstruct(
        name,
        fields,
        bases=(Answer,),
        module=record.__module__,
        namespace={"__doc__": record.__doc__},
        frozen=True,
        kw_only=True,
    )
    return made  # type: ignore[no-any-return]


class ApplicationQueries:
    """Answers queries about the states that a ledger keeps. Safe between threads."""

    def __init__(self, opened: OpenedChain) -> None:
        self._opened = opened

    def answer(self, query: Query, given: Mapping[str, Any]) -> Any:
        """The answer, of the type ``answer_type(query)``. ``given`` may have ``at``, ``limit`` and ``cursor``.

        Raises ParameterError, BlockError ("height") where the state is not kept, and what the query raises.
        """
        said = dict(given)
        page, cursor = self._page(query, said)
        at = question_of(AtHeight, {"at": said.pop("at", None)}, query.name).at
        own = question_of(query.asks, said, query.name)
        if at is None:
            at = height_of(cursor)
        made: Any = answer_type(query)
        with self._opened.lock, self._opened.reading().state.at(at) as view:
            root, height = view.root.hex(), view.height
            found = query.answer(view, own)
        if not query.is_list:
            return made(root=root, height=height, **msgspec.structs.asdict(found))
        question = (query.name, *msgspec.structs.astuple(own))
        part = Page.of(question, root, height, page, cursor)
        return made(
            root=root, height=height, items=found[part.part], cursor=part.following(len(found))
        )

    @staticmethod
    def _page(query: Query, said: dict[str, Any]) -> tuple[int, str | None]:
        """Takes limit and cursor out of what is said."""
        if not query.is_list:
            return 0, None
        named = {name: said.pop(name, None) for name in ("limit", "cursor")}
        paged = question_of(OfPage, named, query.name)
        return paged.limit, paged.cursor


def _hints(record: type[msgspec.Struct]) -> list[Any]:
    hints = get_type_hints(record, include_extras=True)
    return [hints[name] for name in record.__struct_fields__]


def _cli(application: str, does: Query | Command) -> str:
    return f"{application} {does.name.replace('_', '-')}"


def _http(application: str, does: Query | Command) -> str:
    part = "encode/" if isinstance(does, Command) else ""
    return f"/v1/{application}/{part}{does.name}"


def _graphql(application: str, does: Query | Command) -> str:
    part = "encode_" if isinstance(does, Command) else ""
    return f"{application}_{part}{does.name}"


def _grpc(application: str, does: Query | Command) -> str:
    part = "Encode" if isinstance(does, Command) else ""
    return f"{_capital(application)}Service/{part}{_capital(does.name)}"


def _mcp(application: str, does: Query | Command) -> str:
    return f"{application}_{does.name}"


def _capital(name: str) -> str:
    """``"put_note"`` as ``"PutNote"``."""
    return "".join(word.capitalize() for word in name.split("_"))


_PLACES: dict[Face, Callable[[str, Query | Command], str]] = {
    "cli": _cli,
    "http": _http,
    "graphql": _graphql,
    "grpc": _grpc,
    "mcp": _mcp,
}
