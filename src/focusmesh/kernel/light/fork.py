"""Two final blocks of one height: a proof that more than a third of the weight lied, which strangers can check."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import CodecError, ProofError
from focusmesh.kernel.block import Header, SignedHeader, read_validator_set
from focusmesh.kernel.consensus import Decision, Equivocation, accuse, epoch_of_number
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.kernel.light.rules import LightRules

FORK_BYTES_MAX = 1 << 22


class Fork(NamedTuple):
    """``one`` and ``other`` are runs of signed headers from one height on, each up to a decided one.

    ``validators``: who decided both.
    """

    validators: bytes
    one: tuple[bytes, ...]
    other: tuple[bytes, ...]

    def verify(self, rules: LightRules, network: bytes) -> tuple[Equivocation, ...]:
        """Proofs against validators who signed both in one round; where the rounds are two, none are in here.

        Raises BlockError, ProofError ("fork", and as ``Decision.verify``) where it proves nothing.
        """
        first, decided = self._run(self.one, rules, network)
        second, contrary = self._run(self.other, rules, network)
        if first.height != second.height or first.id == second.id:
            raise ProofError("fork", "these are not two blocks of one height")
        return accuse([decided.certificate, contrary.certificate])

    def _run(
        self, run: Sequence[bytes], rules: LightRules, network: bytes
    ) -> tuple[Header, Decision]:
        signed = [SignedHeader.decode(data) for data in run]
        headers = [Header.decode(each.header) for each in signed]
        if not headers or any(after.parent != before.id for before, after in pairwise(headers)):
            raise ProofError("fork", "its headers do not follow each other")
        last, decision = headers[-1], Decision.from_bytes(signed[-1].decision)
        proposal = decision.proposal
        epoch = epoch_of_number(proposal.epoch)
        if (epoch, proposal.height, proposal.subject) != (
            rules.epoch_of(last),
            last.height,
            last.id,
        ):
            raise ProofError("fork", f"block {last.height} is not what was decided")
        if {rules.epoch_of(header) for header in headers} != {epoch}:
            raise ProofError("fork", "its headers are of several epochs")
        decision.verify(network, read_validator_set(self.validators), last.engine)
        return headers[0], decision

    def encode(self) -> bytes:
        """A dag-cbor array."""
        return encode([self.validators, list(self.one), list(self.other)])

    @classmethod
    def decode(cls, data: bytes) -> Fork:
        """What ``encode`` wrote; it is still to be verified. Raises ProofError ("fork")."""
        try:
            validators, one, other = decode(data, bytes_max=FORK_BYTES_MAX)
            if {type(part) for part in (validators, *one, *other)} != {bytes}:
                raise CodecError("its parts must be bytes")
            return cls(validators, tuple(one), tuple(other))
        except (CodecError, TypeError, ValueError) as error:
            raise ProofError("fork", f"these bytes show no fork: {error}") from error
