"""The review of the pool: signals that expired, that nobody pays for, or whose predecessors never came, are dropped."""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

from focusmesh.errors import BlockError, SignalError
from focusmesh.kernel.admission import PEER_LIMITS, link_weights, order_rules
from focusmesh.kernel.state import read_account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.kernel.admission import AdmissionLimits
    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.node.mempool import Entry, Mempool
    from focusmesh.kernel.state import Account

SIGNALS_A_RUN = 1_024
"""So many signals are looked at each time, in turn: what waits costs the node the same, however much it is."""


class PoolReview:
    """Drops what waits in vain. What this machine's users left is refused with the reason."""

    def __init__(
        self, chain: Chain, mempool: Mempool, limits: AdmissionLimits = PEER_LIMITS
    ) -> None:
        self._chain, self._mempool, self._limits = chain, mempool, limits
        self._next: Iterator[bytes] = iter(())

    def run(self) -> None:
        """Looks at the next ``SIGNALS_A_RUN`` signals that wait. O(those · log n); weighs links where room is short."""
        self._weigh()
        names = list(islice(self._next, SIGNALS_A_RUN))
        if not names:
            self._next = iter(self._mempool.ids())
            names = list(islice(self._next, SIGNALS_A_RUN))
        accounts: dict[bytes, Account | None] = {}
        for name in names:
            entry = self._mempool.entry(name)
            if entry is None:
                continue
            neuron = entry.signed.signal.neuron
            if neuron not in accounts:
                accounts[neuron] = read_account(self._chain.state.get, neuron)
            error = self._fault(entry, accounts[neuron])
            if error is not None:
                self._mempool.refuse(name, error)

    def _weigh(self) -> None:
        """Finds out what links weigh, if who comes next is to be held against it."""
        if self._mempool.used_share >= order_rules(self._chain).crowded:
            # Who joined by a snapshot knows of stake alone for some blocks.
            with suppress(BlockError):
                link_weights(self._chain).at(self._chain)

    def _fault(self, entry: Entry, account: Account | None) -> SignalError | None:
        signal, name, height = entry.signed.signal, entry.signed.id.hex(), self._chain.height
        if account is None or signal.nonce < account.nonce:
            # Of what came from here, whoever looks at the blocks says what became of it.
            message = f"signal {name}: its neuron's next nonce is another one, or it has no account"
            return None if entry.is_local else SignalError("nonce", message)
        if signal.expires_height <= height:
            return SignalError("expired", f"signal {name} expired at {signal.expires_height}")
        furthest = height + self._limits.horizon_blocks
        if signal.expires_height > furthest:
            return SignalError(
                "horizon",
                f"signal {name} expires at {signal.expires_height}; no signal waits here that expires after {furthest}",
            )
        if signal.tip > account.balance:
            return SignalError("tip", f"signal {name} offers more than its neuron has left")
        return self._gap(entry, account)

    def _gap(self, entry: Entry, account: Account) -> SignalError | None:
        signal = entry.signed.signal
        if self._mempool.age_ms(entry.signed.id) < self._limits.patience_ms:
            return None
        before = range(account.nonce, signal.nonce)
        if self._mempool.nonces(signal.neuron).issuperset(before):
            return None
        return SignalError(
            "nonce",
            f"signal {entry.signed.id.hex()} has nonce {signal.nonce}, the next one of its neuron is {account.nonce}: "
            f"those between did not come within {self._limits.patience_ms // 1_000} s",
        )
