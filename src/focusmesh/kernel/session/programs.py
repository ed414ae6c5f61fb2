"""Link programs of a session: run here first, then signed with just the fuel and the room for links that they take."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import InputError, SignalError
from focusmesh.kernel.runtime import (
    PROGRAM_FUEL_MAX,
    PROGRAM_LINKS_MAX,
    LinkProgram,
    program_limits,
)
from focusmesh.kernel.session.packets import Step
from focusmesh.kernel.session.particle_names import particle
from focusmesh.protocol.signal import AMOUNT_MAX

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

    from focusmesh.engine.rewrite import ProgramLinks


class ProgramStep(NamedTuple):
    """A link program, ready to be signed: ``found`` is what it yields, and will yield in every block."""

    found: ProgramLinks
    operation: LinkProgram
    step: Step


def program_step(
    program: str,
    names: Iterable[Hashable] = (),
    lists: Mapping[str, Iterable[Sequence[Hashable]]] | None = None,
    relation: Hashable | None = None,
    amount: int = 1,
    fuel: int | None = None,
) -> ProgramStep:
    """Runs a program on names and lists; its links lock ``amount`` base units for each unit of weight.

    Without ``fuel`` it is allowed as much as it takes. Raises ProgramError, FuelError, MemoryLimitError and
    LinkProgramError as the machine does, InputError for names, SignalError for what no ledger takes.
    """
    from focusmesh.engine.rewrite import program_links

    most = PROGRAM_FUEL_MAX if fuel is None else fuel
    if not 1 <= most <= PROGRAM_FUEL_MAX:
        raise InputError(f"a program has a fuel from 1 to {PROGRAM_FUEL_MAX:,}, not {most:,}")
    if not 1 <= amount <= AMOUNT_MAX:
        raise InputError(f"{amount} base units cannot be one unit of weight")
    found = program_links(program, names, lists, program_limits(most), links_max=PROGRAM_LINKS_MAX)
    known = [particle(name) for name in found.names]
    ids = [each.id for each in known]
    if len(set(ids)) < len(ids):
        raise InputError("two of the names name the same particle")
    kind = particle(relation) if relation else None

    def operation(allowed: int) -> LinkProgram:
        return LinkProgram(
            program=found.text,
            particles=b"".join(ids),
            relation=b"" if kind is None else kind.id,
            amount=amount,
            links_max=len(found.links.source),
            fuel=allowed,
        )

    signed = operation(most) if fuel is not None else _enough(operation, found)
    linked = {*found.links.source.tolist(), *found.links.target.tolist()}
    named = [each for at, each in enumerate(known) if at in linked]
    contents = {
        each.id: each.content for each in [*named, kind] if each is not None and each.content
    }
    return ProgramStep(found, signed, Step(signed.as_fields(), contents))


def _enough(operation: Callable[[int], LinkProgram], found: ProgramLinks) -> LinkProgram:
    """The operation with little more fuel than its interactions: steps and cells are limited by the fuel too."""
    fuel = max(found.links.statistics.interactions, 1)
    while fuel < PROGRAM_FUEL_MAX:
        tried = operation(fuel)
        try:
            tried.run()
        except SignalError:
            fuel *= 2
        else:
            return tried
    return operation(PROGRAM_FUEL_MAX)
