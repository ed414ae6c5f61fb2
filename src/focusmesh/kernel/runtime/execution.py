"""Executes signals over the working state of a block: each whole, or nothing of it but nonce, tip and work done."""

from __future__ import annotations

from contextlib import suppress
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import SignalError
from focusmesh.ids import digest
from focusmesh.kernel.runtime.admission import Admitted, admit, check_contents
from focusmesh.kernel.runtime.context import Circumstance, Context
from focusmesh.kernel.runtime.fees import settle_price, take_charge, units_of
from focusmesh.kernel.state import LINK_KEY_BYTES, Account, changed, key_holder, link_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from focusmesh.kernel.runtime.operation import Operation
    from focusmesh.kernel.runtime.registry import Registry
    from focusmesh.kernel.state import StateOverlay
    from focusmesh.protocol.signal import SignedSignal

DONE = "ok"


class Result(NamedTuple):
    """What became of a signal in a block: ``code`` and ``fee`` are committed, ``message`` is for people."""

    code: str
    fee: int
    message: str = ""


class SignalSelection(NamedTuple):
    """What may stand in a block, in the order given, with results; and what may not, each with its reason."""

    signals: list[SignedSignal]
    results: list[Result]
    refused: list[tuple[SignedSignal, SignalError]]


class Runtime:
    """The rules of one network: its operations and its id. Holds no state and reads no clock."""

    def __init__(self, registry: Registry, network: bytes) -> None:
        self.registry = registry
        self.network = network
        self._asking = registry.asking

    def admit(self, working: StateOverlay, signed: SignedSignal) -> Admitted:
        """Whether a signal could stand next in this block; its signature is not checked. Raises SignalError."""
        return admit(working, signed, self.registry, self.network)

    def may_stand(
        self, working: StateOverlay, signed: SignedSignal, contents: Mapping[bytes, bytes]
    ) -> bool:
        """Whether a signal could be the first of this block where validators decide, its contents beside it.

        A block of some signals has one of them just where one of them alone could be the first. O(operations).
        """
        try:
            check_contents(None, self.admit(working, signed).operations, contents)
        except SignalError:
            return False
        return True

    def execute(
        self,
        working: StateOverlay,
        signals: Sequence[SignedSignal],
        contents: Mapping[bytes, bytes] | None = None,
    ) -> list[Result]:
        """Executes a block's signals in their order; tips go to ``working.proposer`` when all are done.

        ``contents``: bytes by digest, as far as they came along; what is committed does not depend on them.
        O(operations). Raises SignalError where a signal may not be in a block: then the block is invalid and
        ``working`` is of no use.
        """
        circumstance = self._circumstance(contents)
        self._expect(working, signals)
        results, tips = [], 0
        for signed in signals:
            admitted = self.admit(working, signed)
            results.append(self._step(working, circumstance, signed, admitted))
            tips += signed.signal.tip - admitted.charge.burned
        _pay(working, tips)
        settle_price(working)
        return results

    def propose(
        self,
        working: StateOverlay,
        signals: Sequence[SignedSignal],
        contents: Mapping[bytes, bytes] | None = None,
        *,
        alone: bool = False,
    ) -> SignalSelection:
        """``execute`` that leaves out what may not be in a block, and content that is claimed but did not come.

        With ``contents`` ``alone`` it is left out too where this node keeps it: what comes out is the same for all.
        """
        circumstance = self._circumstance(contents)
        self._expect(working, signals)
        proposal, tips = SignalSelection([], [], []), 0
        for signed in signals:
            try:
                admitted = self.admit(working, signed)
                kept = None if alone else working
                check_contents(kept, admitted.operations, circumstance.contents)
            except SignalError as error:
                proposal.refused.append((signed, error))
                continue
            proposal.signals.append(signed)
            proposal.results.append(self._step(working, circumstance, signed, admitted))
            tips += signed.signal.tip - admitted.charge.burned
        _pay(working, tips)
        settle_price(working)
        return proposal

    def _expect(self, working: StateOverlay, signals: Sequence[SignedSignal]) -> None:
        """Reads together the links that the signals will ask for; of what will be refused anyway, as few as may be."""
        links: list[bytes] = []
        for signed in signals:
            signal = signed.signal
            asking = [each for each in signal.operations if each[0] in self._asking]
            account = working.accounts.get(signal.neuron) if asking else None
            if account is None or signal.nonce < account.nonce:
                continue
            author = account.origin or signal.neuron
            with suppress(SignalError):
                for operation in self.registry.read(asking):
                    links += [link_key(author, *link) for link in operation.links()]
        # What has wrong sizes is not refused yet.
        working.expect([link for link in links if len(link) == LINK_KEY_BYTES])

    def _circumstance(self, contents: Mapping[bytes, bytes] | None) -> Circumstance:
        for name, content in (contents or {}).items():
            if digest(content) != name:
                message = f"{len(content)} bytes came as {name.hex()}, which is not their digest"
                raise SignalError("content", message)
        return Circumstance(self.network, contents or {})

    def _step(
        self,
        working: StateOverlay,
        circumstance: Circumstance,
        signed: SignedSignal,
        admitted: Admitted,
    ) -> Result:
        """Takes nonce and tip, and the bandwidth of work, for good; does the operations or takes back what they did.

        Where there are prices all bandwidth is taken for good: what fails has used its room in the block as well.
        """
        signal, account = signed.signal, admitted.account
        working.work += admitted.work
        paid = changed(account, nonce=account.nonce + 1, balance=account.balance - signal.tip)
        working.accounts.put(signal.neuron, paid)
        is_paid = working.parameters.fees is not None
        if is_paid:
            take_charge(working, signal.neuron, paid, admitted.charge)
        mark = working.mark()
        context = Context(working, circumstance, signal.neuron, account.origin or signal.neuron)
        try:
            if not is_paid:
                _charge(working, signal.neuron, paid, admitted.operations)
            if admitted.work:
                # Every node does the work before it knows what comes of it: failing is not free of charge.
                mark = working.mark()
            for kind, run in _runs(admitted.operations):
                context.enter(kind)
                kind.apply_run(context, run)
        except SignalError as error:
            working.undo(mark)
            return Result(error.code, signal.tip, str(error))
        return Result(DONE, signal.tip)


