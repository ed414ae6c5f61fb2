"""Networks in one thread and in virtual time: processes, hosts, lines that misbehave, and a transport over them.

May import: errors, ids and the transport's interface. Start reading at processes.py, then network.py.
"""

from __future__ import annotations

from focusmesh.protocol.sim.network import LINE_FAULTS, SimNetwork, Weather
from focusmesh.protocol.sim.processes import KilledError, Process, VirtualTime
from focusmesh.protocol.sim.transport import SimConnection, SimTransport

__all__ = [
    "LINE_FAULTS",
    "KilledError",
    "Process",
    "SimConnection",
    "SimNetwork",
    "SimTransport",
    "VirtualTime",
    "Weather",
]
