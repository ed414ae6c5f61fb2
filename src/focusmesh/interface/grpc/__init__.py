"""gRPC: the published protocol (focusmesh/v1/*.proto), its server in the workers of HTTP, a client. Extra ``grpc``.

May import: grpc and protobuf (through framework.py alone), what is beside and below.
Start reading at focusmesh/v1/graph.proto, methods_graph.py, messages.py, then serving.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily as _lazily

if TYPE_CHECKING:
    from focusmesh.interface.grpc.client import GrpcClient, GrpcError
    from focusmesh.interface.grpc.protocol import method_types
    from focusmesh.interface.grpc.serving import GrpcServer

__all__ = ["GrpcClient", "GrpcError", "GrpcServer", "method_types"]

_HOMES = {
    "focusmesh.interface.grpc.client": ("GrpcClient", "GrpcError"),
    "focusmesh.interface.grpc.protocol": ("method_types",),
    "focusmesh.interface.grpc.serving": ("GrpcServer",),
}


if not TYPE_CHECKING:
    __getattr__, __dir__ = _lazily(__name__, _HOMES)
