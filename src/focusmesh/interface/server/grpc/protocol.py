"""The published protocol: messages and methods of focusmesh/v1/*.proto, read from what protoc made of them.

Those of questions and of applications are made of their records. Nothing is generated: classes are made of the
descriptors, in a pool of their own, so that whoever has generated code of the same files in his process has it beside
them.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

from focusmesh.interface.server.grpc.application_files import application_files
from focusmesh.interface.server.grpc.framework import (
    DescriptorPool,
    GetMessageClass,
    descriptor_pb2,
    health_pb2,
)
from focusmesh.interface.server.grpc.question_messages import with_questions

if TYPE_CHECKING:
    from collections.abc import Mapping

PACKAGE = "focusmesh.v1"
FILES = ("common", "graph", "ledger", "live")
DESCRIPTORS = "focusmesh.v1.binpb"
"""What ``protoc --descriptor_set_out`` makes of the files; a test makes it anew and compares."""


class MethodType(NamedTuple):
    """A method: its path, the classes of what goes in and comes out, and whether a stream of that comes."""

    path: str
    request: Any
    response: Any
    is_stream: bool


@cache
def pool() -> Any:
    """All descriptors, those of grpc.health.v1 among them."""
    made = DescriptorPool()
    packed = (resources.files(__package__) / DESCRIPTORS).read_bytes()
    published = descriptor_pb2.FileDescriptorSet.FromString(packed)
    for file in with_questions(published).file:
        made.Add(file)
    made.AddSerializedFile(health_pb2.DESCRIPTOR.serialized_pb)
    for made_here in application_files():
        made.Add(made_here)
    return made


@cache
def method_types() -> Mapping[str, MethodType]:
    """Every method by "Service/Method"."""
    found = {}
    published = [f"focusmesh/v1/{file}.proto" for file in FILES]
    for path in (*published, *(file.name for file in application_files())):
        services = pool().FindFileByName(path).services_by_name
        for service in services.values():
            for method in service.methods:
                found[f"{service.name}/{method.name}"] = MethodType(
                    path=f"/{service.full_name}/{method.name}",
                    request=GetMessageClass(method.input_type),
                    response=GetMessageClass(method.output_type),
                    is_stream=method.server_streaming,
                )
    return found


def services() -> list[str]:
    """The full names of the services."""
    return sorted({one.path.split("/")[1] for one in method_types().values()})
