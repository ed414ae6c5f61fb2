"""Holding a block's focus against its sender's pages, by carrying the block out once more."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from focusmesh.errors import BlockError, InputError
from focusmesh.kernel.block import certificate_of, dry_run_block, focus_entry
from focusmesh.kernel.focus import Delta, insert_particles
from focusmesh.kernel.fraud.findings import find_fraud
from focusmesh.kernel.fraud.forms import EARLIER, GRAPH, PARENT, STATE
from focusmesh.kernel.fraud.leaves import path_of
from focusmesh.kernel.fraud.truth import Truth
from focusmesh.kernel.state import FOCUS_KEY, Tree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.engine.support.arrays import MassArray
    from focusmesh.kernel.block import Block, Chain, DryRun, FocusCertificate
    from focusmesh.kernel.focus import Held
    from focusmesh.kernel.fraud.page_requests import TraceSource
    from focusmesh.kernel.state import BlockWrites, Row, StateView


def prosecute(
    chain: Chain, block: Block, contents: Mapping[bytes, bytes] | None, source: TraceSource
) -> bytes | None:
    """A proof that the focus of a block after the last one is wrong, for everybody; the chain stays as it is.

    None where its focus is right, or what is wrong with it is something else: its state, its signals, its differences.
    Raises LackingError where pages of the accused are not in ``source``, BlockError where the block does not follow the
    last one or cannot be carried out. O(block), O(K·m) and a proof.
    """
    with ExitStack() as held:
        views = _earlier(chain, held)
        with dry_run_block(chain, block, contents) as made:
            after = made.focus.ahead(made.edits)
            truth = _truth(chain, block, made, after, views)
            state = truth.trees.get(STATE)
            return find_fraud(truth, source, b"" if state is None else _beside(state))


def _earlier(chain: Chain, held: ExitStack) -> list[StateView]:
    """The states after the parent and after the blocks before it, back to the last focus; those that are kept."""
    tip, views = chain.tip, []
    last = tip.focus_certificate.height if tip.focus_certificate is not None else 0
    for height in range(tip.height, max(last, 1) - 1, -1):
        try:
            views.append(held.enter_context(chain.state.at(height)))
        except BlockError:
            break
    if not views:
        views.append(held.enter_context(chain.state.at()))
    return views


def _truth(chain: Chain, block: Block, made: DryRun, after: Held, views: list[StateView]) -> Truth:
    trees: dict[int, Tree] = {
        PARENT: views[0].tree,
        **{EARLIER + at: view.tree for at, view in enumerate(views[1:])},
        **_states(block, made),
    }

    def rows(number: int, particle: bytes) -> Row | None:
        if number in (GRAPH, STATE):
            return made.view.row(particle)
        return views[0 if number == PARENT else number - EARLIER + 1].row(particle)

    return Truth(
        header=block.header,
        parent=chain.tip,
        parameters=chain.parameters,
        held=after,
        vector=_vector(after, made.body.focus),
        trees=trees,
        rows=rows,
        headers=tuple(chain.header(view.height).encode() for view in views[1:]),
    )


def _states(block: Block, made: DryRun) -> dict[int, Tree]:
    """The states before and after the focus is written; the latter where it is the header's."""
    header, moved = block.header, made.moved
    before, graph_root = moved.get(FOCUS_KEY), moved.root
    state = _write(moved, header.focus_certificate, header.focus_root)
    if state.root != header.state_root:
        state = _write(moved, *_own(made, graph_root))
    trees = {GRAPH: state.view({FOCUS_KEY: before})}
    return {**trees, STATE: state} if state.root == header.state_root else trees


def _write(moved: BlockWrites, certificate: FocusCertificate | None, focus_root: bytes) -> Tree:
    """The state with a certificate in it."""
    if certificate is not None:
        moved.put_entry(FOCUS_KEY, focus_entry(certificate, focus_root))
    return Tree.open(moved.writer)


def _own(made: DryRun, graph_root: bytes) -> tuple[FocusCertificate | None, bytes]:
    """What the differences of the block lead to, None where they lead to no focus."""
    try:
        step = made.focus.check(made.edits, made.body.focus)
    except BlockError:
        return None, b""
    made.focus.undo()
    return certificate_of(step, made.moved.height, graph_root), step.focus_root


def _vector(after: Held, delta: bytes) -> MassArray | None:
    """What the differences of a block lead to."""
    try:
        read = Delta.decode(delta, len(after.order))
        return read.apply_to(insert_particles(after.vector, after.places, read.start))
    except (BlockError, InputError):
        return None


def _beside(tree: Tree) -> bytes:
    """What the last sibling on the way to the focus is the hash of: a leaf, or two nodes."""
    path = path_of(FOCUS_KEY)
    depth = len(tree.way(path).siblings)
    if not depth:
        return b""
    other = _flip(path, depth - 1)
    way = tree.way(other)
    if len(way.siblings) == depth:
        return b"" if way.leaf is None else way.leaf.path + path_of(way.leaf.value)
    pair = way.siblings[depth], tree.way(_flip(other, depth)).siblings[depth]
    return b"".join(pair if other[depth // 8] >> (7 - depth % 8) & 1 else pair[::-1])


def _flip(path: bytes, depth: int) -> bytes:
    """A path with one bit the other way."""
    number = int.from_bytes(path, "big") ^ 1 << (8 * len(path) - 1 - depth)
    return number.to_bytes(len(path), "big")
