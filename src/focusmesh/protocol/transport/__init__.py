"""Bytes between keys: connections whose both ends are proved, their streams and datagrams, and requests over them.

May import: errors, ids, codec and identity. Start reading at transport/interface.py.
"""

from __future__ import annotations

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
from focusmesh.protocol.transport.tasks import Tasks
from focusmesh.protocol.transport.telling import Teller, listens

__all__ = [
    "DATAGRAM_BYTES_MAX",
    "FRAME_BYTES_MAX",
    "Allowances",
    "Connection",
    "RequestHandler",
    "RequestLimits",
    "Requests",
    "Stream",
    "Tasks",
    "Teller",
    "Transport",
    "TransportStats",
    "answers",
    "ask",
    "ask_one",
    "hears",
    "listens",
    "open_long",
    "streams",
    "tell",
]
