"""What a piece of work is expected to take, worked out before it is begun, and how it turned out."""

from __future__ import annotations

from dataclasses import dataclass

from focusmesh.errors import CardError, MemoryLimitError, ParameterError

GIB = 2**30
FOCUS, CONTEXTS, CERTIFICATE = "focus", "contexts", "certificate"
WORKS = (FOCUS, CONTEXTS, CERTIFICATE)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What ``work`` (``"focus"``, ``"contexts"``, ``"certificate"``) by ``backend`` is expected to take.

    ``sweeps``: applications of R and of what stands in for it, as ``Focus.iterations`` counts them; ``passes``: times
    that each link is read. ``seconds``: on the machine whose rates stand in the page on performance, threads
    considered; another one may take half or twice that. ``memory_bytes``: of the host, beside the graph that is there
    already, of which it has ``free_bytes`` (None: unknown). ``card_bytes``: of a card, the graph's copy there
    included, of which ``card_free_bytes`` are free.
    """

    work: str
    backend: str
    sweeps: int
    passes: int
    seconds: float
    memory_bytes: int
    free_bytes: int | None = None
    card_bytes: int = 0
    card_free_bytes: int | None = None

    def __post_init__(self) -> None:
        if self.work not in WORKS:
            raise ParameterError(f"no work is named {self.work!r}; there are {', '.join(WORKS)}")

    @property
    def fits(self) -> bool:
        """Whether there is memory for it, as far as that is known."""
        host = self.free_bytes is None or self.memory_bytes <= self.free_bytes
        return host and (self.card_free_bytes is None or self.card_bytes <= self.card_free_bytes)

    def verify(self) -> None:
        """Raises CardError or MemoryLimitError, with what is needed and what there is, unless it ``fits``."""
        if self.card_free_bytes is not None and self.card_bytes > self.card_free_bytes:
            raise CardError(
                f"{self.work} by {self.backend} needs {_size(self.card_bytes)} of the card, which has "
                f'{_size(self.card_free_bytes)} free; choose backend="cpu", or free memory there'
            )
        if self.free_bytes is not None and self.memory_bytes > self.free_bytes:
            raise MemoryLimitError(
                f"{self.work} by {self.backend} needs {_size(self.memory_bytes)} of memory beside the graph; "
                f"{_size(self.free_bytes)} are free"
            )

    def __str__(self) -> str:
        card = f", {_size(self.card_bytes)} of the card" if self.card_bytes else ""
        return (
            f"{self.work} by {self.backend}: about {self.sweeps} sweeps, {self.passes} passes over the links, "
            f"{self.seconds:.2g} s, {_size(self.memory_bytes)}{card}"
        )


@dataclass(frozen=True, slots=True)
class Report:
    """How a solve turned out beside what was expected of it.

    ``memory_bytes``: by how much the memory of the process had grown at most at the end of a sweep (None where the
    machine does not say, or where all was over within a millisecond); ``card_bytes`` what a card held for it.
    """

    estimate: Estimate
    sweeps: int
    seconds: float
    memory_bytes: int | None
    card_bytes: int | None

    def __str__(self) -> str:
        expected, taken = self.estimate, []
        if self.memory_bytes is not None:
            taken.append(f"{_size(self.memory_bytes)} of {_size(expected.memory_bytes)}")
        if self.card_bytes is not None:
            taken.append(f"{_size(self.card_bytes)} of {_size(expected.card_bytes)} of the card")
        return ", ".join(
            [
                f"{expected.work} by {expected.backend}: {self.sweeps} of about {expected.sweeps} sweeps",
                f"{self.seconds:.2g} of {expected.seconds:.2g} s",
                *taken,
            ]
        )


def _size(count: int) -> str:
    """Bytes as people read them."""
    return f"{count / GIB:.3g} GiB" if count >= GIB else f"{count / 2**20:.3g} MiB"
