"""Forgetting on request: a signed block takes it from the state, the store from its files, this from the spool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from focusmesh.host.spool import Spool
from focusmesh.kernel.session import mentions

if TYPE_CHECKING:
    from collections.abc import Hashable

    from focusmesh.host.ledger.ledger import OpenLedger
    from focusmesh.kernel.session import Mentions, Placed


@dataclass(frozen=True)
class Forgotten:
    """What came of it: where the signals stand, what there had been, and how many signals wait that carry it still."""

    placed: list[Placed]
    mentions: Mentions
    waiting: int

    @property
    def fee(self) -> int:
        """In base units."""
        return sum(placed.fee for placed in self.placed)


def forget(ledger: OpenLedger, name: Hashable) -> Forgotten:
    """Removes the content of a particle that the ledger's signer published, and takes back its links of it.

    When it returns, no file of the ledger's folder has the content, unless somebody publishes it again meanwhile: then
    signals carry it that wait for the node. Those that waited before are refused, by a node that runs too. Raises
    SignalError ``"absent"``, ``"owner"``, and what any signal can fail with. O(m).
    """
    found = mentions(ledger.chain, name, ledger.author)
    placed = ledger.send(found.steps())
    spool = Spool(ledger.folder.spool)
    if ledger.is_writing:
        # No node can have read them meanwhile.
        spool.drop([found.particle])
    spool.tidy()
    return Forgotten(placed, found, spool.carrying(found.particle))
