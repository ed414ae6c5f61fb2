"""Particles that a header numbers from 1, whether or not a link names them."""

from __future__ import annotations

import numpy as np

from focusmesh.engine.graph.building import PARTICLES_MAX
from focusmesh.engine.graph.names import Names
from focusmesh.errors import InputError

_ALWAYS = 1 << 24
_EACH_LINE = 64


def numbered_names(count: int, line_count: int, where: str) -> Names:
    """The names 1 … ``count``, 8 bytes each, of a file of ``line_count`` lines.

    Raises InputError when the header asks for far more memory than the lines justify: over 16 million and 64 a line.
    """
    if count > min(PARTICLES_MAX, _ALWAYS + _EACH_LINE * line_count):
        raise InputError(
            f"{where}: the header says {count} vertices, too many for {line_count} lines: is the file whole?"
        )
    return Names.integers(np.arange(1, count + 1, dtype=np.int64))
