"""Who is to blame for a fork: more than a third of the weight, each by two votes that exclude each other.

Let proposal A of round a and proposal B of a later round b be final, and B not follow A. B and each proposal that it
follows is notarised, and each round that they pass over has a time-out certificate. If round a is passed over, its
time-out certificate and A's finalise votes are two quorums in one slot. If one of the proposals that B follows is of
round a, it is not A; A was notarised too, as nobody honest finalises what was not; these are two quorums in one slot
again. Two quorums share more than a third of the weight. So what one honest validator of each side kept is enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.kernel.consensus.quorum import conflicts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from focusmesh.kernel.consensus.quorum import Certificate, Equivocation, Slot


def accuse(certificates: Iterable[Certificate]) -> tuple[Equivocation, ...]:
    """Proofs against everybody who signed two certificates that exclude each other, one a validator, by rising key.

    What the certificates say is not verified here; each proof is checked by ``Equivocation.verify``.
    """
    by_slot: dict[Slot, dict[bytes, Certificate]] = {}
    for certificate in certificates:
        slot, value = certificate.ballot
        by_slot.setdefault(slot, {}).setdefault(value, certificate)
    found: dict[bytes, Equivocation] = {}
    for values in by_slot.values():
        first, *others = values.values()
        for other in others:
            for proof in conflicts(first, other):
                found.setdefault(proof.first.signer, proof)
    return tuple(found[validator] for validator in sorted(found))
