"""Pages of a state: where they begin, what links they hold, and how a store takes them in.

May import: kernel.state's links, tree and store.
Start reading at pages.py.
"""

from __future__ import annotations
