"""What commands share: options, input, output, tables, failures.

May import: typer and rich; the engine and host only inside of functions.
Start reading at options.py, then results.py.
"""

from __future__ import annotations
