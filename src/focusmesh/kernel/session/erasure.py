"""What forgetting a particle takes: its content, the author's own links of it; and what that cannot reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.errors import SignalError
from focusmesh.ids import to_cid
from focusmesh.kernel.runtime import Forget, Unlink
from focusmesh.kernel.session.packets import Step
from focusmesh.kernel.session.particle_names import particle
from focusmesh.kernel.state import (
    BLOB_PREFIX,
    FORGOTTEN_PREFIX,
    NO_RELATION,
    PROPERTY_PREFIX,
    read_deposit,
)
from focusmesh.protocol.codec import decode

if TYPE_CHECKING:
    from collections.abc import Hashable

    from focusmesh.engine.support.arrays import ByteArray
    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.state import StateView


@dataclass(frozen=True)
class Mentions:
    """Where a ledger has a particle (its digest), as its publisher sees it.

    ``own`` are his links from and to it: source, target and relation (zeros for none) of each. ``links_of_others``
    lead from or to it too; ``relations`` are links, whoever's, that name it as their relation; ``properties`` are said
    of it. What is counted, forgetting it does not reach.
    """

    particle: bytes
    content_bytes: int
    own: list[tuple[bytes, bytes, bytes]]
    links_of_others: int
    relations: int
    properties: int

    def steps(self) -> list[Step]:
        """Removes the content, then takes the own links back, as the author: that costs no bandwidth."""
        unlinked = [
            Unlink(source, target, b"" if relation == NO_RELATION else relation)
            for source, target, relation in self.own
        ]
        return [
            Step(operation.as_fields()) for operation in (Forget(self.particle, b""), *unlinked)
        ]


def mentions(chain: Chain, name: Hashable, author: bytes) -> Mentions:
    """Where a particle is that ``author`` (the first key of a neuron) published. O(m).

    Raises SignalError as the ledger would: ``"absent"`` where there is nothing to forget, ``"owner"`` where somebody
    else published it; InputError for what names no particle.
    """
    meant = particle(name).id
    with chain.state.at() as view:
        size = _published_bytes(view, meant, author)
        properties = sum(1 for _ in view.scan(PROPERTY_PREFIX + meant))
        particles, relations, neurons = view.names()
        found = view.links()
    source, links = found.source, found.links
    at, kind, mine = (
        _place(particles, meant),
        _place(relations, meant),
        _place(neurons, author),
    )
    ends = (source == at) | (links["target"] == at)
    own = np.flatnonzero(ends & (links["neuron"] == mine))
    return Mentions(
        particle=meant,
        content_bytes=size,
        own=[
            (
                particles[source[link]].tobytes(),
                particles[links["target"][link]].tobytes(),
                relations[links["relation"][link]].tobytes(),
            )
            for link in own
        ],
        links_of_others=int(ends.sum()) - len(own),
        relations=int((links["relation"] == kind).sum()),
        properties=properties,
    )


def _published_bytes(view: StateView, meant: bytes, author: bytes) -> int:
    claim, name = view.get(BLOB_PREFIX + meant), to_cid(meant)
    if claim is None:
        gone = view.get(FORGOTTEN_PREFIX + meant)
        if gone is not None:
            raise SignalError("absent", f"{name} was forgotten at height {decode(gone)[1]} already")
        raise SignalError("absent", f"this ledger has no content of {name}")
    size, publisher, *others = decode(claim)
    publishes_too = bool(others) and read_deposit(view.get, author, BLOB_PREFIX + meant) is not None
    if publisher != author and not publishes_too:
        raise SignalError(
            "owner",
            f"{name} was published by {publisher.hex()}, and only that key can have it forgotten; "
            "`focusmesh tx unlink` takes back links of yours",
        )
    return int(size)


def _place(digests: ByteArray, wanted: bytes) -> int:
    """The id of a digest, −1 where it has none. O(n)."""
    (places,) = np.nonzero((digests == np.frombuffer(wanted, dtype=np.uint8)).all(axis=1))
    return int(places[0]) if len(places) else -1
