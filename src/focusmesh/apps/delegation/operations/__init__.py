"""The operations of delegators, and the commission of validators.

May import: kernel.runtime, kernel.state.
Start reading at moves.py.
"""

from __future__ import annotations
