"""Parameters of a question, read from its record: what every face derives its own way of asking from.

A field says its range and its meaning by ``msgspec.Meta``; its default is the record's. Bytes are written in
hexadecimal where they are shown. ``extra={"is": "neuron"}`` lets the command line take the name of a key, and
``extra={"http": On(…)}`` says where one face shows the field otherwise.
"""

from __future__ import annotations

from functools import lru_cache
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    NamedTuple,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec
from msgspec import inspect

from focusmesh.errors import ParameterError
from focusmesh.host.service.problems import malformed_error
from focusmesh.host.service.questions.fields import NOWHERE, On

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from focusmesh.host.service.questions.fields import Face, Kind

REQUIRED = msgspec.NODEFAULT
"""The default of a parameter that has to be said."""
_KINDS: dict[type[Any], Kind] = {
    inspect.StrType: "text",
    inspect.IntType: "whole",
    inspect.FloatType: "number",
    inspect.BoolType: "flag",
    inspect.BytesType: "bytes",
}
_PLAIN: dict[Kind, Any] = {
    "text": str,
    "name": str,
    "whole": int,
    "number": float,
    "flag": bool,
    "bytes": str,
}
_TYPES: dict[Kind, Any] = _PLAIN | {"bytes": bytes}
_AS_IT_IS = On()
_BOUNDS = ("ge", "le", "gt", "lt", "min_length", "max_length", "pattern")


class Parameter(NamedTuple):
    """One field of a question. ``bounds`` are of the value, ``lengths`` of the list where it ``is_list``.

    ``field`` is the name that it has in the record, ``typed`` how the command line takes it where that does not follow.
    """

    name: str
    kind: Kind
    default: Any
    description: str
    is_list: bool = False
    is_optional: bool = False
    choices: tuple[str, ...] = ()
    bounds: Mapping[str, Any] = {}
    lengths: Mapping[str, Any] = {}
    example: Any = None
    role: str = ""
    field: str = ""
    typed: str = ""

    @property
    def is_required(self) -> bool:
        """Whether it has to be said."""
        return self.default is REQUIRED

    @property
    def shown_as(self) -> Any:
        """The type of one value as faces show it: str, int, float or bool."""
        return _PLAIN[self.kind]

    @property
    def shown_default(self) -> Any:
        """The default as faces show it: bytes in hexadecimal, several values as a list, else as it is."""
        if self.is_required or self.default is None:
            return self.default
        if self.is_list:
            return [_show(each) for each in self.default]
        return _show(self.default)


@lru_cache(maxsize=256)
def parameters_of(record: type[msgspec.Struct], face: Face | None = None) -> tuple[Parameter, ...]:
    """The parameters that the fields of ``record`` are, in order: as the record has them, or as a ``face`` offers them.

    Raises TypeError for a type that no face can show.
    """
    return tuple(each for each in _read(record, face) if each.name != NOWHERE.name)


def question_of(
    record: type[msgspec.Struct], given: Mapping[str, Any], what: str, face: Face | None = None
) -> Any:
    """The ``record`` that ``given`` values by name make; what is not said, or is None, has its default.

    Names, ranges and defaults are those of the ``face``, where one is named. Raises ParameterError for an unknown name,
    a value out of its range, or bytes that are not hexadecimal; ``what`` names the question in the message. O(values).
    """
    known = {each.name: each for each in parameters_of(record, face)}
    said = {
        name: _value(known[name], value, what) if name in known else value
        for name, value in given.items()
        if value is not None
    }
    shape = form_of(record, face)
    try:
        form = msgspec.convert(said, shape, builtin_types=(bytes,))
    except msgspec.ValidationError as error:
        raise malformed_error(error, shape, what) from error
    return record_of(record, form)


def record_of(record: type[msgspec.Struct], form: msgspec.Struct) -> Any:
    """The ``record`` that a form of it makes; what the form has no field for has the record's default."""
    return record(**{name: getattr(form, name) for name in form.__struct_fields__})


@lru_cache(maxsize=256)
def form_of(record: type[msgspec.Struct], face: Face | None = None) -> Any:
    """A struct that is read by name, with the fields of ``record``, or with those that a ``face`` offers.

    Operations are arrays, which are read by place.
    """
    hints = get_type_hints(record, include_extras=True)
    plain = {each.field: each for each in parameters_of(record)}
    fields: list[Any] = []
    for each in parameters_of(record, face):
        hint = hints[each.field] if each == plain[each.field] else _hint(each)
        named = {} if each.is_required else {"default": each.default}
        fields.append((each.field, hint, msgspec.field(name=each.name, **named)))
    return msgspec.defstruct(
        record.__name__, fields, kw_only=True, frozen=True, forbid_unknown_fields=True
    )


