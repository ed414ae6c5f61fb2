"""Commands of programs: rewriting, and programs of links.

May import: interface.cli.shared, interface.cli.ledger.
Start reading at rewrite.py.
"""

from __future__ import annotations
