"""What is kept of a block besides the state: the block, its vector now and then, who may make or decide the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.kernel.block.chain.parameter_proofs import write_parameter_proof
from focusmesh.kernel.block.chain.rotations import write_rotation
from focusmesh.kernel.block.chain.rule_records import write_epoch
from focusmesh.kernel.block.chain.validator_sets import (
    NOBODY,
    validator_set_bytes,
    write_validator_set,
)
from focusmesh.kernel.block.records import CHECKPOINT_BLOCKS, write_block, write_vector

if TYPE_CHECKING:
    from focusmesh.kernel.block.block import Block
    from focusmesh.kernel.block.chain.block_end import BlockEnd
    from focusmesh.kernel.block.header import Header
    from focusmesh.kernel.consensus import ValidatorSet
    from focusmesh.kernel.focus import FocusStep
    from focusmesh.kernel.state import BlockWrites, Parameters


def write_next(
    moved: BlockWrites,
    block: Block,
    step: FocusStep | None,
    parent: Header,
    parameters: Parameters,
    before: ValidatorSet | None,
    end: BlockEnd,
) -> None:
    """Keeps the block after ``parent``, for which ``parameters`` hold; ``before`` votes on it. It leaves ``end``."""
    height, after = block.header.height, end.validators
    write_block(moved.writer, block)
    if end.data:
        write_parameter_proof(moved.writer, moved, block.header)
    if end.epoch is not None:
        write_epoch(moved.writer, end.epoch.first_height, end.epoch.number)
    if after is None:
        write_rotation(moved.writer, moved, block.header, end.parameters)
        if before is not None:
            write_validator_set(moved.writer, height + 1, NOBODY)
    elif before is None or before.weights != after.weights:
        write_validator_set(moved.writer, height + 1, validator_set_bytes(after))
    turn = height // parameters.focus_interval % CHECKPOINT_BLOCKS == 0
    if step is not None and (turn or parent.focus_certificate is None):
        write_vector(moved.writer, height, step.vector, parameters.history_window)
