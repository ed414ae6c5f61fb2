"""ICS-23 proofs: their forms, their protobuf bytes and their verifier.

May import: hashlib alone.
Start reading at verifier.py.
"""

from __future__ import annotations
