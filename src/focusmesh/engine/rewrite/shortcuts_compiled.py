"""Runs what shortcuts.py compiled: calls that take their arguments in registers, as long as one follows another."""

from __future__ import annotations

from focusmesh.engine.rewrite.cells_compiled import read, watched, write
from focusmesh.engine.rewrite.marks import (
    ARITIES,
    COUNTS,
    DEFAULT,
    FUEL,
    LIMIT,
    REGISTERS_AT,
    ROW,
    SHORTCUT,
    SPENT,
    TOP,
)
from focusmesh.engine.rewrite.rules_compiled import compute_operator
from focusmesh.engine.rewrite.shortcuts import (
    CALL,
    CHOOSE_CONSTRUCTOR,
    CHOOSE_NUMBER,
    COMPUTE,
    COMPUTE_WITH,
    CONSTANT,
    COPY,
    EVALUATED,
    FINISH,
    HEADER,
    LAMBDA,
    NODE,
    REGISTERS,
)
from focusmesh.engine.rewrite.table import APPLY, DUPLICATE, SUCC, SWITCH
from focusmesh.engine.rewrite.words import (
    ADD,
    CTR,
    DP0,
    DP1,
    ERA,
    LABEL_MASK,
    LABEL_SHIFT,
    LAM,
    LET,
    LOW,
    OPX,
    REF,
    TAG_MASK,
    TAG_SHIFT,
    VAR,
    W32,
)
from focusmesh.engine.support.compiled import kernel

_NOTHING = ERA << TAG_SHIFT
_W32 = W32 << TAG_SHIFT
_LAM = LAM << TAG_SHIFT
_VAR = VAR << TAG_SHIFT
_DP0 = DP0 << TAG_SHIFT
_DP1 = DP1 << TAG_SHIFT
_REF = REF << TAG_SHIFT
_OPX = OPX << TAG_SHIFT


@kernel
def _chosen_number(marks: int, program: int, at: int, base: int) -> int:
    """Where the case of a number begins, whose rest is in a register; or the code for what is no number."""
    found = read(marks, base + read(program, at + 1))
    if found >> TAG_SHIFT & TAG_MASK != W32:
        return read(program, at + 4)
    number, last = found & LOW, read(program, at + 2) - 1
    if number < last:
        return read(program, at + 5 + number)
    write(marks, base + read(program, at + 3), _W32 | number - last)
    return read(program, at + 5 + last)


@kernel
def _chosen_constructor(heap: int, marks: int, program: int, at: int, base: int) -> int:
    """Where the case of a constructor begins, whose fields are in registers; or the code for all else."""
    found = read(marks, base + read(program, at + 1))
    if found >> TAG_SHIFT & TAG_MASK == CTR:
        label = found >> LABEL_SHIFT & LABEL_MASK
        for case in range(at + 5, at + 5 + 2 * read(program, at + 2), 2):
            key, to = read(program, case), base + read(program, at + 3)
            if key == label:
                for field in range(read(program, read(marks, ARITIES) + label)):
                    write(marks, to + field, read(heap, (found & LOW) + field))
                return read(program, case + 1)
            if key == DEFAULT:
                write(marks, to, found)
                return read(program, case + 1)
    return read(program, at + 4)


@kernel
def _compute(heap: int, marks: int, operator: int, left: int, right: int) -> int:
    """The number, or an OPX of what are not both numbers."""
    if left >> TAG_SHIFT & TAG_MASK == W32 and right >> TAG_SHIFT & TAG_MASK == W32:
        if operator == ADD:
            return _W32 | left + right & LOW
        return _W32 | compute_operator(operator, left & LOW, right & LOW)
    top = read(marks, TOP)
    write(heap, top, left)
    write(heap, top + 1, right)
    write(marks, TOP, top + 2)
    return _OPX | operator << LABEL_SHIFT | top


@kernel
def _copy_halves(heap: int, marks: int, program: int, at: int, base: int) -> int:
    """The halves of a DUP, which are the number itself where it is known; the interactions that this took."""
    found = read(marks, base + read(program, at + 4))
    left, right = read(program, at + 1), read(program, at + 2)
    if found >> TAG_SHIFT & TAG_MASK == W32 and read(program, at + 5):
        write(marks, base + left, found)
        write(marks, base + right, found)
        return 1
    top, label = read(marks, TOP), read(program, at + 3) << LABEL_SHIFT
    write(heap, top, found)
    write(marks, TOP, top + 1)
    write(marks, base + left, _DP0 | label | top)
    write(marks, base + right, _DP1 | label | top)
    return 0


@kernel
def _build(heap: int, marks: int, program: int, at: int, base: int) -> int:
    """A NODE, LAMBDA, BIND or CONSTANT is carried out; where the next instruction is."""
    kind, to, top = read(program, at), base + read(program, at + 1), read(marks, TOP)
    if kind == NODE:
        count = read(program, at + 3)
        for part in range(count):
            write(heap, top + part, read(marks, base + read(program, at + 4 + part)))
        write(marks, TOP, top + count)
        write(marks, to, read(program, at + 2) | top)
        return at + 4 + count
    if kind == CONSTANT:
        write(marks, to, read(program, at + 2))
    elif kind == LAMBDA:
        write(heap, top, _NOTHING)
        write(marks, TOP, top + 1)
        write(marks, to, _VAR | top)
        write(marks, base + read(program, at + 2), _LAM | top)
    else:
        write(heap, read(marks, to) & LOW, read(marks, base + read(program, at + 2)))
    return at + 3


