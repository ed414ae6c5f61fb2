"""Where a grid is kept, and how its workers tell one another: folders, PostgreSQL, Redis, by their addresses.

May import: focusmesh.{apps,protocol,ids,errors}; drivers of servers where they are needed.
Start reading at opening.py, then tables.py and fanout.py.
"""

from __future__ import annotations

from focusmesh.interface.persistence.fanout import Fanout, Listening
from focusmesh.interface.persistence.opening import open_fanout, open_store

__all__ = ["Fanout", "Listening", "open_fanout", "open_store"]
