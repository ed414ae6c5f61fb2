"""The interactions, one function each: they take the two words that meet and give what stands there afterwards.

Nodes that nothing points to any more are used for what comes out, as far as they go.
"""

from __future__ import annotations

from focusmesh.engine.rewrite.cells_compiled import read, write
from focusmesh.engine.rewrite.collector_compiled import cells_of
from focusmesh.engine.rewrite.marks import (
    ARITIES,
    DEFAULT,
    LENGTH,
    MATCHES,
    NAMES,
    OUT_OF_NAMES,
    PATCH,
    PATCH_COUNT,
    ROOT,
    ROW,
    START,
    STATUS,
    TOP,
)
from focusmesh.engine.rewrite.words import (
    ADD,
    AND,
    APP,
    CTR,
    DIFFER,
    DIVIDE,
    DP0,
    DP1,
    EQUAL,
    LABEL_MASK,
    LABEL_SHIFT,
    LAM,
    LEFT,
    LESS,
    LESS_EQUAL,
    LOW,
    MODULO,
    MORE,
    MORE_EQUAL,
    MULTIPLY,
    OPY,
    OR,
    SPOT_MASK,
    SPOT_SHIFT,
    SUBSTITUTED,
    SUBTRACT,
    SUP,
    TAG_MASK,
    TAG_SHIFT,
    VAR,
    W32,
    XOR,
)
from focusmesh.engine.support.compiled import kernel

_FLAG = 1 << SPOT_SHIFT
_APP = APP << TAG_SHIFT
_LAM = LAM << TAG_SHIFT
_VAR = VAR << TAG_SHIFT
_W32 = W32 << TAG_SHIFT
_DP0 = DP0 << TAG_SHIFT
_DP1 = DP1 << TAG_SHIFT
_SUP = SUP << TAG_SHIFT


@kernel
def call(heap: int, marks: int, program: int, term: int) -> int:
    """REF: a copy of the definition's words, with the arguments in their places."""
    place = term & LOW
    row = ROW * (term >> LABEL_SHIFT & LABEL_MASK)
    start, length, root = (
        read(program, row + START),
        read(program, row + LENGTH),
        read(program, row + ROOT),
    )
    top = read(marks, TOP)
    shift = top - _FLAG
    for at in range(length):
        copied = read(program, start + at)
        write(heap, top + at, copied + (shift & -(copied >> SPOT_SHIFT & 1)))
    write(marks, TOP, top + length)
    found = root + (shift & -(root >> SPOT_SHIFT & 1))
    patch = read(program, row + PATCH)
    for at in range(patch, patch + 2 * read(program, row + PATCH_COUNT), 2):
        argument = read(heap, place + read(program, at + 1))
        if read(program, at) < 0:
            found = argument
        else:
            write(heap, top + read(program, at), argument)
    return found


@kernel
def compute_operator(operator: int, left: int, right: int) -> int:
    """``left operator right`` on u32."""
    if operator == ADD:
        return left + right & LOW
    if operator == SUBTRACT:
        return left - right & LOW
    if operator == MULTIPLY:
        return left * right & LOW
    if operator == DIVIDE:
        return 0 if right == 0 else left // right
    if operator == MODULO:
        return left if right == 0 else left % right
    if operator <= MORE_EQUAL:
        return _compare(operator, left, right)
    if operator == AND:
        return left & right
    if operator == OR:
        return left | right
    if operator == XOR:
        return left ^ right
    return left << (right & 31) & LOW if operator == LEFT else left >> (right & 31)


@kernel
def _compare(operator: int, left: int, right: int) -> int:
    if operator == EQUAL:
        return int(left == right)
    if operator == DIFFER:
        return int(left != right)
    if operator == LESS:
        return int(left < right)
    if operator == MORE:
        return int(left > right)
    return int(left <= right) if operator == LESS_EQUAL else int(left >= right)


@kernel
def switch(heap: int, frame: int, number: int) -> int:
    """SWI-W32: the case of the number, or the last one applied to how far it is beyond the others."""
    place, beyond = frame & LOW, (frame >> LABEL_SHIFT & LABEL_MASK) - 1
    found = _APP | place
    if number < beyond:
        found = read(heap, place + 1 + number)
    else:
        write(heap, place, read(heap, place + 1 + beyond))
        write(heap, place + 1, _W32 | number - beyond)
    return found


@kernel
def case_for(marks: int, program: int, frame: int, term: int) -> int:
    """Which case of a MAT is for a CTR; −1: none."""
    row = read(marks, MATCHES) + 2 * (frame >> LABEL_SHIFT & LABEL_MASK)
    first, count = read(program, row), read(program, row + 1)
    label = term >> LABEL_SHIFT & LABEL_MASK
    for at in range(count):
        if read(program, first + at) == label:
            return at
    return count - 1 if count and read(program, first + count - 1) == DEFAULT else -1


@kernel
def match_constructor(heap: int, marks: int, program: int, frame: int, term: int) -> int:
    """MAT-CTR: the case of the constructor applied to its fields, the case for all others to the whole."""
    case = case_for(marks, program, frame, term)
    place = frame & LOW
    found = read(heap, place + 1 + case)
    row = read(marks, MATCHES) + 2 * (frame >> LABEL_SHIFT & LABEL_MASK)
    if read(program, read(program, row) + case) == DEFAULT:
        write(heap, place, found)
        write(heap, place + 1, term)
        return _APP | place
    top = read(marks, TOP)
    for at in range(read(program, read(marks, ARITIES) + (term >> LABEL_SHIFT & LABEL_MASK))):
        write(heap, top, found)
        write(heap, top + 1, read(heap, (term & LOW) + at))
        found = _APP | top
        top += 2
    write(marks, TOP, top)
    return int(found)


@kernel
def _halves(heap: int, frame: int, left: int, right: int) -> int:
    """What a DUP gives: one half to who asked, the other to the cell where the other half will look for it."""
    asked_left = frame >> TAG_SHIFT & TAG_MASK == DP0
    write(heap, frame & LOW, SUBSTITUTED | (right if asked_left else left))
    return left if asked_left else right


@kernel
def duplicated_lambda(heap: int, marks: int, frame: int, term: int) -> int:
    """DUP-LAM: two lambdas over the halves of the body, and their variables superposed for the old one.

    One whose variable is a name (see ``lifted_from_lambda``) keeps it in both.
    """
    label = frame & LABEL_MASK << LABEL_SHIFT
    name = term & LABEL_MASK << LABEL_SHIFT
    place, top = term & LOW, read(marks, TOP)
    write(marks, TOP, top + 5)
    body = read(heap, place)
    write(heap, place, SUBSTITUTED | _SUP | label | top + 2)
    write(heap, top, _DP0 | label | top + 4)
    write(heap, top + 1, _DP1 | label | top + 4)
    write(heap, top + 2, _VAR | top)
    write(heap, top + 3, _VAR | top + 1)
    write(heap, top + 4, body)
    return _halves(heap, frame, _LAM | name | top, _LAM | name | top + 1)


@kernel
def duplicated_pair(heap: int, marks: int, frame: int, term: int) -> int:
    """DUP-SUP: with equal labels the halves, with different ones the superpositions of halves."""
    place = term & LOW
    label = frame & LABEL_MASK << LABEL_SHIFT
    if label == term & LABEL_MASK << LABEL_SHIFT:
        return _halves(heap, frame, read(heap, place), read(heap, place + 1))
    top = read(marks, TOP)
    write(marks, TOP, top + 4)
    write(heap, top, _DP0 | label | place)
    write(heap, top + 1, _DP0 | label | place + 1)
    write(heap, top + 2, _DP1 | label | place)
    write(heap, top + 3, _DP1 | label | place + 1)
    return _halves(heap, frame, term - place + top, term - place + top + 2)


@kernel
def duplicated_fields(heap: int, marks: int, program: int, frame: int, term: int) -> int:
    """DUP-CTR: two constructors of the halves of each field."""
    count = cells_of(marks, program, term)
    if count == 0:
        return _halves(heap, frame, term, term)
    label = frame & LABEL_MASK << LABEL_SHIFT
    place, top = term & LOW, read(marks, TOP)
    write(marks, TOP, top + 2 * count)
    for at in range(count):
        write(heap, top + at, _DP0 | label | place + at)
        write(heap, top + count + at, _DP1 | label | place + at)
    return _halves(heap, frame, term - place + top, term - place + top + count)


@kernel
def duplicate(heap: int, marks: int, program: int, frame: int, term: int) -> int:
    """DUP on any value."""
    tag = term >> TAG_SHIFT & TAG_MASK
    if tag == LAM:
        return duplicated_lambda(heap, marks, frame, term)
    if tag == SUP:
        return duplicated_pair(heap, marks, frame, term)
    if tag == CTR:
        return duplicated_fields(heap, marks, program, frame, term)
    return _halves(heap, frame, term, term)


@kernel
def lifted_from_lambda(heap: int, marks: int, node: int, pair: int) -> int:
    """SUP-LAM: two lambdas over the halves, with one variable, which from now on is a name that both bind.

    Superposing the variable, as DUP-LAM does, would leave the other half's variable in each half: nothing takes it out
    of ``λx.&0{x,1}``. A name does, and loses nothing, for a lambda that a collapse has come to is never applied.
    """
    place, inner, top = node & LOW, pair & LOW, read(marks, TOP)
    name = node & LABEL_MASK << LABEL_SHIFT
    if name == 0:
        write(marks, NAMES, read(marks, NAMES) + 1)
        name = read(marks, NAMES) << LABEL_SHIFT
        if read(marks, NAMES) > LABEL_MASK:
            write(marks, STATUS, OUT_OF_NAMES)
        write(heap, place, SUBSTITUTED | _VAR | name)
    write(marks, TOP, top + 2)
    write(heap, top, read(heap, inner))
    write(heap, top + 1, read(heap, inner + 1))
    write(heap, inner, _LAM | name | top)
    write(heap, inner + 1, _LAM | name | top + 1)
    return pair & ~(SPOT_MASK << SPOT_SHIFT)


@kernel
def distribute(heap: int, marks: int, program: int, node: int, spot: int, pair: int) -> int:
    """A superposition in cell ``spot`` of a node comes out of it: two nodes, whose other cells are halves of the old.

    APP-SUP, MAT-SUP, SWI-SUP, OPX-SUP, OPY-SUP, SUP-APP, and so on: of any node but a LAM.
    """
    label = pair & LABEL_MASK << LABEL_SHIFT
    place, inner, top = node & LOW, pair & LOW, read(marks, TOP)
    left, right = read(heap, inner), read(heap, inner + 1)
    count = cells_of(marks, program, node)
    other, dup = top, top + count
    for at in range(count):
        cell = read(heap, place + at)
        if at == spot:
            write(heap, place + at, left)
            write(heap, other + at, right)
        elif node >> TAG_SHIFT & TAG_MASK == OPY:
            write(heap, other + at, cell)
        else:
            write(heap, dup, cell)
            write(heap, place + at, _DP0 | label | dup)
            write(heap, other + at, _DP1 | label | dup)
            dup += 1
    write(marks, TOP, dup)
    write(heap, inner, node & ~(255 << SPOT_SHIFT))
    write(heap, inner + 1, (node & ~(255 << SPOT_SHIFT)) - place + other)
    return pair & ~(255 << SPOT_SHIFT)
