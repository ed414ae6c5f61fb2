"""Block sync: headers, then blocks, snapshots for new nodes, contents that are missing.

May import: what lies beside this folder, and kernel.node.serving.
Start reading at block_sync.py.
"""

from __future__ import annotations
