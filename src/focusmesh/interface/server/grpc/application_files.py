"""The protocol of the applications, made of their records: a file and a service each.

A request has ``at`` as its field 1, ``limit`` and ``cursor`` as 2 and 3, and its own parameters from 4 on; an answer
has ``root`` and ``height`` as 1 and 2, and its own fields from 3 on. Both go by the order of the record, so that a
record grows at its end. Clients get the files by reflection.
"""

from __future__ import annotations

from types import UnionType
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

import msgspec

from focusmesh.host.service import verbs
from focusmesh.interface.server.grpc.framework import descriptor_pb2
from focusmesh.interface.server.grpc.question_messages import TYPES, type_of

if TYPE_CHECKING:
    from focusmesh.host.service import Parameter, Verb

_PACKAGE = "focusmesh.v1"
_FIELD = descriptor_pb2.FieldDescriptorProto
_RESERVED = {"at": 1, "limit": 2, "cursor": 3}


def application_files() -> list[Any]:
    """A FileDescriptorProto for each application that has a verb here, under the published ones."""
    by_service: dict[str, list[Verb]] = {}
    for verb in verbs("grpc"):
        by_service.setdefault(verb.place.partition("/")[0], []).append(verb)
    return [_file(service, listed) for service, listed in by_service.items()]


def _file(service: str, listed: list[Verb]) -> Any:
    name = listed[0].application.name
    file = descriptor_pb2.FileDescriptorProto(
        name=f"focusmesh/v1/applications/{name}.proto",
        package=f"{_PACKAGE}.{name}",
        syntax="proto3",
    )
    described = file.service.add(name=service)
    for verb in listed:
        method = verb.place.partition("/")[2]
        request = file.message_type.add(name=f"{method}Request")
        own = (each for each in verb.parameters if each.name not in _RESERVED)
        for number, parameter in enumerate(own, max(_RESERVED.values()) + 1):
            _add_parameter(request, parameter, number)
        for parameter in verb.parameters:
            if parameter.name in _RESERVED:
                _add_parameter(request, parameter, _RESERVED[parameter.name])
        _message(file, verb.answers, f"{method}Response")
        described.method.add(
            name=method,
            input_type=f".{file.package}.{method}Request",
            output_type=f".{file.package}.{method}Response",
        )
    return file


def _add_parameter(message: Any, parameter: Parameter, number: int) -> None:
    _add(message, parameter.name, number, type_of(parameter), is_list=parameter.is_list)


def _add(
    message: Any, name: str, number: int, kind: int, *, is_list: bool, type_name: str = ""
) -> None:
    """A field; what is no list says whether it was said at all."""
    label = _FIELD.LABEL_REPEATED if is_list else _FIELD.LABEL_OPTIONAL
    field = message.field.add(name=name, number=number, type=kind, label=label)
    if type_name:
        field.type_name = type_name
    if not is_list:
        field.proto3_optional = True
        field.oneof_index = len(message.oneof_decl)
        message.oneof_decl.add(name=f"_{name}")


def _message(file: Any, record: type[msgspec.Struct], name: str) -> str:
    """The message of a record, and those of the records in it; its full name."""
    full = f".{file.package}.{name}"
    if any(each.name == name for each in file.message_type):
        return full
    message = file.message_type.add(name=name)
    hints = get_type_hints(record)
    for number, field in enumerate(record.__struct_fields__, 1):
        kind, is_list = _plain(hints[field])
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            inner = _message(file, kind, kind.__name__)
            _add(message, field, number, _FIELD.TYPE_MESSAGE, is_list=is_list, type_name=inner)
        else:
            _add(message, field, number, TYPES[kind], is_list=is_list)
    return full


def _plain(hint: Any) -> tuple[Any, bool]:
    """The type of one value, and whether it is a list of them."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        rest = [each for each in inner if each is not type(None)]
        return (str, False) if len(rest) > 1 else _plain(rest[0])
    if origin in (list, tuple):
        return _plain(inner[0])[0], True
    return (str, False) if origin is not None else (hint, False)
