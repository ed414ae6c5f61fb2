"""Which committed values a context receipt shows, so that its list is closed, and the body with all hashes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from focusmesh.errors import UnknownParticleError
from focusmesh.kernel.focus import (
    LEADER_BYTES,
    LEADERS_PAGE,
    PARTICLES_A_PAGE,
    VALUES_A_PAGE,
    leader_pages,
    particles_of,
    values_of,
)
from focusmesh.kernel.receipts.evidence import rank_of
from focusmesh.kernel.receipts.leaves import write_leaves
from focusmesh.kernel.receipts.paths import path_of, write_paths
from focusmesh.kernel.receipts.push import SCORE
from focusmesh.kernel.receipts.rows.body import RowBody, ShownRow, page_length
from focusmesh.kernel.receipts.wire import BodyWriter
from focusmesh.kernel.state import ROW_PREFIX, SIZE_KEY, MerkleTree

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from focusmesh.kernel.receipts.evidence import Evidence
    from focusmesh.kernel.receipts.push import Estimate

_PAGE_BYTES = 4_700
"""About what showing the value of a particle costs that no other shown page has."""


class Values:
    """Committed values of a ledger at one height, and its leaders."""

    def __init__(self, evidence: Evidence) -> None:
        self.vector, self.digests = evidence.vector, evidence.digests
        self._ranks: dict[bytes, int | None] = {}

    @cached_property
    def leader_pages(self) -> list[bytes]:
        """As they are committed."""
        return leader_pages(self.vector, self.digests)

    @cached_property
    def leading(self) -> dict[bytes, int]:
        """Values of the leaders, best first."""
        entries = b"".join(self.leader_pages)
        starts = range(0, len(entries), LEADER_BYTES)
        return {
            entries[at : at + 32]: int.from_bytes(entries[at + 32 : at + 40], "big")
            for at in starts
        }

    def rank(self, particle: bytes) -> int | None:
        """Where a particle stands in committed order."""
        if particle not in self._ranks:
            self._ranks[particle] = rank_of(self.digests, particle)
        return self._ranks[particle]

    def known_rank(self, particle: bytes) -> int:
        """The same; raises UnknownParticleError for what is no particle."""
        rank = self.rank(particle)
        if rank is None:
            raise UnknownParticleError(particle.hex(), "particle of the ledger at this height")
        return rank

    def value(self, particle: bytes) -> int:
        """The committed value of a particle; raises UnknownParticleError for what is none."""
        return int(self.vector[self.known_rank(particle)])


@dataclass(frozen=True)
class Closing:
    """So many leaders, and the pages of these particles: with them nothing that is not shown can be listed."""

    leader_count: int
    valued: list[bytes]

    @classmethod
    def of(cls, body: RowBody, estimate: Estimate, values: Values, k: int) -> Closing | None:
        """The cheapest in bytes; None where even all leaders do not close the list, for too large a k.

        ``body`` has all touched particles and all leaders among its digests.
        """
        exact = [
            (estimate.score(at, values.value(particle)), particle)
            for at, particle in enumerate(body.digests)
        ]
        exact.sort(key=lambda scored: (-scored[0], scored[1]))
        listed, rest = exact[:k], exact[k:]
        least = listed[-1][0]
        bound = estimate.bound() * SCORE
        if rest and least - rest[0][0] > bound:
            least -= int(bound) + 1
        touched = [(body.index[particle], particle) for _, particle in exact]
        choices = [
            cls._with(count, touched, {particle for _, particle in listed}, least, estimate, values)
            for count in _leader_counts(len(values.leading))
        ]
        closed = [choice for choice in choices if choice is not None]
        return min(closed, key=Closing.cost, default=None)

    @classmethod
    def _with(
        cls,
        count: int,
        candidates: list[tuple[int, bytes]],
        listed: set[bytes],
        least: int,
        estimate: Estimate,
        values: Values,
    ) -> Closing | None:
        """What is to be shown beside ``count`` leaders; None where what is not shown could still be listed."""
        leaders = dict(list(values.leading.items())[:count])
        ceiling = list(leaders.values())[-1]
        everything = count == len(values.vector)
        if not everything and estimate.score(None, ceiling) >= least:
            return None
        valued = [
            particle
            for at, particle in candidates
            if particle not in leaders
            and (
                particle in listed
                or (at in estimate.push.local and estimate.score(at, ceiling) >= least)
            )
        ]
        return cls(count, valued)

    def cost(self) -> int:
        """About how many bytes it takes."""
        return LEADER_BYTES * self.leader_count + _PAGE_BYTES * len(self.valued)

    def body(self, rows: RowBody, values: Values, seeds: Iterable[bytes]) -> RowBody:
        """The rows with these values, and only the digests that are named."""
        leaders = dict(list(values.leading.items())[: self.leader_count])
        named = {rows.digests[at] for shown in rows.rows for at in shown.row.targets}
        named |= {rows.digests[shown.row.source] for shown in rows.rows if shown.row.targets}
        named |= leaders.keys()
        dangling = {rows.digests[shown.row.source] for shown in rows.rows}
        pages = {values.known_rank(particle) // PARTICLES_A_PAGE for particle in self.valued}
        pages |= {
            values.known_rank(particle) // PARTICLES_A_PAGE
            for particle in {*dangling, *seeds} - named
        }
        on_pages = {page: _particles(values, page) for page in sorted(pages)}
        digests = sorted(named.union(*on_pages.values()))
        index = {digest: at for at, digest in enumerate(digests)}
        shown_values = {values.known_rank(one) // VALUES_A_PAGE for one in self.valued}
        return RowBody(
            rows.parameters,
            rows.size,
            digests,
            [_renumber(shown, rows, index) for shown in rows.rows],
            [(index[leader], value) for leader, value in leaders.items()],
            {page: [index[digest] for digest in held] for page, held in on_pages.items()},
            {page: _value_page(values, page) for page in sorted(shown_values)},
        )


def body_bytes(body: RowBody, evidence: Evidence, values: Values) -> bytes:
    """The body with all hashes. O(rows · log) witnesses, O(particles) hashes."""
    out = BodyWriter()
    body.write(out)
    keys = [ROW_PREFIX + body.digests[shown.row.source] for shown in body.rows]
    witnesses = [evidence.witness(key) for key in sorted([SIZE_KEY, *keys], key=path_of)]
    write_paths(witnesses, out)
    shown: tuple[tuple[MerkleTree, Iterable[int]], ...] = (
        (MerkleTree.of(values.leader_pages), body.leader_pages()),
        (particles_of(values.digests), body.particle_pages),
        (values_of(values.vector), body.value_pages),
    )
    for tree, pages in shown:
        write_leaves({page: tree.prove(page) for page in pages}, len(tree), out)
    return bytes(out)


def _leader_counts(leaders: int) -> list[int]:
    """Whole pages in doublings, and all."""
    counts = [LEADERS_PAGE]
    while counts[-1] < leaders:
        counts.append(2 * counts[-1])
    return [*counts[:-1], leaders]


def _particles(values: Values, page: int) -> list[bytes]:
    first = page * PARTICLES_A_PAGE
    length = page_length(page, PARTICLES_A_PAGE, len(values.digests))
    return [values.digests[at].tobytes() for at in range(first, first + length)]


def _value_page(values: Values, page: int) -> bytes:
    first = page * VALUES_A_PAGE
    return values.vector[first : first + VALUES_A_PAGE].astype("<u8").tobytes()


def _renumber(shown: ShownRow, rows: RowBody, index: Mapping[bytes, int]) -> ShownRow:
    """The row with particles as indices into other digests."""
    row = shown.row
    source = index[rows.digests[row.source]]
    targets = [index[rows.digests[at]] for at in row.targets]
    return ShownRow(
        type(row)(source, row.amount, targets, row.weights), shown.link_count, shown.authors_root
    )
