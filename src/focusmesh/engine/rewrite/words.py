"""The word of the heap: what its bits mean.

A term is 64 bits in two u32 lanes. High lane: sub:1, tag:5, label:18, 8 reserved, zero wherever a word is compared or
handed out. Low lane: an offset of 31 bits (page:3, index:28) or, under the tag W32, a number of 32. The host looks at
both lanes at once as one int64, so that ``sub`` is its sign; ``heap.view(uint32)`` has low, high, low, high, …

A node is its cells in a row, at the offset: APP function, argument · MAT value, a cell for each case · SWI value, cases
· OPX left, right · OPY right, left (a number by then) · SUP left, right · LET value, LAM · CTR its fields · REF its
arguments · LAM body · a DUP, which no word stands for, its value: DP0 and DP1 point there. VAR points to the cell of
its LAM. Once the binder is gone, that cell has what takes the variable's place, with ``sub`` set; so has a DUP's for
the half that was not asked for yet.
"""

from __future__ import annotations

TAGS = (
    "VAR",
    "DP0",
    "DP1",
    "REF",
    "APP",
    "MAT",
    "SWI",
    "OPX",
    "OPY",
    "ERA",
    "LAM",
    "SUP",
    "CTR",
    "W32",
    "LET",
)
VAR, DP0, DP1, REF, APP, MAT, SWI, OPX, OPY, ERA, LAM, SUP, CTR, W32, LET = range(len(TAGS))
MOVED = 31
"""Stands in a cell that the collector has taken elsewhere; never in a term."""

TAG_SHIFT = 58
LABEL_SHIFT = 40
SPOT_SHIFT = 32
TAG_MASK = 0x1F
LABEL_MASK = 0x3FFFF
SPOT_MASK = 0xFF
LOW = 0xFFFFFFFF
SUBSTITUTED = -(1 << 63)
PLAIN = (1 << 63) - 1

ADD, SUBTRACT, MULTIPLY, DIVIDE, MODULO, EQUAL, DIFFER, LESS, MORE, LESS_EQUAL, MORE_EQUAL = range(
    11
)
AND, OR, XOR, LEFT, RIGHT = range(11, 16)
OPERATORS = ("+", "-", "*", "/", "%", "==", "!=", "<", ">", "<=", ">=", "&", "|", "^", "<<", ">>")
"""Labels of OPX and OPY, in order. Numbers are u32 and wrap; x / 0 = 0, x % 0 = x, shifts go by their amount mod 32."""


def word(tag: int, label: int = 0, low: int = 0) -> int:
    """A term of these parts, as int64."""
    return tag << TAG_SHIFT | label << LABEL_SHIFT | low


def tag_of(term: int) -> int:
    """Which of ``TAGS``."""
    return term >> TAG_SHIFT & TAG_MASK


def label_of(term: int) -> int:
    """Label of a DUP or SUP, operator, or which definition, constructor, match; a SWI's number of cases."""
    return term >> LABEL_SHIFT & LABEL_MASK


def low_of(term: int) -> int:
    """Offset, or number."""
    return term & LOW
