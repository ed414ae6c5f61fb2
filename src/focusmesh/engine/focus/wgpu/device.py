"""What the engine calls: operators and vectors of the host in, answers of the host out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from focusmesh.engine.focus.operator.initial_vector import is_cold
from focusmesh.engine.focus.operator.vectors import total
from focusmesh.engine.focus.solve.steps import solve_anderson
from focusmesh.engine.focus.wgpu.adapters import memory, program, wgpu_structure
from focusmesh.engine.focus.wgpu.operator import WgpuOperator
from focusmesh.engine.focus.wgpu.solvers import solve_on_device
from focusmesh.engine.focus.wgpu.steps import WgpuSteps
from focusmesh.engine.support.wgpu import adapter, is_software, verify_process

if TYPE_CHECKING:
    from focusmesh.engine.focus.certificate.axons import IntegerAxons
    from focusmesh.engine.focus.context.standing import Standing
    from focusmesh.engine.focus.devices.device import Memory
    from focusmesh.engine.focus.operator.operator import Operator
    from focusmesh.engine.focus.operator.params import FocusParams
    from focusmesh.engine.focus.solve.watch import Solution
    from focusmesh.engine.links import Structure
    from focusmesh.engine.support.arrays import FloatArray
    from focusmesh.engine.support.progress import Progress

_VISITS_PER_SECOND = {True: 7e7, False: 1.5e11}
"""By a software adapter on two cores, and by an NVIDIA H200."""


class Wgpu:
    """The best graphics device that WebGPU finds. See ``Device``."""

    name = "wgpu"

    def verify(self) -> None:
        verify_process()
        adapter()

    def is_hardware(self) -> bool:
        return not is_software()

    def free_bytes(self) -> tuple[int, int] | None:
        """Unknown: WebGPU does not tell. Where memory ends, work ends with a CardError."""
        return None

    def memory(self, work: str, structure: Structure, params: FocusParams) -> Memory:
        return memory(work, structure, params)

    def visits_per_second(self, structure: Structure) -> float:
        return _VISITS_PER_SECOND[is_software()]

    def solve(
        self,
        operator: Operator,
        start: FloatArray,
        tolerance: float,
        progress: Progress | None = None,
    ) -> Solution:
        structure = operator.structure
        if not structure.axon_count:
            return solve_anderson(operator, start, tolerance, progress)
        card = program()
        card.most_bytes = before = card.held_bytes
        held = wgpu_structure(structure)
        own = WgpuOperator(held, operator.params, operator.flat_u, operator.flat_u0)
        begun = None if is_cold(operator, start) else start
        residual, watch = solve_on_device(own, begun, tolerance, progress)
        scores = own.scores()
        solution = watch.solution(scores, residual, total(scores, operator.reduction))
        return replace(solution, card_bytes=card.most_bytes - before)

    def steps(self, axons: IntegerAxons) -> WgpuSteps:
        return WgpuSteps(program(), axons)

    def pushes(self, standing: Standing) -> None:
        """None: pushes add up 64 bits in no order, for which WGSL has no atomic operation."""


DEVICE = Wgpu()
