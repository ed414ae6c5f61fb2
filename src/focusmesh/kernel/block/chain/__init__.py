"""The chain: proposing, accepting and storing blocks, with the validator sets that decide them.

May import: kernel.state, what lies beside this folder.
Start reading at chain.py, then stored_chain.py.
"""

from __future__ import annotations
