"""The kernel that finds the words of lines with any number of them."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy.typing as npt

from focusmesh.engine.support.compiled import kernel

Array: TypeAlias = npt.NDArray[Any]

_TAB, _NEWLINE, _RETURN, _SPACE = 9, 10, 13, 32


@kernel
def split_lines(
    buffer: Array, comments: Array, starts: Array, ends: Array, counts: Array
) -> tuple[int, int]:
    """Spans of all words and the number of words of each line, −1 for a comment: (words, lines).

    ``comments`` are the two bytes that begin a comment line.
    """
    size = len(buffer)
    words = lines = at = 0
    while at < size:
        first = words
        comment = False
        while at < size and buffer[at] != _NEWLINE:
            byte = buffer[at]
            if byte == _SPACE or _TAB <= byte <= _RETURN:
                at += 1
                continue
            comment = words == first and (byte == comments[0] or byte == comments[1])
            if comment:
                while at < size and buffer[at] != _NEWLINE:
                    at += 1
                break
            starts[words] = at
            while at < size:
                byte = buffer[at]
                if byte <= _SPACE and (byte == _SPACE or _TAB <= byte <= _RETURN):
                    break
                at += 1
            ends[words] = at
            words += 1
        counts[lines] = -1 if comment else words - first
        lines += 1
        at += 1
    return words, lines
