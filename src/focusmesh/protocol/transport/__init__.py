"""Bytes between keys: connections whose both ends are proved, their streams and datagrams, and requests over them.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily
from focusmesh.protocol.transport.addresses import HostPort as HostPort
from focusmesh.protocol.transport.addresses import SocketAddress as SocketAddress
from focusmesh.protocol.transport.addresses import for_socket as for_socket
from focusmesh.protocol.transport.addresses import plain_host as plain_host
from focusmesh.protocol.transport.addresses import read_address as read_address
from focusmesh.protocol.transport.addresses import show_address as show_address
from focusmesh.protocol.transport.allowances import Allowances as Allowances
from focusmesh.protocol.transport.interface import DATAGRAM_BYTES_MAX as DATAGRAM_BYTES_MAX
from focusmesh.protocol.transport.interface import FRAME_BYTES_MAX as FRAME_BYTES_MAX
from focusmesh.protocol.transport.interface import Connection as Connection
from focusmesh.protocol.transport.interface import Stream as Stream
from focusmesh.protocol.transport.interface import Transport as Transport
from focusmesh.protocol.transport.interface import TransportStats as TransportStats
from focusmesh.protocol.transport.peer_scores import COSTS as COSTS
from focusmesh.protocol.transport.peer_scores import ScoreLimits as ScoreLimits
from focusmesh.protocol.transport.peer_scores import Scores as Scores
from focusmesh.protocol.transport.rpc.one_way import Teller as Teller
from focusmesh.protocol.transport.rpc.one_way import listens as listens
from focusmesh.protocol.transport.rpc.rpc_client import ask as ask
from focusmesh.protocol.transport.rpc.rpc_client import ask_one as ask_one
from focusmesh.protocol.transport.rpc.rpc_client import open_long as open_long
from focusmesh.protocol.transport.rpc.rpc_client import tell as tell
from focusmesh.protocol.transport.rpc.rpc_server import RequestHandler as RequestHandler
from focusmesh.protocol.transport.rpc.rpc_server import RequestLimits as RequestLimits
from focusmesh.protocol.transport.rpc.rpc_server import Requests as Requests
from focusmesh.protocol.transport.rpc.rpc_server import answers as answers
from focusmesh.protocol.transport.rpc.rpc_server import hears as hears
from focusmesh.protocol.transport.rpc.rpc_server import streams as streams
from focusmesh.protocol.transport.tasks import Tasks as Tasks

if TYPE_CHECKING:
    from focusmesh.protocol.transport.iroh.endpoint import IrohLimits as IrohLimits
    from focusmesh.protocol.transport.iroh.endpoint import IrohTransport as IrohTransport
    from focusmesh.protocol.transport.iroh.endpoint import protocol_of as protocol_of
    from focusmesh.protocol.transport.iroh.library import IrohError as IrohError
    from focusmesh.protocol.transport.iroh.library import endpoint_builder as endpoint_builder
    from focusmesh.protocol.transport.quic.endpoint import QuicLimits as QuicLimits
    from focusmesh.protocol.transport.quic.endpoint import QuicTransport as QuicTransport
else:
    __getattr__, __dir__ = lazily(__name__)