def _runs(
    operations: Sequence[Operation],
) -> Iterator[tuple[type[Operation], list[Operation]]]:
    """Operations of one kind that follow each other, together."""
    for _, run in groupby(operations, type):
        together = list(run)
        yield type(together[0]), together


def _charge(
    working: StateOverlay, neuron: bytes, account: Account, operations: Sequence[Operation]
) -> None:
    """Takes the bandwidth of all operations, without prices. Raises SignalError ``"bandwidth"`` where less is left."""
    units = units_of(operations)
    if not units:
        return
    parameters, height = working.parameters, working.height
    left = account.bandwidth_at(height, parameters)
    taken = units * parameters.bandwidth_blocks
    if taken > left:
        raise SignalError(
            "bandwidth",
            f"the signal needs {units} units of bandwidth, and {left // parameters.bandwidth_blocks} are left: "
            "wait, or stake more",
        )
    charged = changed(account, bandwidth=left - taken, bandwidth_height=height)
    working.accounts.put(neuron, charged)


def _pay(working: StateOverlay, tips: int) -> None:
    """Gives all tips to the proposer, or to who holds its key now; without a proposer they are burned."""
    if not tips:
        return
    if not working.proposer:
        working.accounts.add_supply(-tips)
        return
    proposer = key_holder(working.get, working.proposer)
    account = working.accounts.get(proposer) or Account()
    working.accounts.put(proposer, changed(account, balance=account.balance + tips))
