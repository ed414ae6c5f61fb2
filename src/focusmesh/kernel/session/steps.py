"""Steps of a session: what people mean, as operations with the contents that names bring along."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import InputError
from focusmesh.ids import digest
from focusmesh.kernel.runtime import (
    ROTATION_DOMAIN,
    Link,
    PutBlob,
    RotateKey,
    SetProperty,
    Unlink,
    rotation_digest,
)
from focusmesh.kernel.session.packets import Step
from focusmesh.kernel.session.particle_names import particle
from focusmesh.protocol.signal import AMOUNT_MAX

if TYPE_CHECKING:
    from collections.abc import Hashable

    from focusmesh.kernel.session.particle_names import Particle
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


def _id(named: Particle | None) -> bytes:
    return b"" if named is None else named.id


def _contents(*named: Particle | None) -> dict[bytes, bytes]:
    return {each.id: each.content for each in named if each is not None and each.content}
