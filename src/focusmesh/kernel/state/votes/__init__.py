"""How a network changes its rules: proposals, votes on them, who is ready, and what of it becomes law.

May import: kernel.state's accounts and key space.
Start reading at proposals.py, then laws.py.
"""

from __future__ import annotations
