"""What a node answers its peers.

May import: what lies beside this folder.
Start reading at peer_answers.py.
"""

from __future__ import annotations
