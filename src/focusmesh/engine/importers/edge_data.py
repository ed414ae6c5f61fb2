"""The data of an edge as NetworkX writes it behind the ends: ``{'weight': 2.5, 'color': 'red'}``."""

from __future__ import annotations

import ast
import re
from typing import Any

from focusmesh.engine.links import shorten

EDGE_DATA_BYTES_MAX = 1 << 14
"""Longer data is refused: what reads it takes some hundred times its bytes."""
_KEY = "weight"
_NUMBER = r"[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?|nan|inf|-inf"
_PLAIN = re.compile(rf"\{{'weight': (?:({_NUMBER})|np\.[a-z]+[0-9]*\(({_NUMBER})\))\}}")
_FAULTS = (ValueError, SyntaxError, TypeError, RecursionError, MemoryError)


def edge_weight(data: bytes, key: str = _KEY) -> bytes | str | None:
    """The weight in ``data`` as it is written, None where there is none, or why ``data`` cannot be read.

    Only literals are read; nothing is evaluated. ``key`` names the weight.
    """
    if len(data) > EDGE_DATA_BYTES_MAX:
        return f"the data in braces is longer than {EDGE_DATA_BYTES_MAX} bytes"
    text = data.decode(errors="replace")
    plain = _PLAIN.fullmatch(text) if key == _KEY else None
    if plain:
        return (plain[1] or plain[2]).encode()
    found = _literal(text)
    if not isinstance(found, dict):
        return f"{shorten(text)} is no data that can be read: braces with keys and plain values"
    if key not in found:
        return None
    weight = found[key]
    if isinstance(weight, bool) or not isinstance(weight, (int, float, str)):
        return f"the weight {shorten(weight)} is not a number"
    return str(weight).encode()


def edge_data_keys(data: bytes) -> list[str]:
    """The keys of ``data``, none where it cannot be read."""
    found = _literal(data[:EDGE_DATA_BYTES_MAX].decode(errors="replace"))
    return [str(key) for key in found] if isinstance(found, dict) else []


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except _FAULTS:
        return None