def _hint(parameter: Parameter) -> Any:
    """The type of a value with its bounds."""
    kind: Any = Literal[parameter.choices] if parameter.choices else _TYPES[parameter.kind]
    if parameter.bounds:
        kind = Annotated[kind, msgspec.Meta(**parameter.bounds)]
    if parameter.kind == "name":
        kind = kind | int
    if parameter.is_list:
        kind = tuple[kind, ...]
        kind = Annotated[kind, msgspec.Meta(**parameter.lengths)] if parameter.lengths else kind
    return kind | None if parameter.is_optional else kind


def _read(record: type[msgspec.Struct], face: Face | None) -> Iterator[Parameter]:
    described: Any = inspect.type_info(record)
    hints = get_type_hints(record)
    for field in described.fields:
        yield _parameter(field, face, _choices(hints[field.name]))


def _choices(hint: Any) -> tuple[str, ...]:
    """The words of which it is one, in their own order."""
    if get_origin(hint) is Literal:
        return tuple(map(str, get_args(hint)))
    return next(filter(None, map(_choices, get_args(hint))), ())


def _parameter(field: Any, face: Face | None, choices: tuple[str, ...]) -> Parameter:
    kind, meta = _unwrap(field.type)
    is_optional = False
    if isinstance(kind, inspect.UnionType):
        rest = [each for each in kind.types if not isinstance(each, inspect.NoneType)]
        is_optional = len(rest) < len(kind.types)
        kind, inner = _merge_union(rest, field.name)
        meta = inner | meta
    lengths: dict[str, int] = {}
    is_list = isinstance(kind, inspect.ListType | inspect.VarTupleType)
    if is_list:
        lengths = _said(kind, ("min_length", "max_length"))
        kind, inner = _unwrap(kind.item_type)
        if isinstance(kind, inspect.UnionType):
            kind, _ = _merge_union(list(kind.types), field.name)
        meta = inner | meta
    on: On = meta.get(face, _AS_IT_IS) if face else _AS_IT_IS
    return Parameter(
        name=field.encode_name if on.name is None else on.name,
        kind=on.kind or _kind(kind, field.name),
        default=_default(field) if on.default is msgspec.UNSET else on.default,
        choices=choices if on.kind is None else (),
        description=on.description or meta.get("description", ""),
        is_list=is_list,
        is_optional=is_optional,
        bounds=_said(kind, _BOUNDS) if on.bounds is None else on.bounds,
        lengths=lengths if on.lengths is None else on.lengths,
        example=next(iter(meta.get("examples", ())), None),
        role=meta.get("is", ""),
        field=field.name,
        typed=on.typed,
    )


def _unwrap(kind: Any) -> tuple[Any, dict[str, Any]]:
    """A type without what is said of it, and that."""
    said: dict[str, Any] = {}
    while isinstance(kind, inspect.Metadata):
        said = {**(kind.extra_json_schema or {}), **(kind.extra or {}), **said}
        kind = kind.type
    return kind, said


def _merge_union(kinds: list[Any], name: str) -> tuple[Any, dict[str, Any]]:
    """What is left of a union beside None: one type, or a text or a number, which is a name."""
    if len(kinds) == 1:
        return _unwrap(kinds[0])
    plain = {type(_unwrap(each)[0]): _unwrap(each)[0] for each in kinds}
    if plain.keys() == {inspect.StrType, inspect.IntType}:
        return _Name(**_said(plain[inspect.StrType], _BOUNDS)), {}
    raise TypeError(f"the field {name} can be one of several types, which no face can show")


class _Name(NamedTuple):
    """A text or a whole number; the bounds are of the text."""

    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None


def _kind(kind: Any, name: str) -> Kind:
    if isinstance(kind, _Name):
        return "name"
    if isinstance(kind, inspect.LiteralType) and all(isinstance(one, str) for one in kind.values):
        return "text"
    if type(kind) not in _KINDS:
        raise TypeError(f"the field {name} is of a type that no face can show: {kind}")
    return _KINDS[type(kind)]


def _said(kind: Any, names: tuple[str, ...]) -> dict[str, Any]:
    found = {name: getattr(kind, name, None) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def _default(field: Any) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return field.default


def _show(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value


def _value(parameter: Parameter, value: Any, what: str) -> Any:
    if parameter.kind != "bytes":
        return value
    if parameter.is_list:
        return [_bytes(parameter, each, what) for each in value]
    return _bytes(parameter, value, what)


def _bytes(parameter: Parameter, value: Any, what: str) -> bytes:
    if isinstance(value, bytes):
        return value
    try:
        data = bytes.fromhex(value)
    except (TypeError, ValueError):
        data = None
    if data is None or data.hex() != value:
        raise ParameterError(
            f"{what}: {parameter.name} must be lower-case hexadecimal, not {str(value)[:80]!r}",
            parameter=parameter.name,
        )
    return data
