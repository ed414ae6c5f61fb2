"""Where an import that was cut short ended: the ledger itself has its links, signed in the order of the file."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.support.progress import Throttle
from focusmesh.errors import BlockError, FileError
from focusmesh.host.storage import SECONDS_BETWEEN_LOOKS, serving
from focusmesh.kernel.block import Body
from focusmesh.kernel.node import next_nonce
from focusmesh.kernel.runtime import DONE
from focusmesh.kernel.state import key_holder, read_account
from focusmesh.protocol.signal import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    from focusmesh.engine.support.progress import Progress
    from focusmesh.host.ledger.ledger import OpenLedger
    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.session import Links

_MADE_BY_IMPORTS = {"put_blob/1", "link/1"}
_LOOKS = round(30 / SECONDS_BETWEEN_LOOKS)


def links_there(chain: Chain, neuron: bytes, links: Links, progress: Progress | None = None) -> int:
    """How many of ``links``, from the first on, signals of ``neuron`` have put into the ledger in this order.

    Other signals may lie between; keys that were rotated to this one count. Reads every block: O(bytes of bodies), and
    m bits for each signal. Raises BlockError ("height") where signals of it are in blocks from before the snapshot that
    the ledger begins with: nobody can see there what they said.
    """
    return furthest(links, _links_by_signal(chain, neuron, progress))


def furthest(links: Links, signals: Iterable[Sequence[tuple[Any, ...]]]) -> int:
    """How many of ``links`` the longest beginning of them has that some of ``signals``, in order, consist of."""
    rows = links.rows()
    reached = np.zeros(len(rows) + 1, dtype=np.bool_)
    reached[0] = True
    for operations in signals:
        wanted = links.rows_of(operations)
        if wanted is None or not 0 < len(wanted) <= len(rows):
            continue
        count = len(wanted)
        # A signal can go on from several places, where a file has the same links again; what it leads to that was
        # reached before is not looked at.
        starts = np.flatnonzero(reached[:-count] & ~reached[count:])
        alike = (rows[starts] == wanted[0]) & (rows[starts + count - 1] == wanted[-1])
        for start in starts[alike.all(axis=1)].tolist():
            reached[start + count] = np.array_equal(rows[start : start + count], wanted)
    return int(np.flatnonzero(reached)[-1])


def wait_for_own(ledger: OpenLedger) -> None:
    """Waits until the node, where one runs, has taken the signals of this neuron that a killed process left for it.

    Without a node they are of no account: what is signed next takes their nonces. Raises FileError after half a minute.
    """
    for _ in range(_LOOKS):
        if serving(ledger.folder) is None:
            return
        if ledger.signals_count() == next_nonce(ledger.chain, ledger.neuron):
            return
        time.sleep(SECONDS_BETWEEN_LOOKS)
    raise FileError(f"{ledger.folder.path}: the node does not take the signals that wait for it")


def _links_by_signal(
    chain: Chain, neuron: bytes, progress: Progress | None
) -> Iterator[list[tuple[Any, ...]]]:
    """The links of each signal of ``neuron`` that consists of links and their contents, and was carried out."""
    holders: dict[bytes, bytes] = {}
    seen_count = 0
    told = Throttle(progress, "looking for what is there already", chain.height, "blocks")
    for height in range(max(chain.base, 1), chain.height + 1):
        body = Body.decode(chain.block(height).body, chain.parameters.block_bytes_max)
        for wire, outcome in zip(body.signals, body.results, strict=True):
            signal = parse(wire).signal
            seen_count += signal.neuron == neuron
            if signal.neuron not in holders:
                holders[signal.neuron] = key_holder(chain.state.get, signal.neuron)
            if outcome.code == DONE and holders[signal.neuron] == neuron:
                yield from _links_alone(signal.operations)
        told.at(height)
    told.finish(chain.height)
    account = read_account(chain.state.get, neuron)
    if chain.base and account and (account.origin or account.nonce > seen_count):
        raise BlockError(
            "height",
            f"signals of {neuron.hex()} are in blocks before {chain.base}, which this ledger does not have, so that "
            "nobody can tell what of the file is there already: import where all blocks are, or with another key",
        )


def _links_alone(operations: Sequence[Sequence[Any]]) -> Iterator[list[tuple[Any, ...]]]:
    if {operation[0] for operation in operations} <= _MADE_BY_IMPORTS:
        links = [tuple(operation) for operation in operations if operation[0] == "link/1"]
        if links:
            yield links
