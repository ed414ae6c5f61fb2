"""Sampling: a light node asks for a few shares at random; whoever hides the block would have to hide them too.

To hide one share of a square of 2k × 2k for good, (k + 1)² of them must be withheld. A light node that takes s shares
without replacement misses all of those with the hypergeometric probability C(4k² − (k + 1)², s) / C(4k², s).
"""

from __future__ import annotations

from fractions import Fraction
from math import comb
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import InputError, ProofError

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.kernel.availability.square import ProvedShare, Roots

    Fetch = Callable[[int, int], ProvedShare | None]
    Rng = Callable[[int], bytes]

SAMPLES = 16


class Sampled(NamedTuple):
    """What a light node found: ``taken`` shares in place (row, column), the ones ``missing``, and its ``confidence``.

    ``confidence`` is how probable it was to come upon a gap if the block could not be repaired; 0 where a share is
    missing.
    """

    taken: tuple[tuple[int, int], ...]
    missing: tuple[tuple[int, int], ...]
    confidence: float

    @property
    def is_available(self) -> bool:
        """Whether every share that was asked for came with its proof."""
        return not self.missing


def sample(roots: Roots, fetch: Fetch, rng: Rng, count: int = SAMPLES) -> Sampled:
    """Asks for ``count`` shares at random places, all of them where there are no more, and checks each.

    ``fetch`` gives the share at a row and column, or None; one without a proof that holds counts as missing. ``rng(n)``
    gives n random bytes, which nobody else may know beforehand.
    """
    places = places_of(roots.width, rng, count)
    missing = tuple(place for place in places if not _holds(fetch(*place), place, roots))
    confidence = 0.0 if missing else 1 - miss_probability(roots.width, len(places))
    return Sampled(places, missing, confidence)


class Sampler:
    """A light node that takes its samples over a network: asks, asks again, and says what it makes of it.

    Pure: whoever runs it sends what ``asks`` names and hands in what arrives. A share that does not hold is as if it
    had not come, so that one peer's lie costs no more than its silence.
    """

    def __init__(
        self,
        roots: Roots,
        rng: Rng,
        count: int = SAMPLES,
        *,
        patience_ms: int = 2_000,
        attempts: int = 4,
    ) -> None:
        """``count`` shares at random places; each is asked for up to ``attempts`` times, ``patience_ms`` apart."""
        self.roots = roots
        self.places = places_of(roots.width, rng, count)
        self.shares: dict[tuple[int, int], ProvedShare] = {}
        self._patience_ms, self._attempts = patience_ms, attempts
        self._asked: dict[tuple[int, int], tuple[int, int]] = {}

    def asks(self, now: int) -> list[tuple[int, int]]:
        """The places to ask for at ``now`` (ms)."""
        due = []
        for place in self.places:
            count, last = self._asked.get(place, (0, 0))
            waits = count and now < last + self._patience_ms
            if place not in self.shares and count < self._attempts and not waits:
                self._asked[place] = (count + 1, now)
                due.append(place)
        return due

    def take(self, share: ProvedShare) -> bool:
        """Whether the share was asked for, holds, and is new."""
        place = share.row, share.column
        if place not in self._asked or place in self.shares or not _holds(share, place, self.roots):
            return False
        self.shares[place] = share
        return True

    def outcome(self, now: int) -> Sampled | None:
        """What was found, or None while an answer may still come."""
        missing = tuple(place for place in self.places if place not in self.shares)
        for place in missing:
            count, last = self._asked.get(place, (0, 0))
            if count < self._attempts or now < last + self._patience_ms:
                return None
        confidence = 0.0 if missing else 1 - miss_probability(self.roots.width, len(self.places))
        return Sampled(self.places, missing, confidence)


def places_of(width: int, rng: Rng, count: int) -> tuple[tuple[int, int], ...]:
    """``count`` different places of a square of 2k × 2k, k = ``width``, each equally likely."""
    if count < 1:
        raise InputError(f"a light node takes at least one share, not {count}")
    size = 2 * width
    chosen: dict[int, None] = {}
    while len(chosen) < min(count, size * size):
        # The number of places is a power of two: no remainder is likelier than another.
        chosen[int.from_bytes(rng(4), "big") % (size * size)] = None
    return tuple(divmod(place, size) for place in chosen)


def miss_probability(width: int, count: int, withheld: int | None = None) -> float:
    """That ``count`` shares at random places are all there though ``withheld`` are not, (k + 1)² by default."""
    size = 4 * width * width
    hidden = (width + 1) ** 2 if withheld is None else withheld
    if not 0 <= hidden <= size:
        raise InputError(f"a square of {size} shares cannot withhold {hidden}")
    return float(Fraction(comb(size - hidden, count), comb(size, count))) if count <= size else 0.0


def _holds(share: ProvedShare | None, place: tuple[int, int], roots: Roots) -> bool:
    if share is None or (share.row, share.column) != place:
        return False
    try:
        share.verify(roots)
    except ProofError:
        return False
    return True
