"""The records that answers are made of.

May import: msgspec.
Start reading at records.py.
"""

from __future__ import annotations
