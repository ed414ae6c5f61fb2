"""``link_program/1``: a program is run under its fuel, and what it yields is linked as if each link had been signed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Annotated, ClassVar, NamedTuple

import msgspec

from focusmesh.errors import (
    FuelError,
    LinkProgramError,
    MemoryLimitError,
    ParameterError,
    ProgramError,
    SignalError,
)
from focusmesh.ids import DIGEST_BYTES
from focusmesh.kernel.runtime.links import Link, Relation, check_relation
from focusmesh.kernel.runtime.operation import BANDWIDTH_BYTES, Amount, Operation

if TYPE_CHECKING:
    from focusmesh.engine.rewrite import Book, Limits
    from focusmesh.kernel.runtime.context import Context
    from focusmesh.kernel.state import Parameters

PROGRAM_BYTES_MAX = 1 << 16
PROGRAM_FUEL_MAX = 1 << 24
PROGRAM_LINKS_MAX = 10_000
PROGRAM_NAMES_MAX = 10_000
FUEL_BANDWIDTH = 1 << 12
"""Interactions for one unit of bandwidth: together they take as long as a link does, or less."""
MEMORY_BYTES = 1 << 26
_CELLS_A_FUEL, _CELLS_FREE = 16, 1 << 20
_WORK_A_BYTE, _WORK_A_LINK, _WORK_A_PROGRAM = 512, 64, 1 << 16


def program_limits(fuel: int) -> Limits:
    """What a program with this fuel may take in memory, the same for all: 64 MiB, and 16 cells an interaction."""
    from focusmesh.engine.rewrite import Limits

    return Limits(fuel, MEMORY_BYTES, cells_taken=_CELLS_A_FUEL * fuel + _CELLS_FREE)


class Yielded(NamedTuple):
    """What a program came to: its links as operations, and how many interactions that took."""

    links: list[Link]
    interactions: int


class LinkProgram(Operation, frozen=True, tag="link_program/1"):
    """Runs ``program``, whose values ``#Link{source,target,weight}`` become links, or fails as a whole.

    Its numbers are places in ``particles``, digests one after the other; a link locks weight · ``amount``. Fails with
    ``"program"``, ``"fuel"``, ``"memory"``, ``"value"``, ``"number"``, ``"self-link"``, ``"amount"``, ``"links"``, and
    as ``link/1`` does. What it takes is counted by the lazy evaluator, on every machine alike.
    """

    program: Annotated[str, msgspec.Meta(min_length=1, max_length=PROGRAM_BYTES_MAX)]
    particles: Annotated[bytes, msgspec.Meta(max_length=PROGRAM_NAMES_MAX * DIGEST_BYTES)]
    relation: Relation
    amount: Amount
    links_max: Annotated[int, msgspec.Meta(ge=1, le=PROGRAM_LINKS_MAX)]
    fuel: Annotated[int, msgspec.Meta(ge=1, le=PROGRAM_FUEL_MAX)]

    reads: ClassVar[tuple[bytes, ...]] = Link.reads
    writes: ClassVar[tuple[bytes, ...]] = Link.writes

    def validate(self, parameters: Parameters) -> None:
        """Refuses programs of too many bytes, digests that are cut or there twice, and what ``link/1`` refuses."""
        size_bytes = len(self.program.encode())
        if size_bytes > PROGRAM_BYTES_MAX:
            raise SignalError(
                "size", f"a program has at most {PROGRAM_BYTES_MAX:,} bytes, not {size_bytes:,}"
            )
        digests = self._digests()
        if len(self.particles) % DIGEST_BYTES or len(set(digests)) < len(digests):
            raise SignalError(
                "malformed", "particles of a program must be 32 bytes each, and all different"
            )
        if self.amount < parameters.weight_unit:
            raise SignalError(
                "amount",
                f"links of {self.amount} base units are too small: the least is {parameters.weight_unit}",
            )
        if self.relation:
            check_relation(self.relation)

    def bandwidth(self) -> int:
        """A unit for every link that it may yield, for started 256 bytes, and for started 4,096 interactions."""
        size_bytes = len(self.program.encode()) + len(self.particles)
        return self.links_max + -(-size_bytes // BANDWIDTH_BYTES) + -(-self.fuel // FUEL_BANDWIDTH)

    def work(self) -> int:
        """Its fuel, and what reading it, starting it and linking take, in interactions."""
        size_bytes = len(self.program.encode())
        return (
            self.fuel + _WORK_A_BYTE * size_bytes + _WORK_A_LINK * self.links_max + _WORK_A_PROGRAM
        )

    def apply(self, context: Context) -> None:
        """All of its links, or none."""
        Link.apply_run(context, self.run().links)

    def run(self) -> Yielded:
        """Runs the program, without a state. Raises SignalError with a code for what is wrong with it."""
        from focusmesh.engine.rewrite import numbered_links

        digests = self._digests()
        try:
            found = numbered_links(
                _read(self.program), len(digests), program_limits(self.fuel), self.links_max
            )
        except ProgramError as error:
            raise SignalError("program", f"the program, at {error}") from error
        except ParameterError as error:
            # No @main, or one that takes arguments.
            raise SignalError("program", f"the program: {error}") from error
        except FuelError as error:
            raise SignalError("fuel", f"the program: {error}") from error
        except MemoryLimitError as error:
            raise SignalError("memory", f"the program: {error}") from error
        except LinkProgramError as error:
            raise SignalError(error.code, str(error)) from error
        ends = zip(found.source.tolist(), found.target.tolist(), found.weight.tolist(), strict=True)
        links = [
            Link(digests[source], digests[target], self.relation, weight * self.amount)
            for source, target, weight in ends
        ]
        return Yielded(links, found.statistics.interactions)

    def _digests(self) -> list[bytes]:
        return [
            self.particles[at : at + DIGEST_BYTES]
            for at in range(0, len(self.particles), DIGEST_BYTES)
        ]


def _read(program: str) -> Book:
    """The program, read in a thread: how deep terms may stand must not depend on how deep the caller's calls are."""
    from focusmesh.engine.rewrite import read_book

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(read_book, program).result()
