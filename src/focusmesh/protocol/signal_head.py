"""What a signal says of itself, read where it stands: nothing of its operations is decoded.

Keys of a canonical map go by length, then by their bytes. So a signal begins with tip, nonce, neuron, network and
version, then come its operations, and the height at which it expires ends it. All else has one fixed form.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_AMOUNT = (
    rb"([\x00-\x17]|\x18[\x18-\xff]|\x19(?!\x00).{2}|\x1a(?!\x00\x00).{4}"
    rb"|\x1b(?!\x00{4})[\x00-\x7f].{7})"
)
"""0 ≤ a < 2⁶³ in as few bytes as it needs."""
_ARRAY_HEAD = rb"([\x80-\x97]|\x98[\x18-\xff]|\x99(?!\x00).{2}|\x9a(?!\x00\x00).{4})"
_BEFORE = re.compile(
    rb"\xa7ctip%benonce%bfneuron\x58\x20(.{32})gnetwork\x58\x20(.{32})gversion\x01joperations(?=%b)"
    % (_AMOUNT, _AMOUNT, _ARRAY_HEAD),
    re.DOTALL,
)
_EXPIRES = b"nexpires_height"
_AFTER = re.compile(_AMOUNT, re.DOTALL)
_AFTER_BYTES_MAX = len(_EXPIRES) + 9


class SignalHead(NamedTuple):
    """All fields but the operations: so many of them stand in ``body[start:stop]``, if that holds an array."""

    tip: int
    nonce: int
    neuron: bytes
    network: bytes
    expires_height: int
    operations: int
    start: int
    stop: int


def read_head(body: bytes) -> SignalHead | None:
    """The head of a signal without its signature; None where it is not canonical, or of another version. O(1)."""
    before = _BEFORE.match(body)
    # No number is as long as the key before it, so that there is one place for it at the most.
    stop = body.rfind(_EXPIRES, -_AFTER_BYTES_MAX)
    if before is None or stop < before.end():
        return None
    after = _AFTER.fullmatch(body, stop + len(_EXPIRES))
    if after is None:
        return None
    tip, nonce, neuron, network, counted = before.groups()
    expires = after[0]
    return SignalHead(
        # A number below 24 is its own byte, others follow their first one.
        int.from_bytes(tip[1:] or tip, "big"),
        int.from_bytes(nonce[1:] or nonce, "big"),
        neuron,
        network,
        int.from_bytes(expires[1:] or expires, "big"),
        int.from_bytes(counted[1:], "big") if len(counted) > 1 else counted[0] & 31,
        before.end(),
        stop,
    )
