"""Simplex under faults: safe and alive below a third of the weight, then stalled, forked by proved liars alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.kernel.consensus import accuse, guilty_weight
from tests.conftest import SOAK
from tests.kernel.consensus.scheduling import NETWORK, Net, calm, divided, key, stormy, torn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.kernel.consensus.scheduling import Node

UNEQUAL = (5, 3, 3, 2, 1, 1)
"""Of 15: liars may have up to 4, a quorum is 11."""
# Who may lie or be absent without harm, and who are a third or more, by the weights.
SETTINGS = [
    ((1,) * 4, (0,), (0, 1)),
    ((1,) * 7, (0, 1), (0, 1, 2)),
    ((1,) * 13, (0, 1, 2, 3), (0, 1, 2, 3, 4)),
    (UNEQUAL, (1, 4), (0,)),
]
BY_WEIGHTS = pytest.mark.parametrize(("weights", "few", "many"), SETTINGS)


def seeds(weights: Sequence[int], usual: int) -> range:
    """Many in a soak, else few, and one where there are many validators."""
    return range(40) if SOAK else range(1 if len(weights) > 7 else usual)


def lifted(net: Net, height: int, until: int = 60_000) -> None:
    """Runs until all honest nodes are at a height; none of it may be twofold, and nobody honest accused."""
    net.run(until, lambda: net.reached(height))
    assert not net.is_forked
    assert net.reached(height), f"stuck at {net.heights()} by {net.now} ms"
    liars = {key(node.number).public for node in net.nodes.values() if node.lies}
    for node in net.honest:
        accused = {proof.verify(net.validator_set) for proof in node.evidence}
        assert accused <= liars


@BY_WEIGHTS
def test_all_decide_the_same_blocks(weights: Any, few: Any, many: Any) -> None:
    net = Net(weights, seed=1)
    net.link = calm(net.rng)
    net.begin()
    lifted(net, 20)
    assert net.now < 1_500, "with everybody there, no round waits for its time"
    assert not net.counts
    for node in net.nodes.values():
        for decision in node.decisions:
            decision.verify(NETWORK, net.validator_set)


@BY_WEIGHTS
def test_alive_without_almost_a_third_once_the_net_is_timely(
    weights: Any, few: Any, many: Any
) -> None:
    for seed in seeds(weights, 2):
        net = Net(weights, seed, absent=few)
        net.link = stormy(net.rng, until=4_000)
        net.begin()
        lifted(net, 8)
        assert net.counts["lost"]


@BY_WEIGHTS
def test_safe_and_alive_with_twins_of_almost_a_third(weights: Any, few: Any, many: Any) -> None:
    """Each twin hears and is heard by some of the others, drawn anew every 300 ms; the net is lossy for a while."""
    accused = 0
    for seed in seeds(weights, 3):
        net = Net(weights, seed, twins=few)
        net.link = torn(net, until=6_000)
        net.begin()
        lifted(net, 8)
        accused += sum(len(node.evidence) for node in net.honest)
    assert accused, "twins that vote twice are noticed"


@BY_WEIGHTS
def test_a_third_that_is_silent_stalls_everybody_and_forks_nobody(
    weights: Any, few: Any, many: Any
) -> None:
    net = Net(weights, seed=3, absent=many)
    net.link = calm(net.rng)
    net.begin()
    net.run(5_000)
    assert max(net.heights()) == 0
    for number in many:
        net.restart(net.nodes[str(number)])
    lifted(net, 5)


@BY_WEIGHTS
def test_a_divided_net_stalls_and_goes_on_when_it_is_whole(
    weights: Any, few: Any, many: Any
) -> None:
    net = Net(weights, seed=4)
    net.link = divided({name: int(node.number in many) for name, node in net.nodes.items()}, 5_000)
    net.begin()
    net.run(5_000)
    assert max(net.heights()) == 0
    lifted(net, 5)


@BY_WEIGHTS
def test_crashes_and_restarts_from_the_disk(weights: Any, few: Any, many: Any) -> None:
    """Whoever comes back has its pledges: nobody ever votes twice, though everybody falls in turn."""
    for seed in seeds(weights, 2):
        net = Net(weights, seed)
        net.link = stormy(net.rng, until=3_000, lost=0.05, most=60)
        net.begin()
        net.crash_sometimes(range(50, 3_000, 100), [*net.nodes.values()], 250)
        net.run(3_300)
        lifted(net, 15)
        assert net.counts["crashed"] > 20
        assert not any(node.evidence for node in net.nodes.values())


def sides_of(weights: Sequence[int], liars: Sequence[int]) -> dict[str, int]:
    """Honest nodes to the lighter side, one after the other, heaviest first; a twin of each liar to either."""
    sides = {f"{number}{twin}": side for number in liars for side, twin in enumerate("ab")}
    loads = [0, 0]
    honest = [number for number in range(len(weights)) if number not in liars]
    for number in sorted(honest, key=lambda number: -weights[number]):
        side = loads.index(min(loads))
        sides[str(number)] = side
        loads[side] += weights[number]
    return sides


@BY_WEIGHTS
def test_a_third_that_equivocates_forks_and_is_proved_guilty(
    weights: Any, few: Any, many: Any
) -> None:
    liars = many if weights != UNEQUAL else (0, 3)
    net = Net(weights, seed=5, twins=liars)
    sides = sides_of(weights, liars)
    net.link = divided(sides)
    net.begin()
    net.run(3_000, lambda: net.is_forked)
    assert net.is_forked
    kept = [each for node in net.honest for each in node.engine.certificates()]  # type: ignore[attr-defined]
    for certificate in kept:
        certificate.verify(net.validator_set)
    proofs = accuse(kept)
    guilty = {proof.verify(net.validator_set) for proof in proofs}
    assert guilty <= {key(number).public for number in liars}
    assert guilty_weight(proofs, net.validator_set) >= net.validator_set.veto
    # Two honest nodes, one of each side, are enough; and who meets the other side's decisions stops.
    pair = [next(node for node in net.honest if sides[node.name] == side) for side in (0, 1)]
    kept = [each for node in pair for each in node.engine.certificates()]  # type: ignore[attr-defined]
    assert guilty_weight(accuse(kept), net.validator_set) >= net.validator_set.veto
    net.link = calm(net.rng)
    net.run(net.now + 2_000, lambda: any(map(has_noticed, net.nodes.values())))
    assert any(map(has_noticed, net.nodes.values()))


def has_noticed(node: Node) -> bool:
    """Whether it met a decision that cannot follow its own."""
    return not node.lies and (node.has_met_a_fork or node.engine.conflict is not None)  # type: ignore[attr-defined]
