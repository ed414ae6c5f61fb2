"""A validator in a node: engines by epoch, vote records, channels to other validators, commits.

May import: kernel.consensus, what lies beside this folder, and kernel.node.sync.
Start reading at validator_node.py, then engine_run.py.
"""

from __future__ import annotations
