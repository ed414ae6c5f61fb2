"""The protocols of a server: HTTP, GraphQL, gRPC, web sockets, and the processes that answer them.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations
