"""Web sockets: subscriptions and the grid.

May import: interface.server.shared, host.service, host.grid.
Start reading at sockets.py, then live.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.interface.server.websocket.grid_sockets import GRID_LIVE as GRID_LIVE
    from focusmesh.interface.server.websocket.grid_sockets import GridSockets as GridSockets
    from focusmesh.interface.server.websocket.live import LiveSockets as LiveSockets
    from focusmesh.interface.server.websocket.sockets import Caller as Caller
    from focusmesh.interface.server.websocket.sockets import Known as Known
else:
    __getattr__, __dir__ = lazily(__name__)
