"""Between messages and records: fields have the same names on both sides, so that there is nothing to map by hand."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from focusmesh.errors import ParameterError
from focusmesh.host.service import HEIGHT_MAX, NAMES_MAX, TEXT_MAX
from focusmesh.interface.server.grpc.framework import DecodeError, UnknownFieldSet

if TYPE_CHECKING:
    from collections.abc import Callable

MESSAGE_BYTES_MAX = 1 << 18
"""The most that a message has which carries no bytes: of two bytes each, a list's texts take sixteen and more."""
_HEIGHTS = ("at", "height")


def read(kind: Any, sent: bytes) -> Any:
    """The message of a class; raises ParameterError for what is none, and for fields that it does not have."""
    if len(sent) > MESSAGE_BYTES_MAX and not _has_bytes(kind.DESCRIPTOR):
        raise ParameterError(
            f"{kind.DESCRIPTOR.name} has at most {MESSAGE_BYTES_MAX:,} bytes, not {len(sent):,}"
        )
    try:
        message = kind.FromString(sent)
    except DecodeError as error:
        raise ParameterError(f"this is no {kind.DESCRIPTOR.name}") from error
    _verify_known(message)
    return message


def _verify_known(message: Any) -> None:
    """Raises ParameterError with the number of a field that a message, or one within it, has beside its own."""
    descriptor = message.DESCRIPTOR
    for unknown in UnknownFieldSet(message):
        number = unknown.field_number
        known = ", ".join(f"{field.number} {field.name}" for field in descriptor.fields) or "none"
        raise ParameterError(
            f"{descriptor.name} has no field number {number} (its fields are {known}); "
            "the client has other .proto files than this server",
            parameter=str(number),
        )
    for field, value in message.ListFields():
        if field.message_type is not None:
            for one in value if field.is_repeated else [value]:
                _verify_known(one)


def _has_bytes(descriptor: Any) -> bool:
    """Whether a message brings a packet, and so may be as long as the body of a request."""
    return any(field.type == field.TYPE_BYTES for field in descriptor.fields)


def fields_of_message(message: Any) -> dict[str, Any]:
    """What is said in a message, by name; what is not said has the default of whoever is asked.

    Raises ParameterError for texts and lists that are too long, and for numbers that no enumeration has.
    """
    return {
        field.name: _read(field, value)
        for field, value in message.ListFields()
        if not (field.enum_type is not None and value == 0)
    }


def record_message(kind: Any, record: Any) -> Any:
    """The message of a class that says what a record does: those of its fields that have a value."""
    return kind(**_fields(kind.DESCRIPTOR, record))


def _read(field: Any, value: Any) -> Any:
    if field.message_type is not None:
        return fields_of_message(value)
    if field.enum_type is not None:
        return _word(field, value)
    if field.is_repeated:
        if len(value) > NAMES_MAX:
            raise ParameterError(f"{field.name} has at most {NAMES_MAX:,}, not {len(value):,}")
        return [_short(field, one) for one in value]
    return _short(field, value)


def _short(field: Any, value: Any) -> Any:
    if isinstance(value, str) and len(value) > TEXT_MAX:
        raise ParameterError(f"{field.name} has at most {TEXT_MAX:,} characters")
    if field.name in _HEIGHTS and not 0 <= value <= HEIGHT_MAX:
        raise ParameterError(f"a height has 0 ≤ {field.name} ≤ {HEIGHT_MAX:,}, not {value:,}")
    return value


def _word(field: Any, number: int) -> str:
    """EFFORT_FAST as ``"fast"``."""
    value = field.enum_type.values_by_number.get(number)
    if value is None:
        raise ParameterError(f"{field.name} has no number {number}")
    return str(value.name).partition("_")[2].lower()


def _fields(descriptor: Any, record: Any) -> dict[str, Any]:
    has: Callable[[str], Any] = (
        record.get if isinstance(record, dict) else partial(_attribute, record)
    )
    found = ((field, has(field.name)) for field in descriptor.fields)
    return {field.name: _field_value(field, value) for field, value in found if value is not None}


def _attribute(record: Any, name: str) -> Any:
    return getattr(record, name, None)


def _field_value(field: Any, value: Any) -> Any:
    if field.is_repeated:
        return [_one(field, each) for each in value]
    return _one(field, value)


def _one(field: Any, value: Any) -> Any:
    if field.message_type is not None:
        # A list in a list is a message with one list in protobuf.
        inner = {field.message_type.fields[0].name: value} if isinstance(value, list) else value
        return _fields(field.message_type, inner)
    if field.enum_type is not None:
        return f"{field.enum_type.name.upper()}_{value.upper()}"
    if field.type == field.TYPE_BYTES:
        return bytes.fromhex(value) if isinstance(value, str) else value
    if isinstance(value, bool) and field.type == field.TYPE_STRING:
        return str(value).lower()
    return str(value) if field.type == field.TYPE_STRING else value
