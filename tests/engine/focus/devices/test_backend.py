"""Where work is done: names, refusals with figures, what "auto" chooses; a device of the host stands in for a card."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pytest

from focusmesh import FocusParams, Graph
from focusmesh.engine.focus import certify, verify
from focusmesh.engine.focus.certificate.steps import NumpySteps, Steps
from focusmesh.engine.focus.context.effort import answers
from focusmesh.engine.focus.context.standing import Standing
from focusmesh.engine.focus.devices import backend as choosing
from focusmesh.engine.focus.devices.backend import AUTO, DEVICES, device_for, trouble_with
from focusmesh.engine.focus.devices.device import Memory
from focusmesh.engine.focus.solve.estimate import CERTIFICATE, CONTEXTS, FOCUS
from focusmesh.engine.focus.solve.solver import solver_named
from focusmesh.errors import CardError, MissingExtraError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.focus import IntegerAxons, Operator, Solution
    from focusmesh.engine.focus.context.answer import BestParticles
    from focusmesh.engine.focus.context.push import Query
    from focusmesh.engine.links import Structure
    from focusmesh.engine.support.arrays import FloatArray
    from focusmesh.engine.support.progress import Progress

GIB = 2**30


@dataclass
class Pretended:
    """A card that is the host, and counts what it was asked for."""

    name: str = "pretended"
    hardware: bool = True
    trouble: str = ""
    free: int | None = 80 * GIB
    asked: list[str] = field(default_factory=list)

    def verify(self) -> None:
        if self.trouble:
            raise CardError(self.trouble)

    def is_hardware(self) -> bool:
        return self.hardware

    def free_bytes(self) -> tuple[int, int] | None:
        return None if self.free is None else (self.free, 80 * GIB)

    def memory(self, work: str, structure: Structure, params: FocusParams) -> Memory:
        return Memory(3 * GIB, GIB)

    def visits_per_second(self, structure: Structure) -> float:
        return 1e10

    def solve(
        self,
        operator: Operator,
        start: FloatArray,
        tolerance: float,
        progress: Progress | None = None,
    ) -> Solution:
        self.asked.append(FOCUS)
        return solver_named(AUTO)(operator, start, tolerance, progress)

    def steps(self, axons: IntegerAxons) -> Steps:
        self.asked.append(CERTIFICATE)
        return NumpySteps(axons)

    def pushes(self, standing: Standing) -> PretendedPushes:
        return PretendedPushes(self, standing)


@dataclass
class PretendedPushes:
    """Answers of the host, but none to every third query, as where nothing is proved."""

    device: Pretended
    standing: Standing

    def answers(self, queries: Sequence[Query], visits: int) -> list[BestParticles | None]:
        self.device.asked.append(f"{len(queries)} {CONTEXTS}")
        host = Standing(
            self.standing.operator, self.standing.focus, self.standing.rates, self.standing.prior
        )
        return [
            None if at % 3 == 2 else answers(host, [query])[0] for at, query in enumerate(queries)
        ]


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Pretended:
    made = Pretended()
    for name in DEVICES:
        monkeypatch.setitem(DEVICES, name, lambda: Pretended(trouble="none here"))
    monkeypatch.setitem(DEVICES, made.name, lambda: made)
    return made


def graph() -> Graph:
    draws = np.random.default_rng(3)
    return Graph.from_edges(*draws.integers(0, 200, (2, 2_000)), particles=210)


def chosen(where: Graph, backend: str = AUTO, work: str = FOCUS) -> object:
    return device_for(work, where.structure, FocusParams(), backend)


def test_a_backend_that_there_is_not_is_refused_by_name() -> None:
    with pytest.raises(ParameterError, match="'abacus'; there are auto, cpu, cuda"):
        graph().focus(backend="abacus")


def test_a_card_chooses_its_solver_itself(card: Pretended) -> None:
    with pytest.raises(ParameterError, match="solver = 'plain'"):
        graph().focus(backend="pretended", solver="plain")


def test_cuda_without_its_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(MissingExtraError, match=r"focusmesh\[cuda\]"):
        graph().focus(backend="cuda")
    assert "focusmesh[cuda]" in trouble_with(DEVICES["cuda"]())


@pytest.mark.parametrize("work", [FOCUS, CONTEXTS, CERTIFICATE])
def test_a_card_without_room_is_refused_with_figures(card: Pretended, work: str) -> None:
    card.free = 2 * GIB
    with pytest.raises(CardError, match=r"needs 4 GiB of the card, which has 2 GiB of 80 GiB free"):
        chosen(graph(), "pretended", work)


def test_a_card_that_is_not_there_says_why(card: Pretended) -> None:
    card.trouble = "the driver sleeps"
    with pytest.raises(CardError, match="the driver sleeps"):
        graph().contexts([[0]], backend="pretended")
    assert trouble_with(card) == "the driver sleeps"


def test_auto_takes_a_card_for_large_graphs_alone(
    card: Pretended, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = graph()
    assert chosen(small) is None
    assert chosen(small, "cpu") is None
    monkeypatch.setattr(choosing, "_CARD_FROM_AXONS", 1_000)
    assert chosen(small) is card
    assert chosen(small, "cpu") is None


@pytest.mark.parametrize(
    "spoilt", [{"free": 3 * GIB}, {"free": None}, {"hardware": False}, {"trouble": "no driver"}]
)
def test_auto_stays_on_the_host_where_the_card_is_of_no_use(
    card: Pretended, monkeypatch: pytest.MonkeyPatch, spoilt: dict[str, object]
) -> None:
    monkeypatch.setattr(choosing, "_CARD_FROM_AXONS", 1_000)
    for name, value in spoilt.items():
        setattr(card, name, value)
    assert chosen(graph()) is None


def test_a_solver_that_is_named_runs_on_the_host(
    card: Pretended, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choosing, "_CARD_FROM_AXONS", 1_000)
    assert graph().focus(solver="plain").backend == "numpy"
    assert not card.asked


def test_a_focus_says_where_it_was_solved(card: Pretended) -> None:
    where = graph()
    there, here = where.focus(backend="pretended"), where.focus(backend="cpu")
    assert (there.backend, here.backend) == ("pretended", "numpy")
    assert np.abs(there.scores - here.scores).sum() <= there.bound + here.bound


def test_the_focus_of_a_context_is_solved_there_too(card: Pretended) -> None:
    where = graph()
    there, here = (where.focus(seeds={3: 1.0}, backend=name) for name in ("pretended", "cpu"))
    assert card.asked == [FOCUS, FOCUS]
    assert np.abs(there.scores - here.scores).sum() <= there.bound + here.bound
    assert there.bound <= there.tolerance


def test_certificates_are_made_and_checked_there(card: Pretended) -> None:
    where = graph()
    made = certify(where, backend="pretended")
    assert verify(where, made, backend="pretended").rise == verify(where, made).rise
    assert card.asked == [CERTIFICATE, FOCUS, CERTIFICATE]


@pytest.mark.parametrize("effort", ["fast", "balanced", "exact"])
@pytest.mark.parametrize(
    "params", [FocusParams(), FocusParams.pagerank()], ids=["full", "pagerank"]
)
def test_contexts_by_the_hundred_are_those_of_the_host(
    card: Pretended, effort: str, params: FocusParams
) -> None:
    where = graph()
    operator_contexts = [[at % 200, 209] for at in range(20)]
    standing = Standing.on(where, params, sparse=True, backend="pretended")
    where.derived["standings"] = {(params, None, None, "pretended"): standing}
    from focusmesh.engine.focus import graph_contexts

    assert len(standing.pairs.slack) >= 2
    card.asked.clear()
    there = graph_contexts(where, operator_contexts, 5, effort, params, backend="pretended")
    here = where.contexts(operator_contexts, 5, "exact", params)
    for one, other in zip(there, here, strict=True):
        scores = {item.particle: item.score for item in other.items}
        for item in one.items:
            if item.particle in scores:
                apart = abs(item.score - scores[item.particle])
                assert apart <= one.bound + other.bound
        assert not one.settled or [i.particle for i in one] == [i.particle for i in other]
    assert ("20 contexts" in card.asked) == (effort != "exact")
    assert (FOCUS in card.asked) == (effort != "fast")


def test_auto_does_not_try_another_way_to_a_card_that_is_full(
    card: Pretended, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(DEVICES, "cuda", lambda: Pretended("cuda", free=GIB))
    monkeypatch.setattr(choosing, "_CARD_FROM_AXONS", 1_000)
    assert chosen(graph()) is None
