"""Networks in one thread and in virtual time: processes, hosts, lines that misbehave, and a transport over them.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from focusmesh.protocol.simulation.network import LINE_FAULTS as LINE_FAULTS
from focusmesh.protocol.simulation.network import SimNetwork as SimNetwork
from focusmesh.protocol.simulation.network import Weather as Weather
from focusmesh.protocol.simulation.processes import KilledError as KilledError
from focusmesh.protocol.simulation.processes import Process as Process
from focusmesh.protocol.simulation.processes import VirtualTime as VirtualTime
from focusmesh.protocol.simulation.transport import SimConnection as SimConnection
from focusmesh.protocol.simulation.transport import SimTransport as SimTransport
