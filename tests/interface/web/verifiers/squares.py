"""Squares as a server tells of them, for the page's verifier."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any, TypeAlias

import msgspec
import numpy as np

from focusmesh.host.service import SquareRoots
from focusmesh.kernel.availability import FOCUS, SIGNALS, Roots, Square, shares_of
from focusmesh.kernel.block import BLOCK_DOMAIN, Header
from focusmesh.protocol.identity import SigningKey

Told: TypeAlias = dict[str, Any]
HEIGHT = 7
KEY = SigningKey(bytes(range(32)))
SIZES = {1: 90, 2: 700, 4: 5_000, 8: 25_000}
"""Bytes of signals for each width."""


@cache
def square(width: int) -> Square:
    chance = np.random.default_rng(width)
    parts = {SIGNALS: chance.bytes(SIZES[width])}
    if width > 1:
        parts[FOCUS] = chance.bytes(SIZES[width] // 6)
    found = Square.of(shares_of(parts))
    assert found.width == width
    return found


def told_of(roots: Roots) -> Told:
    """What a server says of a square with these roots, which a proposer signed for whatever they are."""
    digest = bytes(32)
    header = Header(
        version=1,
        network=digest,
        height=HEIGHT,
        time=1_700_000_000_000,
        parent=digest,
        state_root=digest,
        focus_root=digest,
        data_root=roots.data_root,
        signals_root=digest,
        proposer=KEY.public,
        validators_hash=digest,
        focus_certificate=None,
        params_hash=digest,
        extra=b"",
    )
    said = SquareRoots(
        height=HEIGHT,
        id=header.id.hex(),
        header_bytes=header.encode().hex(),
        proof=KEY.sign(BLOCK_DOMAIN, header.id).hex(),
        width=roots.width,
        rows=[root.hex() for root in roots.rows],
        columns=[root.hex() for root in roots.columns],
    )
    found: Told = msgspec.to_builtins(said)
    return found


@cache
def _told(width: int) -> Told:
    return told_of(square(width).roots)


def told(width: int) -> Told:
    return copy.deepcopy(_told(width))


def share_told(width: int, row: int, column: int, axis: str = "row") -> Told:
    proved = square(width).prove(row, column, "row" if axis == "row" else "column")
    return {
        "height": HEIGHT,
        "row": row,
        "column": column,
        "axis": axis,
        "share": proved.share.hex(),
        "start": proved.proof.start,
        "stop": proved.proof.stop,
        "nodes": [node.hex() for node in proved.proof.nodes],
    }
