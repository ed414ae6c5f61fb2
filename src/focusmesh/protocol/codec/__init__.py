"""Canonical dag-cbor: every value has one encoding, and bytes that are not it are refused.

May import: focusmesh.errors, focusmesh.ids, and nothing else of the project.
Start reading at protocol/codec/canonical.py.
"""

from __future__ import annotations

from focusmesh.protocol.codec.canonical import DEPTH_MAX, decode, encode
from focusmesh.protocol.codec.cid import Cid
from focusmesh.protocol.codec.values import Value

__all__ = ["DEPTH_MAX", "Cid", "Value", "decode", "encode"]
