"""Accounts, bonds, and the parameters that a network agrees on.

May import: kernel.state's key space.
Start reading at parameters.py, then accounts.py.
"""

from __future__ import annotations
