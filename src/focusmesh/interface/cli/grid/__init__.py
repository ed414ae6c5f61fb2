"""Commands of the grid.

May import: interface.cli.shared, interface.cli.network.
Start reading at arrays.py.
"""

from __future__ import annotations
