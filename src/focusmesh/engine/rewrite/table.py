"""The dispatch table: which opcode an eliminator and a value call for. Every evaluator has it from here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.rewrite.words import (
    APP,
    CTR,
    DP0,
    DP1,
    ERA,
    LAM,
    LET,
    MAT,
    OPX,
    OPY,
    REF,
    SUP,
    SWI,
    VAR,
    W32,
)

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import ByteArray

OPCODES = ("apply", "duplicate", "distribute", "succ", "switch", "collapse", "specialize")
APPLY, DUPLICATE, DISTRIBUTE, SUCC, SWITCH, COLLAPSE, SPECIALIZE = range(len(OPCODES))

ELIMINATORS = ("APP", "DUP", "MAT", "SWI", "OPX", "OPY", "LET/REF", "ROOT")
VALUES = ("LAM", "SUP", "ERA", "W32", "CTR", "REF", "VAR", "OTHER")

RULES = {
    ("APP", "LAM"): APPLY,
    ("APP", "SUP"): DISTRIBUTE,
    ("APP", "REF"): APPLY,
    ("DUP", "LAM"): DUPLICATE,
    (
        "DUP",
        "SUP",
    ): DUPLICATE,  # where the labels differ: DISTRIBUTE, which only the two words can tell
    ("DUP", "ERA"): DUPLICATE,
    ("DUP", "W32"): DUPLICATE,
    ("DUP", "CTR"): DUPLICATE,
    ("DUP", "REF"): DUPLICATE,
    ("MAT", "SUP"): DISTRIBUTE,
    ("MAT", "CTR"): SWITCH,
    ("MAT", "REF"): APPLY,
    ("SWI", "SUP"): DISTRIBUTE,
    ("SWI", "W32"): SWITCH,
    ("SWI", "REF"): APPLY,
    ("OPX", "SUP"): DISTRIBUTE,
    ("OPX", "W32"): SUCC,
    ("OPX", "REF"): APPLY,
    ("OPY", "SUP"): DISTRIBUTE,
    ("OPY", "W32"): SUCC,
    ("OPY", "REF"): APPLY,
    ("ROOT", "REF"): APPLY,
    **{("LET/REF", value): APPLY for value in VALUES},
}
"""What is not here is COLLAPSE: an erasure goes through; any other pair is unknown and stays as it is."""

TABLE: ByteArray = np.array(
    [RULES.get((eliminator, value), COLLAPSE) for eliminator in ELIMINATORS for value in VALUES],
    dtype=np.uint8,
)
"""Opcode at 8·eliminator + value."""

ELIMINATOR_OF = {
    APP: 0,
    DP0: 1,
    DP1: 1,
    MAT: 2,
    SWI: 3,
    OPX: 4,
    OPY: 5,
    LET: 6,
    REF: 6,
}
VALUE_OF = {LAM: 0, SUP: 1, ERA: 2, W32: 3, CTR: 4, REF: 5, VAR: 6}


def _by_tag() -> ByteArray:
    tags = range(32)
    rows = [[8 * ELIMINATOR_OF.get(one, 7) + VALUE_OF.get(two, 7) for two in tags] for one in tags]
    spread: ByteArray = TABLE[np.array(rows).reshape(-1)]
    return spread


BY_TAG: ByteArray = _by_tag()
"""TABLE spread out: the opcode at 32·(tag of the eliminator) + (tag of the value)."""
