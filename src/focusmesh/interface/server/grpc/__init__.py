"""gRPC: the published protocol (focusmesh/v1/*.proto), its server in the workers of HTTP, a client. Extra ``grpc``.

May import: grpc and protobuf (through framework.py alone), what is beside and below.
Start reading at focusmesh/v1/graph.proto, methods_graph.py, messages.py, then grpc_server.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.interface.server.grpc.client import GrpcClient as GrpcClient
    from focusmesh.interface.server.grpc.client import GrpcError as GrpcError
    from focusmesh.interface.server.grpc.grpc_server import GrpcServer as GrpcServer
    from focusmesh.interface.server.grpc.protocol import method_types as method_types
else:
    __getattr__, __dir__ = lazily(__name__)
