"""The weight of a neuron as it is told: what its signals wait by where room is short."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import BlockError, FileError, StoreError
from focusmesh.host.service.records.records import Weight
from focusmesh.host.spool import Spool
from focusmesh.kernel.admission import LIMITS, SHARE_ONE, agreed_weight, order_rules, used_share
from focusmesh.kernel.state import Account, read_account

if TYPE_CHECKING:
    from focusmesh.host.storage import Folder
    from focusmesh.kernel.admission import LinkWeights
    from focusmesh.kernel.block import Chain


class WaitingRoom(NamedTuple):
    """``used`` thousandths of what may wait in a node are used; ``waiting`` signals of one neuron wait."""

    used: int
    waiting: int


def waiting_room(folder: Folder, neuron: bytes) -> WaitingRoom:
    """That of the node of a ledger's folder; nothing waits where none ever took a signal. O(log n)."""
    if folder.spool.is_dir():
        # SQLite reads no log that it may not lock.
        with suppress(StoreError, FileError):
            spool = Spool(folder.spool)
            return WaitingRoom(used_share(spool.totals(), LIMITS), spool.totals(neuron).signals)
    return WaitingRoom(0, 0)


def weight_answer(chain: Chain, neuron: bytes, known: LinkWeights, room: WaitingRoom) -> Weight:
    """The weight as of the last block of ``chain``, and how full the ``room`` is. As dear as ``agreed_weight``."""
    account = read_account(chain.state.get, neuron) or Account()
    total, is_known = account.stake * SHARE_ONE, False
    with suppress(BlockError):
        total, is_known = agreed_weight(chain, neuron, account, known), True
    return Weight(
        root=chain.state.root.hex(),
        height=chain.height,
        neuron=neuron.hex(),
        weight=total // SHARE_ONE,
        stake=account.stake,
        links=total // SHARE_ONE - account.stake if is_known else None,
        used=room.used,
        crowded=order_rules(chain).crowded,
        waiting=room.waiting,
    )
