"""The QUIC transport: one UDP socket, connections between keys, streams and datagrams.

May import: qh3, cryptography, what lies beside this folder.
Start reading at endpoint.py, then link.py.
"""

from __future__ import annotations
