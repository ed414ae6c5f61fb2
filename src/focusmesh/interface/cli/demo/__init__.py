"""The command demo: the standard library of this Python, or Debian's packages.

May import: interface.cli.shared.
Start reading at command.py.
"""

from __future__ import annotations
