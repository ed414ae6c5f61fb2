"""The operator by shards has the bits of the operator, wherever particles live, and no mass is lost between shards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.focus.shards.exchange import LocalExchange
from focusmesh.engine.focus.shards.steps import ShardedSteps
from focusmesh.errors import ShardError
from tests.engine.focus.certificate.cases import (
    cases,
    mass,
    operator_of,
    random_model,
    random_vector,
)
from tests.engine.focus.certificate.model import ONE
from tests.engine.focus.shards.sharded import sharded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.focus.certificate.operator import IntegerOperator
    from focusmesh.engine.focus.shards.exchange import Parcel
    from tests.conftest import Vectors

SHAPES = {
    "packed": (400, 1500, 5000),
    "heavy": (12, 40, 99),
    "wide": (400, 1500, 2**32 - 1),
    "plain": (300, 900, 1),
}


def anywhere(count: int, shards: int, seed: int = 0) -> Any:
    """A shard for each particle, at random."""
    return np.random.default_rng(seed).integers(0, shards, count).astype(np.uint32)


def bits(operator: IntegerOperator, x: Any) -> list[tuple[Any, ...]]:
    return [
        (stage.name, stage.values.tolist(), stage.missing, stage.leftover)
        for stage in operator.stages(x)
    ]


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_stage_has_the_bits_of_one_shard(
    shape: str, own: bool, compiled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = random_model(7, *SHAPES[shape])
    if compiled:
        monkeypatch.setattr("focusmesh.engine.links.structure.structure.COMPILED_FROM_LINKS", 1)
    one = operator_of(model, "numpy", own=own)
    assert one.axons.structure.is_compiled == compiled
    x = mass(random_vector(3, model))
    for count in (1, 2, 5):
        many = sharded(one, anywhere(model.count, count), count)
        assert bits(many, x) == bits(one, x)
        assert many.apply(x).lost == one.apply(x).lost


def test_published_vectors(vectors: Vectors) -> None:
    for case in cases(vectors("certificate.json"), "vectors"):
        if case.model.refusal(case.x):
            continue
        one = case.operator("numpy")
        many = sharded(one, anywhere(case.model.count, 3), 3)
        assert many.image(mass(case.x)).tolist() == case.image


@given(
    st.integers(1, 30),
    st.integers(0, 90),
    st.sampled_from([1, 7, 2**32 - 1]),
    st.integers(1, 9),
    st.integers(0, 10**6),
)
def test_any_graph_by_any_shards(
    count: int, links: int, weight: int, shards: int, seed: int
) -> None:
    model = random_model(seed, count, links, weight)
    x = mass(random_vector(seed, model))
    one = operator_of(model, "numpy")
    many = sharded(one, anywhere(count, shards, seed), shards)
    assert bits(many, x) == bits(one, x)
    assert many.apply(x).rise == one.apply(x).rise == sum(steps_of(many).rises)


def steps_of(operator: IntegerOperator) -> ShardedSteps:
    assert isinstance(operator.steps, ShardedSteps)
    return operator.steps


class Audited(LocalExchange):
    """Parcels go through bytes, and the mass in them is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.masses: list[int] = []

    def swap(self, parcels: Sequence[Sequence[Parcel]]) -> Sequence[Sequence[Parcel]]:
        self.masses.append(sum(int(parcel.sum()) for row in parcels for parcel in row))
        wired = [[(parcel.tobytes(), parcel.dtype.str) for parcel in row] for row in parcels]
        received = [[np.frombuffer(*sent) for sent in row] for row in wired]
        return super().swap(received)


def test_mass_is_conserved_to_the_unit() -> None:
    model = random_model(3, 60, 200, 50)
    one = operator_of(model, "numpy", own=False)
    x, exchange = mass(random_vector(8, model)), Audited()
    many = sharded(one, anywhere(model.count, 4), 4, exchange)
    assert exchange.bytes == 4 * sum(len(parcel) for parcel in crossing(many))
    stages = list(many.stages(x))
    assert all(int(stage.values.sum()) == ONE for stage in stages if stage.name != "P")
    # The first two rounds told who receives; the third was P: what was sent, what stayed, and what rounding took.
    steps = steps_of(many)
    parts = zip(steps.shards, steps.hold(x[one.axons.rank]), strict=True)
    stayed = sum(shard.dangling(part) for shard, part in parts)
    assert exchange.masses[2] + stayed + one.apply(x).lost[0] == ONE


def crossing(many: IntegerOperator) -> list[Any]:
    """Who receives from another shard, of all shards."""
    return [
        receivers
        for shard in steps_of(many).shards
        for border in (shard.along, shard.back)
        for t, receivers in enumerate(border.links.receivers_by_shard)
        if t != shard.at
    ]


class Failing(LocalExchange):
    """Loses, doubles or damages one parcel that crosses, after so many rounds."""

    def __init__(self, fault: str, rounds: int) -> None:
        super().__init__()
        self.fault, self.left = fault, rounds

    def swap(self, parcels: Sequence[Sequence[Parcel]]) -> Sequence[Sequence[Parcel]]:
        self.left -= 1
        came = [list(row) for row in super().swap(parcels)]
        if self.left < 0:
            hurt = came[0][1].copy()
            hurt[:] = {"lost": 0 * hurt, "doubled": 2 * hurt, "damaged": hurt + 1}[self.fault]
            came[0][1] = hurt
        return came


@pytest.mark.parametrize("fault", ["lost", "doubled", "damaged"])
@pytest.mark.parametrize("rounds", [2, 3, 4])
def test_mass_that_is_lost_between_shards_is_noticed(fault: str, rounds: int) -> None:
    model = random_model(3, 60, 200, 50)
    one = operator_of(model, "numpy", own=False)
    x, shard = mass(random_vector(8, model)), anywhere(model.count, 2)
    with pytest.raises(ShardError, match="lost, doubled or damaged"):
        sharded(one, shard, 2, Failing(fault, rounds)).apply(x)
    assert sharded(one, shard, 2, Failing(fault, 99)).apply(x).rise == one.apply(x).rise
