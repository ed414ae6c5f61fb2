"""Types of the schema, made of the records: the same fields under the same names, particles as what can be walked on.

Values are the records themselves; a class here says what is beside or in the place of their fields.
"""

from __future__ import annotations

import types
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, NewType, Union, get_args, get_origin, get_type_hints

from focusmesh.errors import ParameterError
from focusmesh.host import service
from focusmesh.interface.server.graphql.framework import strawberry

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import msgspec

Name = NewType("Name", object)
Integer = NewType("Integer", object)
Document = NewType("Document", object)

_INTEGER_MAX = 2**62


class Effort(Enum):
    """How much work an answer is worth."""

    fast = "fast"
    balanced = "balanced"
    exact = "exact"


strawberry.enum(Effort, description=Effort.__doc__)


def _name(value: Any) -> str | int:
    if isinstance(value, str) or type(value) is int:
        return value
    raise ParameterError("a name is a text or a whole number")


def _integer(value: Any) -> int:
    if type(value) is not int or abs(value) > _INTEGER_MAX:
        raise ParameterError("the value must be a whole number of at most 2^62 in size")
    return value


SCALARS: dict[object, Any] = {
    Name: strawberry.scalar(
        name="Name",
        description="A name as the data has it: a text, or a whole number where names are numbers.",
        parse_value=_name,
    ),
    Integer: strawberry.scalar(
        name="Integer",
        description="A whole number of any size, as JSON writes it.",
        parse_value=_integer,
    ),
    Document: strawberry.scalar(name="Document", description="Any JSON."),
}

_MADE: dict[type, Any] = {}


def record_type(
    name: str, record: type[msgspec.Struct], /, left_out: Sequence[str] = (), **fields: Any
) -> Any:
    """The type of a record: its fields, but for those ``left_out``, and ``fields`` beside or in the place of them.

    Records in fields must have their type already.
    """
    hints = get_type_hints(record)
    mirrored = {
        each: _spelt(hints[each])
        for each in record.__struct_fields__
        if each not in fields and each not in left_out
    }
    body = {"__module__": __name__, "__annotations__": mirrored, **fields}
    _MADE[record] = strawberry.type(type(name, (), body), description=words(record.__doc__))
    return _MADE[record]


def made_type(record: type[msgspec.Struct]) -> Any:
    """The type of a record under the record's own name, made once. Records in fields must have their type already."""
    if record not in _MADE:
        record_type(record.__name__, record)
    return _MADE[record]


def field(kind: Any, resolve: Callable[..., Any]) -> Any:
    """A field of this type, described by the docstring of what resolves it."""
    return strawberry.field(resolver=resolve, graphql_type=kind, description=words(resolve.__doc__))


def _spelt(hint: Any) -> Any:
    """How the schema says what a record says."""
    if hint == service.Name:
        return Name
    if hint == service.Value:
        return Document
    if hint in (str, float, bool):
        return hint
    if hint is int:
        return Integer
    if hint in _MADE:
        return _MADE[hint]
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return str
    if origin is list:
        return list[_spelt(inner[0])]  # type: ignore[misc]
    if origin is dict:
        return Document
    if origin in (Union, types.UnionType) and type(None) in inner:
        rest = tuple(each for each in inner if each is not type(None))
        return _spelt(Union[rest]) | None  # noqa: UP007 - it is a value here
    raise TypeError(f"the schema has no way to say {hint}")


def words(text: str | None) -> str:
    """A docstring as a description: without indents, code as Markdown has it."""
    lines = [line.strip() for line in (text or "").strip().splitlines()]
    return " ".join(line for line in lines if line).replace("``", "`")
