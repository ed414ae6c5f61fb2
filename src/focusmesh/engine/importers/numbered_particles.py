"""Particles that a header numbers, from 1 or from 0, whether or not a link names them."""

from __future__ import annotations

import numpy as np

from focusmesh.engine.links import PARTICLES_MAX, Names
from focusmesh.errors import InputError

_ALWAYS = 1 << 24
_EACH_LINE = 64


def numbered_names(count: int, line_count: int, where: str, first: int = 1) -> Names:
    """``count`` names from ``first`` on, 8 bytes each, of a file of ``line_count`` lines.

    Raises InputError when the header asks for far more memory than the lines justify: over 16 million and 64 a line.
    """
    verify_vertex_count(count, line_count, where)
    return Names.integers(np.arange(first, first + count, dtype=np.int64))


def verify_vertex_count(count: int, line_count: int, where: str) -> None:
    """Raises InputError when a header says far more vertices than a file of ``line_count`` lines can mean."""
    if count > min(PARTICLES_MAX, _ALWAYS + _EACH_LINE * line_count):
        raise InputError(
            f"{where}: the header says {count} vertices, too many for {line_count} lines: is the file whole?"
        )
