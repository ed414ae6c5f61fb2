"""Requests of the questions, made of their records: what goes by reflection and what is read is what these have.

The published files say under which number a field travels: what is published keeps it, and what is new goes on from
there. A test holds the files to the records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.host.service import (
    LEDGER_QUESTIONS,
    QUESTIONS,
    AtHeight,
    ContextQuestion,
    ParticleQuestion,
    RankQuestion,
    RecallQuestion,
    parameters_of,
)
from focusmesh.interface.server.grpc.framework import descriptor_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.host.service import Parameter

_FIELD = descriptor_pb2.FieldDescriptorProto
TYPES: dict[Any, int] = {
    str: _FIELD.TYPE_STRING,
    int: _FIELD.TYPE_INT64,
    float: _FIELD.TYPE_DOUBLE,
    bool: _FIELD.TYPE_BOOL,
    bytes: _FIELD.TYPE_BYTES,
}


def question_requests() -> dict[str, tuple[Parameter, ...]]:
    """What each request takes that is made of a record, by the name of its message."""
    requests: dict[str, Any] = {
        f"{record.__name__}Request": record
        for record in (*QUESTIONS.values(), *LEDGER_QUESTIONS.values())
    }
    for watched in (RankQuestion, ParticleQuestion, ContextQuestion, RecallQuestion):
        requests[f"{watched.name().capitalize()}Query"] = watched
    requests |= dict.fromkeys(("ExportParticlesRequest", "ExportLinksRequest"), AtHeight)
    return {name: parameters_of(record, "grpc") for name, record in requests.items()}


def with_questions(published: Any) -> Any:
    """A FileDescriptorSet with the fields of the questions' requests as their records have them."""
    made = descriptor_pb2.FileDescriptorSet()
    made.CopyFrom(published)
    words = dict(_enumerations(made))
    requests = question_requests()
    for file in made.file:
        for message in file.message_type:
            if message.name in requests:
                _write(message, requests[message.name], words)
    return made


def _enumerations(files: Any) -> list[tuple[tuple[str, ...], str]]:
    """The name of each enumeration, by its words as records have them."""
    return [
        (
            tuple(value.name.partition("_")[2].lower() for value in kind.value[1:]),
            f".{file.package}.{kind.name}",
        )
        for file in files.file
        for kind in file.enum_type
    ]


def _write(
    message: Any, parameters: tuple[Parameter, ...], words: Mapping[tuple[str, ...], str]
) -> None:
    """Fields by number, each with the one that is published, or the next."""
    numbers = {field.name: field.number for field in message.field}
    following = max(numbers.values(), default=0)
    for parameter in parameters:
        if parameter.name not in numbers:
            following += 1
            numbers[parameter.name] = following
    del message.field[:], message.oneof_decl[:]
    for parameter in sorted(parameters, key=lambda each: numbers[each.name]):
        field = message.field.add(
            name=parameter.name,
            number=numbers[parameter.name],
            type=type_of(parameter),
            label=_FIELD.LABEL_REPEATED if parameter.is_list else _FIELD.LABEL_OPTIONAL,
            json_name=_in_json(parameter.name),
        )
        if parameter.choices in words:
            field.type, field.type_name = _FIELD.TYPE_ENUM, words[parameter.choices]
        elif not parameter.is_list and parameter.kind != "flag":
            # It says whether it was said at all.
            field.proto3_optional = True
            field.oneof_index = len(message.oneof_decl)
            message.oneof_decl.add(name=f"_{parameter.name}")


def type_of(parameter: Parameter) -> int:
    """The type of one value. Bytes travel as they are."""
    return TYPES[bytes if parameter.kind == "bytes" else parameter.shown_as]


def _in_json(name: str) -> str:
    """``budget_tokens`` as ``budgetTokens``."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
