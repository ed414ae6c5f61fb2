"""The node's review of its spool: early signals whose turn comes, those that wait in vain, promises that fall due."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from focusmesh.errors import BlockError, SignalError
from focusmesh.host.spool.promises import judge_promises
from focusmesh.kernel.admission import LIMITS
from focusmesh.kernel.state import read_account

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.host.spool.spool import Spool
    from focusmesh.kernel.admission import AdmissionLimits, Promise
    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.state import Account

REVIEW_SECONDS = 3.0
"""The node looks through what waits so often, at most."""
_REFUSED_MAX = 4_096


class SpoolReview:
    """Looks through the early signals of a spool as of the last block. O(neurons that have early signals)."""

    def __init__(
        self,
        spool: Spool,
        chain: Chain,
        clock: Callable[[], int],
        limits: AdmissionLimits = LIMITS,
    ) -> None:
        """``clock`` gives the time in ms since 1970."""
        self._spool, self._chain, self._clock, self._limits = spool, chain, clock, limits

    def run(self) -> None:
        """Early signals come to their turn, or are refused with the reason; promises are judged."""
        accounts: dict[bytes, Account | None] = {}
        query = "SELECT DISTINCT neuron FROM signals WHERE ready IS NULL"
        for (neuron,) in self._spool.database.rows(query):
            accounts[neuron] = read_account(self._chain.state.get, neuron)
        self._spool.promote(
            {neuron: account.nonce for neuron, account in accounts.items() if account is not None}
        )
        self._spool.refuse_all(self._in_vain(accounts))
        judge_promises(self._spool.database, self._chain.height, self._is_due)

    def _in_vain(self, accounts: dict[bytes, Account | None]) -> dict[bytes, SignalError]:
        """Early signals that waited too long, or that their neuron could not pay, with the reason."""
        found: dict[bytes, SignalError] = {}
        query = (
            "SELECT id, neuron, nonce, tip, expires, since FROM signals WHERE ready IS NULL LIMIT ?"
        )
        for signal, neuron, nonce, tip, expires, since in self._spool.database.rows(
            query, _REFUSED_MAX
        ):
            error = self._fault(signal, accounts.get(neuron), nonce, tip, expires, since)
            if error is not None:
                found[signal] = error
        return found

    def _fault(
        self, signal: bytes, account: Account | None, nonce: int, tip: int, expires: int, since: int
    ) -> SignalError | None:
        name = signal.hex()
        if account is None:
            return SignalError("account", f"the neuron of signal {name} has no account any more")
        if expires <= self._chain.height:
            return SignalError("expired", f"signal {name} expired at {expires}")
        if tip > account.balance:
            return SignalError("tip", f"signal {name} offers more than its neuron has left")
        waited = self._clock() - since
        if nonce < account.nonce or waited >= self._limits.patience_ms:
            return SignalError(
                "nonce",
                f"signal {name} has nonce {nonce}, the next one of its neuron is {account.nonce}: none before it came "
                f"within {self._limits.patience_ms // 1_000} s",
            )
        return None

    def _is_due(self, promise: Promise) -> bool:
        """By the state of the block that judges it; by the last one where that is not kept any more."""
        with suppress(BlockError), self._chain.state.at(promise.by) as view:
            return promise.is_due(read_account(view.get, promise.neuron))
        return promise.is_due(read_account(self._chain.state.get, promise.neuron))
