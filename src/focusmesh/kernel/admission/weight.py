"""The weight of a neuron where room is short: its stake, and its links by the focus of what they lead to.

In sixteenths of a base unit, so that nothing is rounded: the weights of several keys sum to what one key with all their
stake and links would have. A weight is at most twice the stake. It says nothing of execution, and nothing of finality.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.kernel.admission.focus_shares import SHARE_ONE
from focusmesh.kernel.admission.link_sums import link_weights
from focusmesh.kernel.state import OrderRules

if TYPE_CHECKING:
    from focusmesh.kernel.admission.link_sums import LinkSums, LinkWeights
    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.state import Account


def order_rules(chain: Chain) -> OrderRules:
    """How room is shared by what holds for the next block; before version 6 as a node does by itself."""
    return chain.parameters.order or OrderRules()


def agreed_weight(
    chain: Chain, neuron: bytes, account: Account, weights: LinkWeights | None = None
) -> int:
    """The weight for the block after the last one of ``chain``, in whose state the ``account`` is. The same everywhere.

    ``weights``: those of the chain, where that is opened anew again and again. As dear as ``LinkWeights.at``, whose
    BlockError it raises, and O(log n).
    """
    known = link_weights(chain) if weights is None else weights
    return _weight(chain, neuron, account, known.at(chain))


def known_weight(chain: Chain, neuron: bytes, account: Account) -> int:
    """The weight as far as it is known here: by the last mark that was looked at, by stake alone before. O(log n)."""
    return _weight(chain, neuron, account, link_weights(chain).last)


def _weight(chain: Chain, neuron: bytes, account: Account, sums: LinkSums | None) -> int:
    stake = account.stake * SHARE_ONE
    if sums is None or not account.locked:
        return stake
    with chain.state.at() as view:
        counted = sums.amount(view.neuron(account.origin or neuron))
    # What was taken out of links since the mark counts no more.
    return stake + min(counted, account.locked * SHARE_ONE)
