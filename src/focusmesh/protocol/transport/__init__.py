"""Bytes between keys: connections whose both ends are proved, their streams and datagrams.

May import: errors, ids, codec and identity. Start reading at transport/interface.py.
"""
from __future__ import annotations

from focusmesh.protocol.transport.interface import Connection, Stream, Transport, TransportStats

__all__ = ["Connection", "Stream", "Transport", "TransportStats"]
