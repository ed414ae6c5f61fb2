"""Commands that rank, ask, import, export and draw a graph.

May import: interface.cli.shared.
Start reading at rank.py.
"""

from __future__ import annotations
