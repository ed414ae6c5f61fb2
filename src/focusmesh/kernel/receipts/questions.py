"""What is asked for and what is answered, as the fields of receipts; each kind refuses everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from focusmesh.errors import ProofError
from focusmesh.ids import digest
from focusmesh.kernel.receipts.push import SHARE
from focusmesh.kernel.receipts.receipt import from_hex

if TYPE_CHECKING:
    from focusmesh.engine.focus import ProtocolParams

Fields = TypeVar("Fields", bound=msgspec.Struct)


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
            raise ProofError("query", "seeds must rise, each once")
        if not 1 <= self.k <= particle_count:
            raise ProofError("query", f"k = {self.k} is not within 1 … {particle_count}")
        return {seed: int(share) for seed, share in shares.items()}


class ContextParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The operator's coefficients over 2³², and how far the seeds draw the teleport (a multiple of 2⁻³²)."""

    alpha: int
    diffusion: int
    series: list[int]
    beta: float

    def beta_share(self) -> int:
        """β over 2³²; raises ProofError ("parameters")."""
        beta = self.beta * SHARE
        if not 0 <= beta <= SHARE or not beta.is_integer():
            raise ProofError("parameters", f"beta = {self.beta} is not a multiple of 2^-32 up to 1")
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


class SolvedResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What re-execution answers: scores on a grid of ``bound``, so that every solver comes to the same.

    ``next`` is the best score that is not listed, None where all particles are. ``settled``: two steps of the grid lie
    between every listed score and the one after it.
    """

    items: list[Item]
    next: float | None
    bound: float
    settled: bool


class RankQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The first ``top`` particles of the focus, or the scores of ``particles``, which rise: one of the two."""

    top: int | None = None
    particles: list[str] | None = None

    def verify(self, particle_count: int) -> None:
        """Raises ProofError ("query") for what cannot be asked."""
        if (self.top is None) == (self.particles is None):
            raise ProofError("query", "a ranking query names either its top or particles")
        if self.top is not None and not 1 <= self.top <= particle_count:
            raise ProofError("query", f"top = {self.top} is not within 1 … {particle_count}")
        for particle in self.particles or ():
            from_hex("a particle", particle)
        if self.particles is not None and self.particles != sorted(set(self.particles)):
            raise ProofError("query", "particles must rise, each once")
        if self.particles == []:
            raise ProofError("query", "the query names no particle")


class Coefficients(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The operator's coefficients over 2³²."""

    alpha: int
    diffusion: int
    series: list[int]


class RankResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Committed scores: of the first particles, best first, or of those asked for. ``bound`` is for all in L1."""

    items: list[Item]
    bound: float


LINK_ROLES = ("source", "target", "relation")
"""What of a link may have a name."""


class LinkQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The axon from ``source`` to ``target``; with a ``neuron``, its link with ``relation`` (zeros for none)."""

    source: str
    target: str
    neuron: str | None
    relation: str | None

    def verify(self) -> None:
        """Raises ProofError ("query", "receipt") for what cannot be asked."""
        from_hex("source", self.source)
        from_hex("target", self.target)
        if (self.neuron is None) != (self.relation is None):
            raise ProofError(
                "query", "a query for a link names a neuron and a relation, one for an axon neither"
            )
        if self.neuron is not None:
            from_hex("neuron", self.neuron)
            from_hex("relation", self.relation)


class LinkResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Whether it is there. Of an axon ``weight``; of a link the ``amount`` locked, and the ``height`` of its block.

    ``names`` are the texts of source, target and relation, by those words, where they are known.
    """

    present: bool
    weight: int | None
    amount: int | None
    height: int | None
    names: dict[str, str] = {}

    def check_names(self, query: LinkQuery) -> None:
        """Raises ProofError ("name") for a name that is none of the query's."""
        particles = {role: getattr(query, role) for role in LINK_ROLES}
        for role, name in self.names.items():
            particle = particles.get(role)
            if particle is None:
                raise ProofError("name", f"a link has no {role} whose name could be {name!r}")
            check_name(particle, name)


def check_coefficients(stated: Coefficients | ContextParameters, operator: ProtocolParams) -> None:
    """Raises ProofError ("parameters") where the network ranks with other coefficients."""
    own = operator.alpha, operator.diffusion, list(operator.series)
    if (stated.alpha, stated.diffusion, stated.series) != own:
        raise ProofError("parameters", "the network ranks with other coefficients")


def check_name(particle: str, name: str | None) -> None:
    """Raises ProofError ("name") where the particle is not the digest of this text."""
    if name is not None and digest(name.encode(errors="surrogatepass")).hex() != particle:
        raise ProofError("name", f"{particle} is not the digest of {name!r}")


def fields_of(kind: type[Fields], fields: dict[str, Any], what: str) -> Fields:
    """``fields`` as ``kind``; raises ProofError ("receipt")."""
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        raise ProofError("receipt", f"the {what} of this receipt: {error}") from error
