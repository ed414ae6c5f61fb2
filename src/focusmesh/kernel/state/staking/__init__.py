"""Delegated stake: who votes through whom, what that earns, and what it loses.

May import: kernel.state's key space and accounts.
Start reading at pools.py, then periods.py.
"""

from __future__ import annotations