@kernel
def _may_go_on(marks: int, program: int, code: int, base: int, spent: int) -> bool:
    """Whether fuel and room are left for a call, and its strict arguments are values."""
    if spent + read(program, code) > watched(marks, FUEL):
        return False
    if read(marks, TOP) > read(marks, LIMIT):
        return False
    mask, at = read(program, code + 2), base
    while mask:
        tag = read(marks, at) >> TAG_SHIFT & TAG_MASK
        if mask & 1 and (tag < ERA or tag == LET):
            return False
        mask >>= 1
        at += 1
    return True


@kernel
def _next_call(marks: int, program: int, at: int, base: int) -> int:
    """Puts the arguments of the next call into the other set of registers; which set that is."""
    other = 2 * REGISTERS_AT + REGISTERS - base
    for part in range(read(program, at + 2)):
        write(marks, other + part, read(marks, base + read(program, at + 5 + part)))
    return other


@kernel
def _call_node(heap: int, marks: int, definition: int, count: int, base: int) -> int:
    """The REF of a call whose arguments are in registers."""
    top = read(marks, TOP)
    for part in range(count):
        write(heap, top + part, read(marks, base + part))
    write(marks, TOP, top + count)
    return _REF | definition << LABEL_SHIFT | (top if count else 0)


@kernel
def _settle(marks: int, applies: int, switches: int, copies: int, sums: int) -> None:
    write(marks, SPENT, read(marks, SPENT) + applies + switches + copies + sums)
    write(marks, COUNTS + APPLY, read(marks, COUNTS + APPLY) + applies)
    write(marks, COUNTS + SWITCH, read(marks, COUNTS + SWITCH) + switches)
    write(marks, COUNTS + DUPLICATE, read(marks, COUNTS + DUPLICATE) + copies)
    write(marks, COUNTS + SUCC, read(marks, COUNTS + SUCC) + sums)


@kernel
def _until_end(heap: int, marks: int, program: int, code: int, base: int) -> tuple[int, int, int]:
    """Runs the code of a call to its FINISH or CALL; that place, duplications and operations on the way."""
    at, copies, sums = code + HEADER, 0, 0
    while True:
        kind = read(program, at)
        if kind <= CALL:
            return at, copies, sums
        if kind == CHOOSE_NUMBER:
            at = code + _chosen_number(marks, program, at, base)
        elif kind == CHOOSE_CONSTRUCTOR:
            at = code + _chosen_constructor(heap, marks, program, at, base)
        elif kind in (COMPUTE, COMPUTE_WITH):
            left, right = read(marks, base + read(program, at + 3)), read(program, at + 4)
            if kind == COMPUTE:
                right = read(marks, base + right)
            found = _compute(heap, marks, read(program, at + 2), left, right)
            write(marks, base + read(program, at + 1), found)
            sums += 2 * int(found >> TAG_SHIFT & TAG_MASK == W32)
            at += 5
        elif kind == COPY:
            copies += _copy_halves(heap, marks, program, at, base)
            at += 6
        elif kind == EVALUATED:
            tag = read(marks, base + read(program, at + 1)) >> TAG_SHIFT & TAG_MASK
            at = code + read(program, at + 2) if tag < ERA or tag == LET else at + 3
        else:
            at = _build(heap, marks, program, at, base)


@kernel
def shortcut(heap: int, marks: int, program: int, term: int) -> int:
    """What a REF, whose strict arguments are values, comes to; ``term`` itself where it is to be called as ever."""
    code = read(program, ROW * (term >> LABEL_SHIFT & LABEL_MASK) + SHORTCUT)
    if code == 0:
        return term
    base = REGISTERS_AT
    for part in range(read(program, code + 1)):
        write(marks, base + part, read(heap, (term & LOW) + part))
    applies, switches, copies, sums = 0, 0, 0, 0
    found, spent = term, read(marks, SPENT)
    if spent + read(program, code) > read(marks, FUEL):
        return term
    while True:
        at, more_copies, more_sums = _until_end(heap, marks, program, code, base)
        copies += more_copies
        sums += more_sums
        if read(program, at) == FINISH:
            applies += read(program, at + 2)
            switches += read(program, at + 3)
            found = read(marks, base + read(program, at + 1))
            break
        applies += read(program, at + 3)
        switches += read(program, at + 4)
        definition, count = read(program, at + 1), read(program, at + 2)
        base = _next_call(marks, program, at, base)
        code = read(program, ROW * definition + SHORTCUT)
        total = spent + applies + switches + copies + sums
        if code == 0 or not _may_go_on(marks, program, code, base, total):
            found = _call_node(heap, marks, definition, count, base)
            break
    _settle(marks, applies, switches, copies, sums)
    return found
