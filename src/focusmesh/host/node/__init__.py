"""A node in real time: the world of this machine, its transports, and the loops that run a replica or a producer.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.host.node.epoch_recovery import apply_statement as apply_statement
    from focusmesh.host.node.epoch_recovery import report_votes as report_votes
    from focusmesh.host.node.epoch_recovery import sign_epoch_start as sign_epoch_start
    from focusmesh.host.node.epoch_recovery import statement as statement
    from focusmesh.host.node.join import join_network as join_network
    from focusmesh.host.node.network_node import ANYWHERE as ANYWHERE
    from focusmesh.host.node.network_node import Peer as Peer
    from focusmesh.host.node.network_node import Running as Running
    from focusmesh.host.node.network_node import listening as listening
    from focusmesh.host.node.network_node import network_state as network_state
    from focusmesh.host.node.network_node import node_key as node_key
    from focusmesh.host.node.network_node import remember_peers as remember_peers
    from focusmesh.host.node.real_time import agreeing as agreeing
    from focusmesh.host.node.real_time import finish as finish
    from focusmesh.host.node.real_time import node as node
    from focusmesh.host.node.real_time import real_world as real_world
    from focusmesh.host.node.real_time import review_of as review_of
    from focusmesh.host.node.real_time import run as run
    from focusmesh.host.node.real_time import serve_folder as serve_folder
    from focusmesh.host.node.real_time import serving_chain as serving_chain
    from focusmesh.host.node.real_time import take_in as take_in
    from focusmesh.host.node.voting_status import validators_document as validators_document
    from focusmesh.host.node.voting_status import votes_here as votes_here
else:
    __getattr__, __dir__ = lazily(__name__)
