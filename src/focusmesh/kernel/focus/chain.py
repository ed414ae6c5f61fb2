"""ChainFocus: the committed focus of a ledger, from block to block (docs/reference/certificate-format.md).

The proposer's ``advance`` solves on from the last vector with floats and rounds; everyone's ``check`` takes the
differences that travel in the block. Either way the vector is valid only if one application of R in integers says so.
"""

from __future__ import annotations

import struct
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus import ONE, SCALE, solved_on, trace_application
from focusmesh.errors import BlockError, CertificateError, ConvergenceError, InputError
from focusmesh.ids import digest
from focusmesh.kernel.focus.delta import Delta, insert_particles
from focusmesh.kernel.focus.leaders import leader_pages
from focusmesh.kernel.focus.rounding import round_scores
from focusmesh.kernel.focus.snapshots import Held
from focusmesh.kernel.focus.step import FocusStep, StageClock, no_time
from focusmesh.kernel.focus.trace import FocusTrace
from focusmesh.kernel.focus.trace_form import LINKS_A_PAGE, TraceForm
from focusmesh.kernel.state import merkle_root

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.focus import IntegerOperator, ProtocolParams
    from focusmesh.engine.support.arrays import MassArray
    from focusmesh.kernel.focus.step import FocusEdits

_SOLVED = 0.4
"""Share of the residual limit that the solver may leave; rounding to short differences takes the rest."""
_SAFE = 0.9
"""Share of its part that rounding uses: what an error sends along the links mostly cancels, but not all of it."""
_FINER = 4
"""After a vector that is not valid, the next is solved and rounded so many times finer."""
_ATTEMPTS = 8
NO_TRACE = bytes(32)
"""Of a vector without particles, and of all in networks that commit to no trace."""


