"""Bytes between keys: connections whose both ends are proved, their streams and datagrams, and requests over them.

May import: errors, ids, codec and identity. Start reading at transport/interface.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily as _lazily
from focusmesh.protocol.transport.addresses import (
    HostPort,
    SocketAddress,
    for_socket,
    plain_host,
    read_address,
    show_address,
)
from focusmesh.protocol.transport.allowances import Allowances
from focusmesh.protocol.transport.asking import ask, ask_one, open_long, tell
from focusmesh.protocol.transport.interface import (
    DATAGRAM_BYTES_MAX,
    FRAME_BYTES_MAX,
    Connection,
    Stream,
    Transport,
    TransportStats,
)
from focusmesh.protocol.transport.requests import (
    RequestHandler,
    RequestLimits,
    Requests,
    answers,
    hears,
    streams,
)
from focusmesh.protocol.transport.scoring import COSTS, ScoreLimits, Scores
from focusmesh.protocol.transport.tasks import Tasks
from focusmesh.protocol.transport.telling import Teller, listens

if TYPE_CHECKING:
    from focusmesh.protocol.transport.iroh import IrohLimits, IrohTransport, protocol_of
    from focusmesh.protocol.transport.iroh_library import IrohError, endpoint_builder
    from focusmesh.protocol.transport.quic import QuicLimits, QuicTransport
else:
    __getattr__, __dir__ = _lazily(
        __name__,
        {
            "focusmesh.protocol.transport.iroh": ("IrohLimits", "IrohTransport", "protocol_of"),
            "focusmesh.protocol.transport.iroh_library": ("IrohError", "endpoint_builder"),
            "focusmesh.protocol.transport.quic": ("QuicLimits", "QuicTransport"),
        },
    )

__all__ = [
    "COSTS",
    "DATAGRAM_BYTES_MAX",
    "FRAME_BYTES_MAX",
    "Allowances",
    "Connection",
    "HostPort",
    "IrohError",
    "IrohLimits",
    "IrohTransport",
    "QuicLimits",
    "QuicTransport",
    "RequestHandler",
    "RequestLimits",
    "Requests",
    "ScoreLimits",
    "Scores",
    "SocketAddress",
    "Stream",
    "Tasks",
    "Teller",
    "Transport",
    "TransportStats",
    "answers",
    "ask",
    "ask_one",
    "endpoint_builder",
    "for_socket",
    "hears",
    "listens",
    "open_long",
    "plain_host",
    "protocol_of",
    "read_address",
    "show_address",
    "streams",
    "tell",
]
