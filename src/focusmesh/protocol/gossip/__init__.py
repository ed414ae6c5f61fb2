"""Gossip: who knows whom among many nodes, and how a message reaches all of them at the price of a tree.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from focusmesh.protocol.gossip.contacts import ADDRESS_BYTES_MAX as ADDRESS_BYTES_MAX
from focusmesh.protocol.gossip.contacts import Contact as Contact
from focusmesh.protocol.gossip.core import GossipCore as GossipCore
from focusmesh.protocol.gossip.driver import Gossip as Gossip
from focusmesh.protocol.gossip.driver import GossipLinks as GossipLinks
from focusmesh.protocol.gossip.driver import GossipStats as GossipStats
from focusmesh.protocol.gossip.driver import Received as Received
from focusmesh.protocol.gossip.hearsay import Hearsay as Hearsay
from focusmesh.protocol.gossip.messages import DATA_BYTES_MAX as DATA_BYTES_MAX
from focusmesh.protocol.gossip.messages import MESSAGE_BYTES_MAX as MESSAGE_BYTES_MAX
from focusmesh.protocol.gossip.messages import TOPIC_BYTES_MAX as TOPIC_BYTES_MAX
from focusmesh.protocol.gossip.messages import message_id as message_id
from focusmesh.protocol.gossip.outbox import FAULTS as FAULTS
from focusmesh.protocol.gossip.outbox import Arrived as Arrived
from focusmesh.protocol.gossip.outbox import Blamed as Blamed
from focusmesh.protocol.gossip.outbox import Send as Send
from focusmesh.protocol.gossip.outbox import Verdict as Verdict
from focusmesh.protocol.gossip.settings import GossipSettings as GossipSettings
