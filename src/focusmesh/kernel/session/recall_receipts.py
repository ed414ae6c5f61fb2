"""A receipt of what was recalled: the focus by which it is listed, from the particles that the question named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.focus import ProtocolParams
from focusmesh.engine.recall import RecallParams
from focusmesh.errors import InputError
from focusmesh.kernel.session.particle_names import particle

if TYPE_CHECKING:
    from focusmesh.engine.recall import Recalled
    from focusmesh.kernel.receipts import Receipt
    from focusmesh.kernel.session.graph import Ledger
    from focusmesh.kernel.state import Parameters

_SHARE_LEAST = 2.0**-32
"""Smaller shares of a context cannot be said in a receipt; what they carry is far below its bound."""


def provable_params(parameters: Parameters) -> RecallParams:
    """Recall as receipts list: by focus alone, under the operator of the network."""
    return RecallParams(
        focus=parameters.operator.real, popularity=1.0, text=0.0, question_names=False
    )


def recalled_receipt(ledger: Ledger, recalled: Recalled) -> Receipt:
    """See ``LedgerGraph.receipt``."""
    root, _, height = recalled.root.partition("@")
    if not recalled.items:
        raise InputError("the recall found nothing, so there is no answer to prove")
    if not height:
        raise InputError(f"the answer is of the graph with root {root[:16]}…, not of a ledger")
    if ProtocolParams.of(recalled.params.focus) != ledger.parameters.operator:
        raise InputError(
            "the answer was worked out with another operator than the ledger's: "
            "recall with params=graph.provable"
        )
    stand = {
        particle(name).id: share
        for name, share in recalled.entries.items()
        if share >= _SHARE_LEAST
    }
    # An explicit context is not listed by recall, and is by a receipt.
    listed = recalled.items[-1].rank + len(recalled.entries)
    made = ledger.receipt(int(height), stand, listed, recalled.params.beta)
    if made.state_root != root:
        raise InputError(
            f"the answer is of a state {root[:16]}… at height {height}, and that of this ledger is "
            f"{made.state_root[:16]}…: it is another ledger's"
        )
    proved = {item["particle"] for item in made.result["items"]}
    for item in recalled:
        if particle(item.particle).id.hex() not in proved:
            raise InputError(
                f"{item.particle!r} is not among the first {listed} by focus: recall with "
                "params=graph.provable, without filters and mmr, and effort='exact' if need be"
            )
    return made
