"""Gossip: who knows whom among many nodes, and how a message reaches all of them at the price of a tree.

May import: errors, ids, codec, transport. Start reading at gossip.py (the driver), then core.py, membership.py
(HyParView) and broadcast.py (Plumtree), which do no I/O: messages and ticks go in, effects come out.
"""

from __future__ import annotations

from focusmesh.protocol.gossip.contacts import ADDRESS_BYTES_MAX, Contact
from focusmesh.protocol.gossip.core import GossipCore
from focusmesh.protocol.gossip.gossip import Gossip, GossipLinks, GossipStats, Received
from focusmesh.protocol.gossip.messages import (
    DATA_BYTES_MAX,
    MESSAGE_BYTES_MAX,
    TOPIC_BYTES_MAX,
    message_id,
)
from focusmesh.protocol.gossip.outbox import FAULTS, Arrived, Blamed, Send, Verdict
from focusmesh.protocol.gossip.settings import GossipSettings

__all__ = [
    "ADDRESS_BYTES_MAX",
    "DATA_BYTES_MAX",
    "FAULTS",
    "MESSAGE_BYTES_MAX",
    "TOPIC_BYTES_MAX",
    "Arrived",
    "Blamed",
    "Contact",
    "Gossip",
    "GossipCore",
    "GossipLinks",
    "GossipSettings",
    "GossipStats",
    "Received",
    "Send",
    "Verdict",
    "message_id",
]
