"""One neuron's way into a ledger: operations are signed, sent, and waited for until their block is durable."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from focusmesh.errors import SignalError
from focusmesh.kernel.runtime import DONE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from focusmesh.kernel.session.packets import OperationBatch, Signer, Step
    from focusmesh.protocol.packet import Packet


_ATTEMPTS = 4


class Placed(NamedTuple):
    """Where a signal (its id) stands: in which block, with which code, for which fee in base units.

    ``message`` says why it failed, where the process that made the block is asked; it is not in the ledger.
    """

    signal: bytes
    height: int
    code: str
    fee: int
    message: str = ""


class Sender(Protocol):
    """Brings signals into blocks: by making the blocks itself, or through the node that does."""

    def height(self) -> int:
        """That of the last block."""

    def next_nonce(self, neuron: bytes) -> int:
        """The nonce of the neuron's next signal, after those that wait for a block already."""

    def known_contents(self, digests: Sequence[bytes]) -> set[bytes]:
        """Those of ``digests`` whose content the ledger keeps."""

    def send(self, packets: Sequence[Packet]) -> list[Placed]:
        """Where each signal stands, once all their blocks are durable.

        Raises SignalError for one that no block can have; those before it may be in blocks.
        """


class Session:
    """Sends the operations of one neuron. Not safe between threads: nonces are counted."""

    def __init__(self, sender: Sender, signer: Signer) -> None:
        self._sender = sender
        self._signer = signer

    @property
    def neuron(self) -> bytes:
        """The public key of who signs."""
        return self._signer.neuron

    def send(self, steps: Iterable[Step], *, whole: bool = False) -> list[Placed]:
        """Carries out ``steps`` in order, all or none of those in one signal; one signal holds some thousands.

        Raises SignalError with the code of the first signal that failed, and says what was done before it; with
        ``whole``, with code ``"size"`` and before anything is done where the steps are more than one signal holds.
        """
        wanted = list(steps)
        contents = sorted({digest for step in wanted for digest in step.contents})
        known = self._sender.known_contents(contents)
        batches = list(self._signer.batches(wanted, known.__contains__))
        if whole and len(batches) > 1:
            first = len(batches[0].operations)
            raise SignalError(
                "size",
                f"this takes {len(batches)} signals, and one is all or nothing: ask for less at a time, such as the "
                f"first {first:,} of {sum(len(batch.operations) for batch in batches):,} operations; nothing was done",
            )
        return self.send_batches(batches)

    def send_batches(self, batches: Sequence[OperationBatch]) -> list[Placed]:
        """``send`` of what is cut into signals already."""
        placed = self._send(batches)
        for number, one in enumerate(placed):
            if one.code != DONE:
                raise _failure(one, number, len(placed))
        return placed

    def _send(self, batches: Sequence[OperationBatch]) -> list[Placed]:
        for attempt in range(1, _ATTEMPTS + 1):
            nonce, height = self._sender.next_nonce(self.neuron), self._sender.height()
            try:
                return self._sender.send(list(self._signer.packets(batches, nonce, height)))
            except SignalError as error:
                # Another process may have signed for this neuron at the same moment; one refused signal did nothing.
                if error.code != "nonce" or len(batches) > 1 or attempt == _ATTEMPTS:
                    raise
        return []


def _failure(placed: Placed, number: int, count: int) -> SignalError:
    part = (
        "" if count == 1 else f" (number {number + 1} of {count}; the others stand for themselves)"
    )
    reason = placed.message or placed.code
    return SignalError(
        placed.code,
        f"signal {placed.signal.hex()} is in block {placed.height} and changed nothing{part}: {reason}",
    )
