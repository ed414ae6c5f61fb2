"""What is used of gRPC and protobuf, in one place: whoever lacks the extra is told so by name."""

from __future__ import annotations

from focusmesh.errors import MissingExtraError

try:
    import grpc
    from google.protobuf import any_pb2, descriptor_pb2
    from google.protobuf.descriptor_pool import DescriptorPool
    from google.protobuf.message import DecodeError
    from google.protobuf.message_factory import GetMessageClass
    from google.protobuf.unknown_fields import UnknownFieldSet
    from google.rpc import error_details_pb2, status_pb2
    from grpc.aio import AbortError, ServicerContext
    from grpc_health.v1 import health_pb2, health_pb2_grpc
    from grpc_reflection.v1alpha import reflection
except ImportError as error:
    raise MissingExtraError("grpc", "serving over gRPC") from error

__all__ = [
    "AbortError",
    "DecodeError",
    "DescriptorPool",
    "GetMessageClass",
    "ServicerContext",
    "UnknownFieldSet",
    "any_pb2",
    "descriptor_pb2",
    "error_details_pb2",
    "grpc",
    "health_pb2",
    "health_pb2_grpc",
    "reflection",
    "status_pb2",
]
