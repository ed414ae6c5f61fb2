"""What the engine calls: operators, queries and vectors of the host in, answers of the host out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.cuda.cards import (
    card_structure,
    free_bytes,
    high_water,
    memory,
    on_card,
    verify_card,
    visits_per_second,
)
from focusmesh.engine.focus.cuda.contexts import CardContexts
from focusmesh.engine.focus.cuda.operator import CardOperator
from focusmesh.engine.focus.cuda.program import cupy
from focusmesh.engine.focus.cuda.solvers import solve_on_card
from focusmesh.engine.focus.cuda.steps import CardSteps
from focusmesh.engine.focus.cuda.vector import CudaVector
from focusmesh.engine.focus.operator.initial_vector import is_cold
from focusmesh.engine.focus.solve.device import CardSolution
from focusmesh.engine.focus.solve.steps import solve_anderson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.focus.certificate.axons import IntegerAxons
    from focusmesh.engine.focus.context.answer import BestParticles
    from focusmesh.engine.focus.context.push import Query
    from focusmesh.engine.focus.context.standing import Standing
    from focusmesh.engine.focus.devices.device import Memory
    from focusmesh.engine.focus.operator.operator import Operator
    from focusmesh.engine.focus.operator.params import FocusParams
    from focusmesh.engine.focus.solve.watch import Solution
    from focusmesh.engine.links import Structure
    from focusmesh.engine.support.arrays import FloatArray
    from focusmesh.engine.support.progress import Progress


class Cuda:
    """The NVIDIA card that is current (CUDA_VISIBLE_DEVICES, ``cupy.cuda.Device``). See ``Device``."""

    name = "cuda"

    def verify(self) -> None:
        verify_card()

    def is_hardware(self) -> bool:
        return True

    def free_bytes(self) -> tuple[int, int]:
        return free_bytes()

    def memory(self, work: str, structure: Structure, params: FocusParams) -> Memory:
        return memory(work, structure, params)

    def visits_per_second(self, structure: Structure) -> float:
        return visits_per_second()

    def solve(
        self,
        operator: Operator,
        start: FloatArray,
        tolerance: float,
        progress: Progress | None = None,
    ) -> Solution:
        if not operator.structure.axon_count:
            return solve_anderson(operator, start, tolerance, progress)
        with on_card("focus"), high_water() as taken:
            own = _operator_on_card(operator)
            begun = None if is_cold(operator, start) else own.upload(start)
            x, residual, watch = solve_on_card(own, tolerance, progress, begun)
            solution = watch.solution(np.zeros(0), residual, own.mass(x))
        return CardSolution.of(CudaVector(x), solution, taken.highest_bytes)

    def steps(self, axons: IntegerAxons) -> CardSteps:
        with on_card("certificate"):
            return CardSteps(axons)

    def pushes(self, standing: Standing) -> _Pushes | None:
        return None if standing.prior is None else _Pushes(standing)


class _Pushes:
    """Contexts under one standing, whose known vectors are on the card."""

    def __init__(self, standing: Standing) -> None:
        prior, operator = standing.prior, standing.operator
        assert prior is not None
        with on_card("contexts"):
            self._contexts = CardContexts(
                _operator_on_card(operator),
                standing.rates,
                cupy().asarray(prior.known),
                prior.bounds,
                cupy().asarray(operator.structure.order.astype(np.uint32)),
                lands_here=prior.lands_here,
            )

    def answers(self, queries: Sequence[Query], visits: int) -> list[BestParticles | None]:
        with on_card("contexts"):
            return self._contexts.answers(queries, visits)


def _operator_on_card(operator: Operator) -> CardOperator:
    structure = card_structure(operator.structure)
    return CardOperator(
        structure, operator.params, operator.flat_u, operator.flat_u0, operator.reduction
    )


DEVICE = Cuda()
