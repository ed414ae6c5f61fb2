"""Requests over any transport: a client, a server, one-way streams, and their frames.

May import: what lies beside this folder.
Start reading at frames.py, then rpc_server.py.
"""

from __future__ import annotations
