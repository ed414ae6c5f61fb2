"""``python -m tests.interface.server.grpc.requests``: writes the requests of questions into the published files.

They are made of the records of the questions; protoc then makes the descriptors of the files anew.
"""

from __future__ import annotations

import textwrap
from importlib import import_module
from typing import TYPE_CHECKING, Any

from google.protobuf import descriptor_pb2

from focusmesh.interface.server.grpc.protocol import DESCRIPTORS, FILES
from focusmesh.interface.server.grpc.question_messages import question_requests, with_questions
from tests.tidy.tree import ROOT

if TYPE_CHECKING:
    from focusmesh.host.service import Parameter

SOURCES = ROOT / "src/focusmesh/interface/server/grpc"
_FIELD = descriptor_pb2.FieldDescriptorProto
_WORDS = {
    _FIELD.TYPE_STRING: "string",
    _FIELD.TYPE_INT64: "int64",
    _FIELD.TYPE_DOUBLE: "double",
    _FIELD.TYPE_BOOL: "bool",
    _FIELD.TYPE_BYTES: "bytes",
}
_WIDTH = 120


def published() -> Any:
    """The descriptors of the files as they are."""
    return descriptor_pb2.FileDescriptorSet.FromString((SOURCES / DESCRIPTORS).read_bytes())


def with_requests(text: str, files: Any) -> str:
    """The text of a .proto file with the requests of questions as ``files`` describe them."""
    messages = {message.name: message for file in files.file for message in file.message_type}
    for name, parameters in question_requests().items():
        before, found, rest = text.partition(f"message {name} {{\n")
        if found:
            lines = _lines(messages[name], {each.name: each for each in parameters})
            text = "".join((before, found, *lines, "}", rest.partition("\n}")[2]))
    return text


def _lines(message: Any, parameters: dict[str, Parameter]) -> list[str]:
    lines = []
    for field in message.field:
        kind = field.type_name.rpartition(".")[2] or _WORDS[field.type]
        many = "repeated " if field.label == field.LABEL_REPEATED else ""
        maybe = "optional " if field.proto3_optional else ""
        words = textwrap.wrap(_comment(parameters[field.name]), _WIDTH - len("  // "))
        lines += [f"  // {line}\n" for line in words]
        lines.append(f"  {many}{maybe}{kind} {field.name} = {field.number};\n")
    return lines


def _comment(parameter: Parameter) -> str:
    if parameter.is_required or parameter.default in (None, (), False):
        return parameter.description
    return f"{parameter.description.removesuffix('.')}; {parameter.default} by default."


def write() -> None:
    """Writes the files, and the descriptors that protoc makes of them."""
    files = with_questions(published())
    paths = [SOURCES / f"focusmesh/v1/{name}.proto" for name in FILES]
    for path in paths:
        path.write_text(with_requests(path.read_text(encoding="utf-8"), files), encoding="utf-8")
    arguments = [f"-I{SOURCES}", f"--descriptor_set_out={SOURCES / DESCRIPTORS}", *map(str, paths)]
    assert import_module("grpc_tools.protoc").main(["protoc", *arguments]) == 0


if __name__ == "__main__":
    write()
