"""Formats of the tools that draw networks: nodes and edges described apart, or a picture's list of edges.

May import what other formats may, and ``markup``. Start reading at pajek.py.
"""

from __future__ import annotations
