"""Steps of a session: what people mean, as operations with the contents that names bring along."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.errors import InputError
from focusmesh.ids import digest
from focusmesh.kernel.runtime import (
    ROTATION_DOMAIN,
    Forget,
    Link,
    PutBlob,
    RotateKey,
    SetProperty,
    Unlink,
    rotation_digest,
)
from focusmesh.kernel.session.naming import particle
from focusmesh.kernel.session.packets import Step
from focusmesh.protocol.signal import AMOUNT_MAX

if TYPE_CHECKING:
    from collections.abc import Hashable

    from focusmesh.engine.arrays import ByteArray
    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.session.naming import Particle
    from focusmesh.protocol.identity import SigningKey


def link_step(source: Hashable, target: Hashable, relation: Hashable | None, amount: int) -> Step:
    """Locks ``amount`` base units more in a link. Raises InputError for names, amounts, and a link to itself."""
    if amount > AMOUNT_MAX:
        raise InputError(f"{source!r} → {target!r}: {amount} is more than any account can have")
    ends = _ends(source, target, relation)
    return Step(Link(ends[0].id, ends[1].id, _id(ends[2]), amount).as_fields(), _contents(*ends))


def unlink_step(source: Hashable, target: Hashable, relation: Hashable | None) -> Step:
    """Takes back all that the signer has locked in a link."""
    ends = _ends(source, target, relation)
    return Step(Unlink(ends[0].id, ends[1].id, _id(ends[2])).as_fields())


def put_step(content: bytes) -> Step:
    """Puts content into the ledger; it becomes the text of the particle with its digest."""
    if not content:
        raise InputError("there is nothing to put: the content is empty")
    blob = digest(content)
    return Step(PutBlob(blob, len(content)).as_fields(), {blob: content})


def property_step(name: Hashable, property_name: str, value: bytes) -> Step:
    """Sets what the signer says of a particle under a name; an empty value takes it away."""
    about = particle(name)
    return Step(SetProperty(about.id, property_name, value).as_fields(), _contents(about))


def forget_step(chain: Chain, name: Hashable, author: bytes) -> Step:
    """Removes the content of a particle, and takes back the author's own links from and to it. O(m)."""
    meant = particle(name).id
    with chain.state.at() as view:
        particles, relations, neurons = view.names()
        found = view.links()
    links, at, mine = found.links, _place(particles, meant), _place(neurons, author)
    kept = ((found.source == at) | (links["target"] == at)) & (links["neuron"] == mine)
    listed = b"".join(
        particles[source].tobytes() + particles[target].tobytes() + relations[relation].tobytes()
        for source, target, relation in zip(
            found.source[kept], links["target"][kept], links["relation"][kept], strict=True
        )
    )
    return Step(Forget(meant, listed).as_fields())


def rotate_step(network: bytes, old: bytes, new: SigningKey) -> Step:
    """Hands everything of ``old`` to the key ``new``, which signs that it takes it."""
    accepted = new.sign(ROTATION_DOMAIN, rotation_digest(network, old, new.public))
    return Step(RotateKey(new.public, accepted).as_fields())


def _ends(
    source: Hashable, target: Hashable, relation: Hashable | None
) -> tuple[Particle, Particle, Particle | None]:
    tail, head = particle(source), particle(target)
    if tail.id == head.id:
        raise InputError(f"{source!r} cannot link to itself in a ledger")
    return tail, head, particle(relation) if relation else None


def _place(digests: ByteArray, wanted: bytes) -> int:
    """The id of a digest, −1 where it has none. O(n)."""
    (places,) = np.nonzero((digests == np.frombuffer(wanted, dtype=np.uint8)).all(axis=1))
    return int(places[0]) if len(places) else -1


def _id(named: Particle | None) -> bytes:
    return b"" if named is None else named.id


def _contents(*named: Particle | None) -> dict[bytes, bytes]:
    return {each.id: each.content for each in named if each is not None and each.content}
