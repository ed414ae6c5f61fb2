"""Values of a superposed term that are constructors of numbers, as rows: what link programs yield, without texts."""

from __future__ import annotations

from focusmesh.engine.rewrite.cells_compiled import read, write
from focusmesh.engine.rewrite.marks import FOUND, STATUS
from focusmesh.engine.rewrite.normal_form_compiled import next_value
from focusmesh.engine.rewrite.words import (
    CTR,
    LABEL_MASK,
    LABEL_SHIFT,
    LOW,
    TAG_MASK,
    TAG_SHIFT,
    W32,
)
from focusmesh.engine.support.compiled import kernel

_U32 = 0xFFFF_FFFF


@kernel
def _is_row(heap: int, term: int, label: int, width: int) -> bool:
    """Whether ``term`` is the constructor ``label``, its ``width`` fields all numbers."""
    if term >> TAG_SHIFT & TAG_MASK != CTR or term >> LABEL_SHIFT & LABEL_MASK != label:
        return False
    others = 0
    for field in range(width):
        others += read(heap, (term & LOW) + field) >> TAG_SHIFT & TAG_MASK != W32
    return others == 0


@kernel
def next_rows(
    heap: int,
    stack: int,
    marks: int,
    program: int,
    label: int,
    width: int,
    count_max: int,
    found: int,
) -> int:
    """Puts how many rows there are at ``found``, and them behind it; FOUND is 1 where they end before a value: this."""
    count = 0
    term = next_value(heap, stack, marks, program)
    while (
        not read(marks, STATUS)
        and read(marks, FOUND)
        and count < count_max
        and _is_row(heap, term, label, width)
    ):
        for field in range(width):
            write(found, 1 + count * width + field, read(heap, (term & LOW) + field) & _U32)
        count += 1
        term = next_value(heap, stack, marks, program)
    write(found, 0, count)
    return term