class ChainFocus:
    """The focus of a ledger whose blocks are worked on one after the other; not for several threads at once.

    What a block changes is given as FocusEdits to ``advance`` (who proposes it), ``check`` (who received it) or
    ``skip`` (it carries no focus). Each leaves this as it was when it raises; ``undo`` takes the last ones back.
    """

    def __init__(
        self,
        params: ProtocolParams,
        limit: int,
        timer: Callable[[], float] = no_time,
        depth: int = 1,
        *,
        trace: bool = False,
    ) -> None:
        """Of a ledger without particles. ``limit`` is the largest h that is valid, ⌊ε·2⁶²⌋.

        ``timer`` gives seconds, for the reports of steps. ``depth`` steps can be undone, each of which keeps a vector
        and what axons changed in memory. ``trace``: whether steps commit to the trace of their focus.
        """
        self.params = params
        self.limit = limit
        self._timer = timer
        self._held = Held.nothing(trace=trace)
        self._before: list[Held] = []
        self._depth = depth

    @classmethod
    def of(
        cls,
        params: ProtocolParams,
        limit: int,
        edits: FocusEdits,
        vector: MassArray | None = None,
        timer: Callable[[], float] = no_time,
        depth: int = 1,
        *,
        trace: bool = False,
    ) -> ChainFocus:
        """Of a ledger with particles and axons, such as one that is opened again.

        ``vector`` is the last committed one, of the particles that were there then: as many of the first as it has
        entries, in the order of their digests. It is trusted. O(n log n + m log m).
        """
        made = cls(params, limit, timer, depth, trace=trace)
        held = made._held.with_edits(edits)
        given = held.vector if vector is None else np.asarray(vector, dtype=np.uint64)
        if len(given) > len(held.order):
            raise InputError(f"the vector has {len(given)} entries for {len(held.order)} particles")
        made._held = held.with_vector(given)
        return made

    @property
    def has_trace(self) -> bool:
        """Whether steps commit to the trace of their focus."""
        return self._held.links is not None

    def follow(self, params: ProtocolParams, limit: int) -> None:
        """From here on steps are under other coefficients, or another limit; particles, axons and vector stay."""
        self.params, self.limit = params, limit
        self.__dict__.pop("params_hash", None)

    @property
    def particle_count(self) -> int:
        """Particles now, those of skipped blocks included."""
        return len(self._held.order)

    @property
    def vector(self) -> MassArray:
        """The last committed vector (uint64, scale 2⁶³), in ascending order of digests; not to be written to."""
        return self._held.vector

    @property
    def focus_root(self) -> bytes:
        """The root over the pages of ``vector``."""
        return self._held.values.root

    @property
    def particles_root(self) -> bytes:
        """The root over the pages of all particles now."""
        return self._held.particles.root

    @cached_property
    def params_hash(self) -> bytes:
        """BLAKE3 of the coefficients and the limit."""
        words = (self.params.alpha, self.params.diffusion, self.limit, *self.params.series)
        return digest(b"focusmesh/focus/1\x00" + struct.pack(f">{len(words)}Q", *words))

    def skip(self, edits: FocusEdits) -> None:
        """Takes in a block that carries no focus: particles and axons change, the vector stays. O(m) at most."""
        self._move(self._held.with_edits(edits))

    def advance(self, edits: FocusEdits) -> FocusStep:
        """A step for the block that is proposed. Raises ConvergenceError where rounding does not let it be valid."""
        clock = StageClock(self._timer)
        held = self._held.with_edits(edits)
        clock.lap("edit")
        if not len(held.order):
            nothing = Delta(0, 0, np.zeros(0, dtype=np.int64))
            return self._step(held, nothing.encode(), held.vector, 0, clock)
        operator = held.operator(self.params)
        floor = operator.teleport.floor(self.params, 0, len(held.order))
        start = held.start_value(self.params)
        base = insert_particles(held.vector, held.places, start)
        clock.lap("prepare")
        # An error keeps c_0 of itself where it is, so that much of it is no residual.
        error_most = _SAFE * (1 - _SOLVED) / (1 - self.params.series[0] / SCALE)
        spare, vector = 2 * self.limit / ONE, base
        for _ in range(_ATTEMPTS):
            scores = solved_on(operator.axons, self.params, vector, _SOLVED * spare)
            clock.lap("solve")
            delta = round_scores(base, scores, floor, error_most * spare, start)
            vector = delta.apply_to(base)
            clock.lap("round")
            rise, trace = self._apply(held, operator, vector, clock)
            if rise <= self.limit:
                content = delta.encode()
                clock.lap("encode")
                return self._step(held, content, vector, rise, clock, trace)
            spare /= _FINER
        raise ConvergenceError(
            f"h stays at {rise} in integers, above {self.limit}; the network's limit is too small"
        )

    def check(self, edits: FocusEdits, delta: bytes) -> FocusStep:
        """The step of a block that was received, whose differences are ``delta``.

        Raises BlockError: "focus-delta", "focus-start", "focus-range", "focus-floor", "focus-sum", "focus-residual".
        """
        clock = StageClock(self._timer)
        held = self._held.with_edits(edits)
        clock.lap("edit")
        read = Delta.decode(delta, len(held.order))
        if not len(held.order):
            return self._step(held, delta, held.vector, 0, clock)
        vector = read.apply_to(insert_particles(held.vector, held.places, read.start))
        clock.lap("decode")
        operator = held.operator(self.params)
        clock.lap("prepare")
        try:
            rise, trace = self._apply(held, operator, vector, clock)
        except CertificateError as error:
            raise BlockError(f"focus-{error.reason}", f"the committed vector: {error}") from error
        if rise > self.limit:
            raise BlockError(
                "focus-residual",
                f"h = {rise} is above {self.limit}: the committed vector is not the focus of this graph",
            )
        return self._step(held, delta, vector, rise, clock, trace)

    def ahead(self, edits: FocusEdits) -> Held:
        """Particles and axons after ``edits``, with the last committed vector; nothing is taken in. O(n + m)."""
        return self._held.with_edits(edits)

    def measure(self) -> tuple[int, bytes, bytes]:
        """Of the committed vector: h by one application of R in integers, the roots of its leaders and of its trace.

        Raises BlockError ("focus-…") for a vector that is none. O(n + m).
        """
        held = self._held
        try:
            rise, trace_root = self._apply(
                held, held.operator(self.params), held.vector, StageClock(no_time)
            )
        except CertificateError as error:
            raise BlockError(f"focus-{error.reason}", f"the committed vector: {error}") from error
        return rise, merkle_root(leader_pages(held.vector, held.order.digests)), trace_root

    @property
    def undoable(self) -> int:
        """How many steps ``undo`` can take back."""
        return len(self._before)

    def undo(self) -> None:
        """Takes the last ``advance``, ``check`` or ``skip`` back; raises InputError where there is none to take."""
        if not self._before:
            raise InputError("there is no step of the focus to take back")
        self._held = self._before.pop()

    def settle(self, count: int) -> None:
        """All but the last ``count`` steps will not be undone: lets go of what that would take."""
        del self._before[: max(len(self._before) - count, 0)]

    def _move(self, held: Held) -> None:
        self._before.append(self._held)
        self.settle(self._depth)
        self._held = held

    def _apply(
        self, held: Held, operator: IntegerOperator, vector: MassArray, clock: StageClock
    ) -> tuple[int, bytes]:
        """h of a vector, and the root of its trace where steps commit to one."""
        if held.links is None:
            rise = operator.apply(vector).rise
            clock.lap("apply")
            return rise, NO_TRACE
        made = trace_application(operator, vector, LINKS_A_PAGE, held.links)
        clock.lap("apply")
        if made.rise > self.limit:
            return made.rise, NO_TRACE
        root = FocusTrace.commit(made, TraceForm(self.params.terms)).root
        clock.lap("trace")
        return made.rise, root

    def _step(
        self,
        held: Held,
        delta: bytes,
        vector: MassArray,
        rise: int,
        clock: StageClock,
        trace_root: bytes = NO_TRACE,
    ) -> FocusStep:
        moved = held.with_vector(vector).sharing(self._held)
        roots = moved.values.root, moved.particles.root
        leaders = merkle_root(leader_pages(vector, held.order.digests))
        clock.lap("hash")
        self._move(moved)
        return FocusStep(
            vector=vector,
            delta=delta,
            focus_root=roots[0],
            particles_root=roots[1],
            leaders_root=leaders,
            trace_root=trace_root,
            rise=rise,
            limit=self.limit,
            params_hash=self.params_hash,
            particle_places=held.places,
            seconds=clock.seconds,
        )
