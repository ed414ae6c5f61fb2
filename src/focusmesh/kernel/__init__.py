"""The kernel: state under one root, blocks, receipts; deterministic, the same on every node.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations
