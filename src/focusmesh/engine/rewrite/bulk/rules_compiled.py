"""The interactions, as a worker of many carries them out: what stands for whom afterwards.

Each takes the frame that asked and the value that came, and says (frame, term, state): who asks for what from then on.
"""

from __future__ import annotations

from focusmesh.engine.rewrite.bulk.marks import (
    ARITIES,
    ARM,
    CELL_MASK,
    FOUND,
    GIVEN,
    GOING,
    MATCHES,
    NODE_SHIFT,
    NODES,
    PLACES,
)
from focusmesh.engine.rewrite.bulk.memory_compiled import (
    count_interaction,
    duplication,
    given_back,
    take_cells,
)
from focusmesh.engine.rewrite.cells_compiled import read, write
from focusmesh.engine.rewrite.marks import (
    ARITY,
    DEFAULT,
    PATCH,
    PATCH_COUNT,
    ROOT,
    ROW,
    START,
    STRICT,
)
from focusmesh.engine.rewrite.rules_compiled import compute_operator
from focusmesh.engine.rewrite.table import APPLY
from focusmesh.engine.rewrite.words import (
    APP,
    CTR,
    DP0,
    DP1,
    ERA,
    LABEL_MASK,
    LABEL_SHIFT,
    LAM,
    LET,
    LOW,
    MAT,
    OPX,
    OPY,
    REF,
    SPOT_MASK,
    SPOT_SHIFT,
    SUBSTITUTED,
    SWI,
    TAG_MASK,
    TAG_SHIFT,
    W32,
)
from focusmesh.engine.support.compiled import kernel, part

_FLAG = 1 << SPOT_SHIFT
_SPOTS = SPOT_MASK << SPOT_SHIFT
_APP = APP << TAG_SHIFT
_W32 = W32 << TAG_SHIFT
_DP0 = DP0 << TAG_SHIFT
_DP1 = DP1 << TAG_SHIFT
_TO_OPY = OPY - OPX << TAG_SHIFT


@part
def cells_of(shared: int, program: int, term: int) -> int:
    """How many cells the node of ``term`` has from its place on; 0 for what has none."""
    tag = term >> TAG_SHIFT & TAG_MASK
    label = term >> LABEL_SHIFT & LABEL_MASK
    if tag <= DP1 or tag == LAM:
        return 1
    if tag in (ERA, W32, ARM):
        return 0
    if tag == CTR:
        return read(program, read(shared, ARITIES) + label)
    if tag == REF:
        return read(program, ROW * label + ARITY)
    if tag == MAT:
        return 1 + read(program, read(shared, MATCHES) + 2 * label + 1)
    if tag == SWI:
        return 1 + label
    return 2


@part
def _locate(places: int, found: int) -> int:
    """A word of the program as it stands in the copy whose nodes are at ``places``."""
    if found & _FLAG:
        low = found & LOW
        return found - _FLAG - low + read(places, low >> NODE_SHIFT) + (low & CELL_MASK)
    return found


@kernel
def copy_row(heap: int, me: int, shared: int, program: int, row: int, arguments: int) -> int:
    """A row's nodes and its root, with what lies at the address ``arguments`` in their places."""
    places = read(me, PLACES)
    first, count = read(program, row + START), read(program, row + NODES)
    start = first
    for node in range(count):
        size = read(program, start)
        write(places, node, take_cells(heap, me, shared, size))
        start += 2 + size
    start = first
    for node in range(count):
        size, place = read(program, start), read(places, node)
        for at in range(size):
            write(heap, place + at, _locate(places, read(program, start + 2 + at)))
        start += 2 + size
    found = _locate(places, read(program, row + ROOT))
    patch = read(program, row + PATCH)
    for at in range(patch, patch + 2 * read(program, row + PATCH_COUNT), 2):
        argument, cell = read(arguments, read(program, at + 1)), read(program, at)
        if cell < 0:
            found = argument
        else:
            write(heap, read(places, cell >> NODE_SHIFT) + (cell & CELL_MASK), argument)
    return found


@part
def call(heap: int, me: int, shared: int, program: int, term: int) -> int:
    """REF: a copy of the definition's nodes, with the arguments in their places."""
    row, place = ROW * (term >> LABEL_SHIFT & LABEL_MASK), term & LOW
    found = copy_row(heap, me, shared, program, row, heap + 8 * place)
    arity = read(program, row + ARITY)
    if arity:
        head = 2 if read(program, row + STRICT) else 0
        given_back(heap, me, place - head, arity + head)
    return found


@part
def apply_lambda(heap: int, me: int, function: int, argument: int) -> int:
    """APP-LAM: what is bound goes where the variable looks; the body."""
    count_interaction(me, APPLY)
    place = function & LOW
    body = read(heap, place)
    write(heap, place, SUBSTITUTED | argument)
    return body


@part
def application(heap: int, me: int, frame: int, term: int) -> tuple[int, int, int]:
    """APP-LAM; LET and any value."""
    place = frame & LOW
    asking, other = read(heap, place - 1), read(heap, place + 1)
    given_back(heap, me, place - 1, 3)
    if frame >> TAG_SHIFT & TAG_MASK == LET:
        return asking, apply_lambda(heap, me, other, term), GOING
    return asking, apply_lambda(heap, me, term, other), GOING


@part
def operation(heap: int, me: int, frame: int, term: int) -> tuple[int, int, int]:
    """OPX takes its left number along to the right one; OPY computes."""
    place = frame & LOW
    other = read(heap, place + 1)
    if frame >> TAG_SHIFT & TAG_MASK == OPX:
        write(heap, place, other)
        write(heap, place + 1, term)
        return frame + _TO_OPY, other, GOING
    asking = read(heap, place - 1)
    given_back(heap, me, place - 1, 3)
    operator = frame >> LABEL_SHIFT & LABEL_MASK
    return asking, _W32 | compute_operator(operator, other & LOW, term & LOW), FOUND


@kernel
def _all_given(heap: int, me: int, asking: int, count: int, wanted: int) -> bool:
    """Whether those who ask apply what comes to as many arguments as are wanted beside the ``count`` that are there."""
    while count < wanted and asking >> TAG_SHIFT & TAG_MASK == APP:
        place = asking & LOW
        write(read(me, GIVEN), count, read(heap, place + 1))
        asking = read(heap, place - 1)
        count += 1
    return count >= wanted


@kernel
def apply_case(
    heap: int, me: int, shared: int, program: int, asking: int, case: int, count: int
) -> tuple[int, int, int]:
    """A case applied to ``count`` arguments, which lie in GIVEN; an arm takes all that it binds at once."""
    given, at = read(me, GIVEN), 0
    if case >> TAG_SHIFT & TAG_MASK == ARM:
        row, wanted = ROW * (case >> LABEL_SHIFT & LABEL_MASK), case & LOW
        if wanted and _all_given(heap, me, asking, count, wanted):
            row += ROW
            for _ in range(wanted - count):
                node = asking & LOW
                asking = read(heap, node - 1)
                given_back(heap, me, node - 1, 3)
            for _ in range(wanted):
                count_interaction(me, APPLY)
            at = wanted
        case = copy_row(heap, me, shared, program, row, given)
    while at < count and case >> TAG_SHIFT & TAG_MASK == LAM:
        case = apply_lambda(heap, me, case, read(given, at))
        at += 1
    # What is no lambda yet is the function of the innermost of as many applications as there are arguments left.
    for last in range(count - 1, at - 1, -1):
        node = take_cells(heap, me, shared, 3) + 1
        write(heap, node - 1, asking)
        write(heap, node + 1, read(given, last))
        asking = _APP | node
    return asking, case, GOING


@part
def switch(
    heap: int, me: int, shared: int, program: int, frame: int, number: int
) -> tuple[int, int, int]:
    """SWI-W32: the case of the number, or the last one applied to how far it is beyond the others."""
    place, count = frame & LOW, frame >> LABEL_SHIFT & LABEL_MASK
    asking, beyond = read(heap, place - 1), count - 1
    case = read(heap, place + 1 + min(number, beyond))
    given_back(heap, me, place - 1, 2 + count)
    if number >= beyond:
        write(read(me, GIVEN), 0, _W32 | number - beyond)
    return apply_case(heap, me, shared, program, asking, case, 1 if number >= beyond else 0)


@kernel
def case_for(shared: int, program: int, frame: int, term: int) -> int:
    """Which case of a MAT is for a CTR; −1: none."""
    row = read(shared, MATCHES) + 2 * (frame >> LABEL_SHIFT & LABEL_MASK)
    first, count = read(program, row), read(program, row + 1)
    label = term >> LABEL_SHIFT & LABEL_MASK
    for at in range(count):
        if read(program, first + at) == label:
            return at
    return count - 1 if count and read(program, first + count - 1) == DEFAULT else -1


@kernel
def match_constructor(
    heap: int, me: int, shared: int, program: int, frame: int, term: int, case: int
) -> tuple[int, int, int]:
    """MAT-CTR: the case of the constructor applied to its fields, the case for all others to the whole."""
    place = frame & LOW
    asking, found = read(heap, place - 1), read(heap, place + 1 + case)
    row = read(shared, MATCHES) + 2 * (frame >> LABEL_SHIFT & LABEL_MASK)
    other = read(program, read(program, row) + case) == DEFAULT
    given_back(heap, me, place - 1, 2 + read(program, row + 1))
    given, count = read(me, GIVEN), 1
    if other:
        write(given, 0, term)
    else:
        fields = term & LOW
        count = read(program, read(shared, ARITIES) + (term >> LABEL_SHIFT & LABEL_MASK))
        for at in range(count):
            write(given, at, read(heap, fields + at))
        if count:
            given_back(heap, me, fields, count)
    return apply_case(heap, me, shared, program, asking, found, count)


@kernel
def has_asking(term: int) -> bool:
    """Whether the node has a cell RET before its first."""
    tag = term >> TAG_SHIFT & TAG_MASK
    return APP <= tag <= OPY or tag == LET


@kernel
def distribute(
    heap: int, me: int, shared: int, program: int, node: int, spot: int, pair: int
) -> int:
    """A superposition in cell ``spot`` of a node comes out of it: two nodes, whose other cells are halves of the old.

    APP-SUP, MAT-SUP, SWI-SUP, OPX-SUP, OPY-SUP, and in a collapse of any node but a LAM. Nobody asks for them yet.
    """
    label = pair & LABEL_MASK << LABEL_SHIFT
    place, inner, count = node & LOW, pair & LOW, cells_of(shared, program, node)
    head = 1 if has_asking(node) else 0
    other = take_cells(heap, me, shared, head + count) + head
    if head:
        write(heap, place - 1, 0)
        write(heap, other - 1, 0)
    for at in range(count):
        cell = read(heap, place + at)
        if at == spot:
            write(heap, place + at, read(heap, inner))
            write(heap, other + at, read(heap, inner + 1))
        elif node >> TAG_SHIFT & TAG_MASK == OPY:
            write(heap, other + at, cell)
        else:
            dup = duplication(heap, me, shared, cell)
            write(heap, place + at, _DP0 | label | dup)
            write(heap, other + at, _DP1 | label | dup)
    write(heap, inner, node & ~_SPOTS)
    write(heap, inner + 1, (node & ~_SPOTS) - place + other)
    return pair & ~_SPOTS
