"""Where a grid is kept, and how its workers tell one another: folders, PostgreSQL, Redis, by their addresses.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from focusmesh.host.persistence.addresses import open_fanout as open_fanout
from focusmesh.host.persistence.addresses import open_store as open_store
from focusmesh.host.persistence.fanout import Fanout as Fanout
from focusmesh.host.persistence.fanout import Listening as Listening
