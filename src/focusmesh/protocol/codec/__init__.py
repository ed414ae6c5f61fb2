"""Canonical dag-cbor: every value has one encoding, and bytes that are not it are refused.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from focusmesh.protocol.codec.canonical import DEPTH_MAX as DEPTH_MAX
from focusmesh.protocol.codec.canonical import decode as decode
from focusmesh.protocol.codec.canonical import encode as encode
from focusmesh.protocol.codec.cid import Cid as Cid
from focusmesh.protocol.codec.items import ITEMS_MAX as ITEMS_MAX
from focusmesh.protocol.codec.items import count_items as count_items
from focusmesh.protocol.codec.json_items import check_json_items as check_json_items
from focusmesh.protocol.codec.records import from_bytes as from_bytes
from focusmesh.protocol.codec.records import to_bytes as to_bytes
from focusmesh.protocol.codec.values import ARRAY as ARRAY
from focusmesh.protocol.codec.values import BYTES as BYTES
from focusmesh.protocol.codec.values import Value as Value
from focusmesh.protocol.codec.writer import head as head
