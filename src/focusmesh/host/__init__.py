"""What touches this machine and has logic: keys, folders of ledgers, nodes, light clients, localnets, clusters.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations
