"""Lanes of batches: data that validators have certified before a proposal orders it (Narwhal, Autobahn).

May import: what lies beside this folder.
Start reading at lanes.py, then mempool.py.
"""

from __future__ import annotations
