"""The iroh transport: QUIC between keys by another library.

May import: iroh, what lies beside this folder.
Start reading at endpoint.py.
"""

from __future__ import annotations
