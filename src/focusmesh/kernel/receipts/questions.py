"""What is asked for and what is answered, as the fields of receipts; each kind refuses everything else."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from focusmesh.errors import ProofError
from focusmesh.ids import digest
from focusmesh.kernel.receipts.receipt import from_hex

Fields = TypeVar("Fields", bound=msgspec.Struct)
SHARE = 1 << 32


class Seed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A particle to stand at: ``share`` is a multiple of 2⁻³²; those of all seeds add up to 1."""

    particle: str
    share: float


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A particle with its score. ``name`` is the text whose digest the particle is, where it is known."""

    particle: str
    score: float
    name: str | None = None


class ContextQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The ``k`` particles that matter most from the seeds, which rise."""

    seeds: list[Seed]
    k: int

    def shares(self, particle_count: int) -> dict[bytes, int]:
        """Share of each seed over 2³²; raises ProofError ("query") for what cannot be asked."""
        shares = {from_hex("a seed", seed.particle): seed.share * SHARE for seed in self.seeds}
        whole = all(0 < share <= SHARE and share.is_integer() for share in shares.values())
        if not whole or sum(shares.values()) != SHARE:
            raise ProofError("query", "shares of seeds are multiples of 2^-32 that add up to 1")
        particles = [seed.particle for seed in self.seeds]
        if particles != sorted(set(particles)):
            raise ProofError("query", "seeds are to rise, each there once")
        if not 1 <= self.k <= particle_count:
            raise ProofError("query", f"k = {self.k} is not within 1 … {particle_count}")
        return {seed: int(share) for seed, share in shares.items()}


class ContextParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The operator's coefficients over 2³², and how far the seeds draw the teleport (a multiple of 2⁻³²)."""

    alpha: int
    diffusion: int
    series: list[int]
    beta: float

    def drawn(self) -> int:
        """β over 2³²; raises ProofError ("parameters")."""
        beta = self.beta * SHARE
        if not 0 <= beta <= SHARE or not beta.is_integer():
            raise ProofError("parameters", f"beta = {self.beta} is no multiple of 2^-32 up to 1")
        return int(beta)


class ContextResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``items`` best first. All scores of the context are off by at most ``bound`` in L1 together.

    ``settled``: the bound proves that these particles are the first, in this order. ``vector`` says what the scores are
    made of, see focusmesh.kernel.receipts.push.
    """

    items: list[Item]
    bound: float
    settled: bool
    vector: str


def fields_of(kind: type[Fields], fields: dict[str, Any], what: str) -> Fields:
    """``fields`` as ``kind``; raises ProofError ("receipt")."""
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        raise ProofError("receipt", f"the {what} of this receipt: {error}") from error


def check_name(item_particle: str, name: str | None) -> None:
    """Raises ProofError ("name") where the particle is not the digest of this text."""
    if name is not None and _digest_of(name) != item_particle:
        raise ProofError("name", f"particle {item_particle} is not the digest of {name!r}")


def _digest_of(text: str) -> str | None:
    """None for what is no Unicode text, such as half a surrogate pair, which JSON can spell."""
    try:
        return digest(text.encode()).hex()
    except UnicodeEncodeError:
        return None
