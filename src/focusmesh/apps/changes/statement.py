"""``show_statement/1``: what more than two thirds signed outside of the chain comes into a block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec

from focusmesh.errors import ProofError, SignalError
from focusmesh.kernel.consensus import HALT, Statement, ValidatorSet
from focusmesh.kernel.runtime import Operation
from focusmesh.kernel.state import (
    EPOCH_KEY,
    STATEMENT_KEY,
    ShownStatement,
    read_epoch,
    read_statement,
)

if TYPE_CHECKING:
    from focusmesh.kernel.runtime import Context
    from focusmesh.kernel.state import Parameters

STATEMENT_BYTES_MAX = 1 << 17


class ShowStatement(Operation, frozen=True, tag="show_statement/1"):
    """Shows a statement, as ``Statement.to_bytes`` writes it; anybody may. Its digest is in the header of the block.

    After a ``halt`` blocks behind its height have heartbeats and the next statement alone; a ``resume`` ends that.
    Fails with ``"statement"`` for what is none, of another network, of another number than the next or of another
    epoch, signed by too few of who votes on this block, or for a halt behind a block that is there already, or a resume
    where nothing is halted.
    """

    statement: Annotated[bytes, msgspec.Meta(max_length=STATEMENT_BYTES_MAX)]

    reads: ClassVar[tuple[bytes, ...]] = (EPOCH_KEY, STATEMENT_KEY)
    writes: ClassVar[tuple[bytes, ...]] = (STATEMENT_KEY,)
    first_is_free: ClassVar[bool] = True
    stands_when_halted: ClassVar[bool] = True

    def validate(self, parameters: Parameters) -> None:
        """Refused before version 6."""
        if not parameters.can_hand_over:
            raise SignalError("statement", "this network knows no statements: propose version=6")

    def bandwidth(self) -> int:
        """Four units: signatures are checked. One in a signal takes none."""
        return 4

    def apply(self, context: Context) -> None:
        """The leaf says what holds from now on."""
        try:
            shown = Statement.from_bytes(self.statement)
            self._check(context, shown)
            shown.verify(ValidatorSet(dict(context.electorate)))
        except ProofError as error:
            raise SignalError("statement", str(error)) from error
        text = shown.text
        leaf = ShownStatement(text.number, text.kind, text.end_height, shown.digest)
        context.put(STATEMENT_KEY, leaf.encode())

    def _check(self, context: Context, shown: Statement) -> None:
        text, epoch = shown.text, read_epoch(context.get)
        last = read_statement(context.get)
        number = 1 if last is None else last.number + 1
        is_halted = last is not None and last.kind == HALT
        for holds, what in (
            (text.network == context.circumstance.network, "it is of another network"),
            (
                text.number == number,
                f"the next statement has the number {number}, not {text.number}",
            ),
            (
                epoch is not None and text.epoch == epoch.number,
                f"it is of epoch {text.epoch}, not of this one: sign it again",
            ),
            (text.kind != HALT or text.end_height >= context.height, "its last block is past"),
            (text.kind == HALT or is_halted, "nothing is halted"),
        ):
            if not holds:
                raise ProofError("statement", f"this statement cannot be shown here: {what}")
