"""Commands of keys: new, list, copies, shares, rotation.

May import: interface.cli.shared.
Start reading at keys.py.
"""

from __future__ import annotations
