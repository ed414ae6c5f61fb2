"""What a node gossips: blocks, signals, fraud proofs.

May import: what lies beside this folder, kernel.node.sync and kernel.node.voting.
Start reading at gossip.py.
"""

from __future__ import annotations
