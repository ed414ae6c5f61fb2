"""The attacks are what they say: whose particles, which stake, and a graph that stays as it was."""

from __future__ import annotations

import pytest

from benchmarks.attack import RANKINGS, Attack, Honest, all_attacks
from benchmarks.attack.attacks import STAKE, TARGET, link_farm, stake_split
from benchmarks.claims.network.bench_attack import gain, held_after
from focusmesh import Graph
from tests.engine.strategies import heavy_tailed

HONEST = Honest.of("drawn", Graph.from_edges(*heavy_tailed(400, 2_000, 3), particles=400))
ATTACKS = list(all_attacks(HONEST, (3, 7)))


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: f"{attack.name} {attack.size}")
def test_an_attack_adds_its_stake_and_its_particles(attack: Attack) -> None:
    attacked = attack.on(HONEST.graph)
    assert TARGET in attack.owned
    assert TARGET not in HONEST.graph.particles
    assert attacked.particle_count == 400 + len(attack.owned)
    assert HONEST.graph.particle_count == 400
    weight = attacked.links().weight
    assert weight is not None
    if not attack.weighed:
        assert float(weight.sum()) == pytest.approx(HONEST.stake + attack.stake)
    assert not set(HONEST.seeds) & {source for source, *_ in attack.links}


def test_stake_is_conserved_where_it_is_split() -> None:
    splits = [attack for attack in ATTACKS if "stake" in attack.name.split()[0]]
    assert len(splits) == 6
    assert {round(attack.stake, 9) for attack in splits} == {STAKE}


def test_a_unit_of_honest_stake_gains_one() -> None:
    everything = Attack("all", 1, [("a", "b", HONEST.stake, None, "x")], ["a"])
    assert gain(1.0, everything, HONEST) == 1.0


def test_splitting_over_authors_of_one_pair_gains_nothing() -> None:
    whole = held_after(stake_split("whole", [HONEST.known]), HONEST)
    parts = held_after(stake_split("parts", [HONEST.known] * 50), HONEST)
    assert parts == pytest.approx(whole, abs=2e-9)


def test_no_path_from_a_seed_no_trust() -> None:
    closed = held_after(link_farm("closed", 30), HONEST)
    open_ = held_after(link_farm("open", 30, bridge=HONEST.seeds[0]), HONEST)
    assert closed["EigenTrust"] == closed["focus from seeds"] == 0.0
    assert open_["EigenTrust"] > 0.001
    assert min(closed["focus"], closed["PageRank"]) > 0.01


def test_every_ranking_is_certified_as_the_benchmark_says() -> None:
    for rank in RANKINGS.values():
        assert rank(HONEST.graph, HONEST.seeds).bound <= 1e-9
