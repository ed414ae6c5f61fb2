"""A block carried out for a look at what it comes to: nothing of it lasts."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from focusmesh.errors import BlockError, SignalError
from focusmesh.kernel.block.chain.block_end import end_block
from focusmesh.kernel.block.chain.genesis_block import focus_of_state
from focusmesh.kernel.block.validation import check_body, check_same
from focusmesh.kernel.focus import FocusEdits, no_time
from focusmesh.kernel.state import LayeredStore

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from focusmesh.kernel.block.block import Block
    from focusmesh.kernel.block.body import Body
    from focusmesh.kernel.block.chain.chain import Chain
    from focusmesh.kernel.focus import ChainFocus
    from focusmesh.kernel.state import BlockWrites, StateView


@dataclass(frozen=True)
class DryRun:
    """The state after a block's signals, before its focus is written; ``view`` reads it, and all that is written later.

    ``focus`` is that of the block before. Good within the ``with`` block alone.
    """

    focus: ChainFocus
    moved: BlockWrites
    view: StateView
    body: Body
    edits: FocusEdits


class _TakenBackError(Exception):
    """Ends a transition that is not to last."""


def _focus(chain: Chain) -> ChainFocus:
    """The committed focus; that of a chain which follows what others write to its store is read anew."""
    if chain.validator_set is None or isinstance(chain._store, LayeredStore):
        return chain.focus
    return focus_of_state(chain._store, chain.state, no_time, 1)


@contextmanager
def dry_run_block(
    chain: Chain, block: Block, contents: Mapping[bytes, bytes] | None = None
) -> Iterator[DryRun]:
    """What a block after the last one comes to; its header, focus and signatures are not checked.

    Raises BlockError where it does not follow the last block, or its body cannot be carried out as it says.
    """
    header, parent = block.header, chain.tip
    check_same("parent", header.parent, parent.id)
    check_same("height", header.height, parent.height + 1)
    body, signals = check_body(block, parent.id, chain.parameters)
    working = chain.begin_block(header.height, header.time, header.proposer)
    try:
        results = chain.runtime.execute(working, signals, contents)
    except SignalError as error:
        raise BlockError("signal", f"block {header.height}: {error}") from error
    focus = _focus(chain)
    said = [(outcome.code, outcome.fee) for outcome in body.results]
    check_same("results", said, [(result.code, result.fee) for result in results])
    try:
        with chain.state.transition(working) as moved:
            end_block(moved, chain.moment(working))
            edits = FocusEdits.of(moved.digests, moved.source, moved.target, moved.weight)
            yield DryRun(focus, moved, chain.state.within(moved), body, edits)
            raise _TakenBackError
    except _TakenBackError:
        return
